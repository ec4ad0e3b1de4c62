"""From an assembly test to a Sketch: threads run symbolically, one ISA module per dialect."""

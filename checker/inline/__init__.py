"""Inline assembly of one operation: from the kernel's syntax to access notation.

code       the text: lines, or strings of C, to instructions
operands   what `%[ptr]` and its like are in each dialect
assembly   what the code does, and how access notation says it
"""

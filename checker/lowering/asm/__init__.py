"""From an assembly test to a Sketch: threads run symbolically, one ISA module per dialect.

machine  one thread being run: registers, accesses, branches
flow     ways through a thread, joined where they meet
memory   locations and addresses
sketch   the whole test, and `resolve` what its condition means
"""

ARCHITECTURES = {
    "AArch64": "arm64",
    "ARM": "arm",
    "PPC": "powerpc64",
    "RISCV": "riscv64",
    "X86": "x86-32",
    "X86_64": "x86-64",
}
"""The architecture that each dialect is the assembly language of."""

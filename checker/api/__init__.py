"""The public functions: what the commands do, as functions that return frozen values.

`from checker import check, …` is how they are had; docs/python.md shows each. Z3 has one context
for each process, so ask from one thread, or from several processes.

tests      about a test
questions  about operations, architectures and overrides
"""

"""Changes of assembly tests: fences between accesses, and instructions that order more.

table     the text of a test by its rows and cells, and a table that stays readable
known     the instructions that there are, from the architectures' data
fences    barriers before accesses
accesses  another instruction for an access
search    the search over them
"""

"""The people of one instance, in memory: an immutable collection and a query language. No screens.

Only `remembered` reads and writes files: the list of an earlier reading.
"""

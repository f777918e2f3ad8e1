"""The people of one instance, in memory: an immutable collection and a query language. No I/O, no screens."""

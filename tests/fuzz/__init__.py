"""Fuzzing of all that reads foreign text: see ``python -m tests.fuzz --help``."""

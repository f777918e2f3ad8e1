"""Fuzzing of everything that reads untrusted text: see ``python -m tests.fuzz --help``."""

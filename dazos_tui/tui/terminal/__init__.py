"""The terminal under Textual: what is written to it, what comes from it, and what it can do."""

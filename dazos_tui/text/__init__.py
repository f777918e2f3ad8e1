"""Text: made safe for a terminal, and normalized for searching."""

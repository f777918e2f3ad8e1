"""Text: making it safe for a terminal, and normalizing it for searching."""

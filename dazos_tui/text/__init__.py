"""Text: making it safe for a terminal, normalizing it for searching, keeping much of it in little memory."""

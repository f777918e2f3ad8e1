"""The note for the ticket, and the command that takes it."""

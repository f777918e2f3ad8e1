"""The note for the ticket, and the command that passes it to a ticket system."""

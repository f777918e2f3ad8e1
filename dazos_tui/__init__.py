"""Find a person in Dazos CRM and send them a password-reset link, from the terminal."""

__version__ = "0.1.0"

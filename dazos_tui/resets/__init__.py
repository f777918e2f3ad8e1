"""The one thing the product exists for: check, record, send, record."""

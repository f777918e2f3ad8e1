"""Reading and checking themes."""

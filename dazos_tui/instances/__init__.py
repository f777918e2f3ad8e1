"""Clients and sessions for configured instances, the check of one instance, and a search in all of them."""

"""Sending a reset link: check what speaks against it, record the request, send it, record the outcome."""

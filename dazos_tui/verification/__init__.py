"""Who is back in since a reset, as the CRM's login history shows."""

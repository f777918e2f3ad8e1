"""Who is back in since their reset, according to the CRM's login history."""

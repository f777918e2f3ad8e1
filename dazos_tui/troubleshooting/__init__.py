"""Why somebody still cannot sign in after a reset."""

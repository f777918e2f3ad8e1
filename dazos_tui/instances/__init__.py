"""From a configured instance to a client, a session, a check of each step, or a search in all of them."""

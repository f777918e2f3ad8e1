"""HTTP to one instance: the session, and everything about connections, pauses, proxies and certificates."""

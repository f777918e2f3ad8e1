"""HTTP to one instance: the session, connections, retries, rate limits, proxies and certificates."""

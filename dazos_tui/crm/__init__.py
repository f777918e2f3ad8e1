"""One CRM instance over HTTP: its session, pages and errors. Knows nothing about screens or files."""

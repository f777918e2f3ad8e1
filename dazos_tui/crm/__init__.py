"""One CRM instance over HTTP: its session, its pages, its errors. Knows nothing of screens or files."""

"""HTTP to one instance: the session, connections, retries, rate limits, proxies and certificates."""

import sys

# Where rich is installed, httpx imports its own command line too, with pygments: two fifths of its time. None
# in place of a module makes that import fail, which httpx expects.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

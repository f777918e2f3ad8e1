"""The demo CRM as a server only, for a browser or another program, until a signal stops it."""

import json
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import write_demo_config


def serve_until_signalled(
    port: int, users: int, seed: int, write_config: Path | None = None, *, announce: Callable[[str], None]
) -> None:
    """Serve until SIGINT or SIGTERM. Once ready, `announce` the addresses as one line of JSON.

    If a configuration is to be written, it is on disk before that. Raises what `announce` raises.
    """
    asked_to_stop = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    earlier = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with DemoServer(users=users, seed=seed, port=port) as server:
            if write_config is not None:
                write_demo_config(write_config, server.instances)
            announce(json.dumps(ready_message(server)))
            asked_to_stop.wait()
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def ready_message(server: DemoServer) -> dict[str, object]:
    """Return the content of the ready line: the addresses, and how to sign in."""
    return {
        "url": server.url,
        "instances": [instance.describe() for instance in server.instances],
        "outbox": server.outbox_url,
    }

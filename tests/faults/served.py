"""The demo CRM in its own process, with a given number of people in each instance.

It prints its URL and serves until its stdin is closed.
"""

import sys
from dataclasses import replace

from dazos_tui.demo.presets import InstancePreset, default_presets
from dazos_tui.demo.server import DemoServer


def presets(users: int) -> list[InstancePreset]:
    """Return the presets of the demo's instances, each with this number of users."""
    return [replace(preset, users=users) for preset in default_presets(users)]


if __name__ == "__main__":
    with DemoServer(*presets(int(sys.argv[1]))) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()

"""The demo CRM in a process of its own, with as many people in every instance as are asked for.

It prints its address and serves until its stdin is closed.
"""

import sys
from dataclasses import replace

from dazos_tui.demo.presets import InstancePreset, default_presets
from dazos_tui.demo.server import DemoServer


def presets(users: int) -> list[InstancePreset]:
    """Return the demo's instances, each with so many people; the demo's seed makes them the same anywhere."""
    return [replace(preset, users=users) for preset in default_presets(users)]


if __name__ == "__main__":
    with DemoServer(*presets(int(sys.argv[1]))) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()

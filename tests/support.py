"""What several tests need: configurations for the demo CRM."""

import time
from collections.abc import Callable

from dazos_tui.config.models import Config, Instance
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from tests.patience import patience


def demo_instance(server: DemoServer, name: str = "harbor-prod", **changes) -> Instance:
    """Return a demo instance as it would be configured, with some keys changed (None takes one away)."""
    table = demo_config(server.instances)["instances"][name] | changes
    return Instance(name=name, **{key: value for key, value in table.items() if value is not None})


def config_of(*instances: Instance) -> Config:
    """Return a configuration with just these instances."""
    return Config(instances={instance.name: instance for instance in instances})


def demo_config_of(server: DemoServer) -> Config:
    """Return the configuration of all demo instances."""
    return config_of(*(demo_instance(server, instance.name) for instance in server.instances))


def eventually(holds: Callable[[], object], *, seconds: float = 5.0) -> bool:
    """Wait until `holds()`: the demo notes a request down only after its answer has left."""
    deadline = time.monotonic() + patience(seconds)
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True

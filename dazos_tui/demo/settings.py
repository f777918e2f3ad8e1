"""The dazos-tui configuration for the demo's instances."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dazos_tui.demo.errors import DemoError
from dazos_tui.demo.instance import DemoInstance


def demo_config(instances: Iterable[DemoInstance]) -> dict[str, Any]:
    """Return a configuration with these instances, as plain data in the form of ``config.toml``."""
    return {
        "instances": {
            instance.name: {
                "url": instance.url,
                "username": instance.username,
                "environment": instance.environment,
                "password_command": ["echo", instance.password],
                **(
                    {"one_time_code_command": ["echo", instance.one_time_code]}
                    if instance.one_time_code
                    else {}
                ),
            }
            for instance in instances
        }
    }


def write_demo_config(path: Path, instances: Iterable[DemoInstance]) -> None:
    """Write that configuration to a file that only its owner can read, replacing an existing one."""
    import tomli_w

    text = tomli_w.dumps(demo_config(instances))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
    except OSError as problem:
        raise DemoError(f"Could not write the configuration to {path}: {problem.strerror}.") from problem

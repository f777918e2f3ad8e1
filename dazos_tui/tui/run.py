"""Starts the app in this terminal."""

import os
import sys
from pathlib import Path

from dazos_tui.config import Config, ConfigError, Instance, load_config
from dazos_tui.history.store import HistoryStore
from dazos_tui.places import shipped


def run_tui(config_path: Path, state_dir: Path, instance: str | None) -> int:
    """Run the app on the configured instances; return the exit code. Raises ConfigError, HistoryError."""
    config = load_config(config_path)
    if instance is not None:
        config.instance(instance)
    if not config.instances:
        raise ConfigError(
            f"{config_path}: there is no instance in it.",
            advice=f"{shipped('config.example.toml')} shows how to add one, or try “dazos-tui demo”.",
        )
    return _run(config, state_dir, instance=instance)


def run_demo(state_dir: Path, users: int, seed: int, port: int) -> int:
    """Run the app on a demo CRM that lives as long as it; its history is kept apart from the real one."""
    from dazos_tui.demo.server import DemoServer
    from dazos_tui.demo.settings import demo_config

    with DemoServer(users=users, seed=seed, port=port) as server:
        tables = demo_config(server.instances)["instances"]
        instances = {name: Instance(name=name, **table) for name, table in tables.items()}
        config = Config(instances=instances)
        note = f"A demo CRM of its own, on this machine. Its mail: {server.outbox_url}"
        return _run(config, state_dir / "demo", note=note)


def _run(config: Config, state_dir: Path, *, instance: str | None = None, note: str = "") -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM", "dumb") in {"", "dumb"}:
        sys.stderr.write(
            "dazos-tui: this needs a terminal that can move its cursor (TERM is missing or dumb, or this is "
            "no terminal).\nUse the commands instead: dazos-tui users, send, history; see dazos-tui --help.\n"
        )
        return 2
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    # Frames are only drawn when something changed; more often means that a key is answered sooner.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    # Exported by some shells and never updated; the terminal itself knows its size, also when that changes.
    for stale in ("COLUMNS", "LINES"):
        os.environ.pop(stale, None)
    from dazos_tui.tui.app import DazosApp
    from dazos_tui.tui.driver import ThriftyDriver

    store = HistoryStore(state_dir / "history.db")
    # A history that cannot be read is told before the screen is taken over.
    store.search(limit=1)
    try:
        app = DazosApp(config, store, instance=instance, note=note, driver_class=ThriftyDriver)
        app.run()
    finally:
        store.close()
    return app.return_code or 0

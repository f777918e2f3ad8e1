"""Starting plain mode on the config, or on a demo CRM."""

from contextlib import ExitStack

from dazos_tui.cli._support.options import Settings
from dazos_tui.cli.plain.console import Console
from dazos_tui.cli.plain.run import run_plain
from dazos_tui.cli.plain.visit import PlainContext


def start_plain(settings: Settings, search: str) -> int:
    """Run plain mode on the configured instances; `search` is looked for in the first. Return the exit code.

    Raises ConfigError, HistoryError.
    """
    config = settings.config()
    with settings.open_history() as store:
        console = Console(config.lock_minutes)
        context = PlainContext(console, config, store, settings.state_dir, settings.config_path)
        return run_plain(context, instance=settings.instance, search=search, ticket=settings.ticket)


def start_plain_demo(settings: Settings, users: int, seed: int, port: int) -> int:
    """Run plain mode on a demo CRM that ends with it. Return the exit code.

    Raises DemoError, HistoryError.
    """
    from dazos_tui.tui.launch import start_demo

    with ExitStack() as stack:
        config, store, note = start_demo(stack, settings.state_dir, users, seed, port)
        stack.enter_context(store)
        console = Console(config.lock_minutes)
        console.say(note)
        context = PlainContext(console, config, store, settings.state_dir / "demo")
        return run_plain(context, instance=settings.instance)

"""Starts the app in this terminal."""

import codecs
import os
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dazos_tui.system.paths import bundled_path
from dazos_tui.tui.terminal.colour_support import prepare_colours

if TYPE_CHECKING:
    from dazos_tui.tui.startup import AppContext, Prepare

# Textual reads its settings from the environment once, when it is imported: not before `show` made them.

DEMO_USERS = 453
"""How many people the demo has unless another number is asked for."""

DEMO_CHECK_SECONDS = 5
"""How often the demo's login history is looked at: whoever tries it does not want to wait for a minute."""

_COMMANDS = "dazos-tui users, send, history"

_NO_TERMINALS = frozenset({"", "dumb", "unknown"})
"""What TERM says where nothing is known of a terminal."""


def run_tui(config_path: Path, state_dir: Path, instance: str | None) -> int:
    """Run the app on the configured instances; return the exit code. Raises ConfigError, HistoryError."""
    return run_app(partial(configured_context, config_path, state_dir, instance))


def configured_context(config_path: Path, state_dir: Path, instance: str | None) -> "AppContext":
    """Load what the app works with. Raises ConfigError."""
    from dazos_tui.config.errors import ConfigError, MissingConfigError
    from dazos_tui.config.load import load_config
    from dazos_tui.config.models import Config
    from dazos_tui.history.store import HistoryStore
    from dazos_tui.tui.startup import AppContext

    try:
        config = load_config(config_path)
    except MissingConfigError:
        # In a terminal the app itself helps to make one.
        if instance is not None or not require_terminal():
            raise
        config = Config()
    if instance is not None:
        config.instance(instance)
    if not config.instances and not require_terminal():
        raise ConfigError(
            f"{config_path}: there is no instance in it.",
            advice=f"{bundled_path('config.example.toml')} shows how to add one, or try “dazos-tui demo”.",
        )
    demo = partial(_demo_context, state_dir=state_dir, users=DEMO_USERS, seed=1, port=0)
    store = HistoryStore(state_dir / "history.db")
    return AppContext(config, store, instance, config_path=config_path, demo=demo)


def run_demo(state_dir: Path, users: int, seed: int, port: int) -> int:
    """Run the app on a demo CRM that lives as long as it; its history is kept apart from the real one.

    Raises DemoError, HistoryError.
    """
    with ExitStack() as stack:
        return run_app(partial(_demo_context, stack, state_dir, users, seed, port))


def _demo_context(stack: ExitStack, state_dir: Path, users: int, seed: int, port: int) -> "AppContext":
    from dazos_tui.config.models import Config, Instance
    from dazos_tui.demo.server import DemoServer
    from dazos_tui.demo.settings import demo_config
    from dazos_tui.history.store import HistoryStore
    from dazos_tui.tui.startup import AppContext

    server = stack.enter_context(DemoServer(users=users, seed=seed, port=port))
    tables = demo_config(server.instances)["instances"]
    instances = {name: Instance(name=name, **table) for name, table in tables.items()}
    store = HistoryStore(state_dir / "demo" / "history.db")
    note = f"A demo CRM of its own, on this machine. Its mail: {server.outbox_url}"
    config = Config(instances=instances, sign_in_check_seconds=DEMO_CHECK_SECONDS)
    return AppContext(config, store, note=note)


def require_terminal() -> bool:
    """Tell whether the app can be shown here: in a terminal that can move its cursor, and in UTF-8."""
    return not _terminal_problem()


def _terminal_problem() -> str:
    """Return in a sentence why the app cannot be shown here; nothing if it can."""
    # The screen is drawn on stderr, so that is not to be elsewhere. One that was closed is None. Those of the
    # start count: while the app runs, Textual has others in their place.
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, f"__{name}__")
        if stream is None or not stream.isatty():
            return f"this needs a terminal that can move its cursor ({name} is no terminal)."
    terminal = os.environ.get("TERM", "")
    if terminal in _NO_TERMINALS:
        return f"this needs a terminal that can move its cursor (TERM is {terminal or 'missing'})."
    encoding = getattr(sys.__stderr__, "encoding", "")
    if codecs.lookup(encoding).name != "utf-8":
        return (
            f"this needs UTF-8, and writes {encoding} here: set LC_ALL to a locale such as C.UTF-8 "
            "(locale -a lists them), and leave PYTHONIOENCODING unset."
        )
    return ""


def run_app(prepare: "Prepare") -> int:
    """Run the app on what `prepare` loads; return the exit code. Raises what `prepare` raises."""
    if problem := _terminal_problem():
        prepare()
        if sys.stderr is not None:
            message = f"dazos-tui: {problem}\nUse the commands instead: {_COMMANDS}; see dazos-tui --help.\n"
            sys.stderr.write(message.encode(sys.stderr.encoding, "replace").decode(sys.stderr.encoding))
        return 2
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    # Frames are only drawn when something changed; more often means that a key is answered sooner.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    # Exported by some shells and never updated; the terminal itself knows its size, also when that changes.
    for stale in ("COLUMNS", "LINES"):
        os.environ.pop(stale, None)
    colours = prepare_colours(os.environ)
    from dazos_tui.system.terminal_lending import TERMINAL_LENDER
    from dazos_tui.tui.app import DazosApp
    from dazos_tui.tui.terminal.driver import DiffingDriver, MonochromeDriver

    app = DazosApp(prepare, driver_class=DiffingDriver if colours else MonochromeDriver)
    TERMINAL_LENDER.set(app.terminal.lend)
    app.run()
    if app.failure is not None:
        raise app.failure
    return app.return_code or int(app.has_crashed)

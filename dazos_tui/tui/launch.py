"""Starting the app in this terminal."""

import codecs
import os
import sys
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dazos_tui.system.paths import bundled_path
from dazos_tui.system.terminal_name import has_dumb_name
from dazos_tui.tui.terminal.colour_support import prepare_colours

if TYPE_CHECKING:
    from pydantic import SecretStr

    from dazos_tui.config.models import Config
    from dazos_tui.history.store import HistoryStore
    from dazos_tui.tui.early_list import EarlyList
    from dazos_tui.tui.startup import AppContext, Prepare

# Textual reads its settings from the environment when it is imported, so `run_app` imports it last.

DEMO_USERS = 453
"""Default number of people in the demo."""

DEMO_CHECK_SECONDS = 5
"""How often the demo's login history is read: more often than usual, so that nobody has to wait a minute."""

_COMMANDS = "dazos-tui users, send, history"


def run_tui(  # noqa: PLR0913 - what the command line has
    config_path: Path,
    state_dir: Path,
    instance: str | None,
    *,
    search: str = "",
    ticket: str = "",
    history_password: "SecretStr | None" = None,
) -> int:
    """Run the app on the configured instances, with `search` in the filter of the first.

    With a `ticket`, the first instance begins with it. `history_password` is that of the history's server, if
    it was asked for. Return the exit code. Raises ConfigError, HistoryError.
    """
    prepare = partial(
        configured_context,
        config_path,
        state_dir,
        instance,
        ticket=ticket,
        history_password=history_password,
    )
    return run_app(prepare, search=search)


def configured_context(
    config_path: Path,
    state_dir: Path,
    instance: str | None,
    *,
    ticket: str = "",
    history_password: "SecretStr | None" = None,
) -> "AppContext":
    """Load the config and open the history; `ticket` is what the first instance begins with.

    Raises ConfigError.
    """
    from dazos_tui.config.errors import ConfigError, MissingConfigError
    from dazos_tui.config.load import load_config
    from dazos_tui.config.models import Config
    from dazos_tui.instances.team_history import open_history
    from dazos_tui.tui.startup import AppContext
    from dazos_tui.tui.ticket_memory import TicketMemory

    try:
        config = load_config(config_path)
    except MissingConfigError:
        # In a terminal the app helps the user to create one.
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
    store = open_history(config, state_dir / "history.db", password=history_password)
    return AppContext(
        config,
        store,
        instance,
        config_path=config_path,
        demo=demo,
        tickets=TicketMemory(ticket),
        state_dir=state_dir,
    )


def run_demo(state_dir: Path, users: int, seed: int, port: int) -> int:
    """Run the app on a demo CRM that ends with it; its history is separate from the real one.

    Raises DemoError, HistoryError.
    """
    with ExitStack() as stack:
        return run_app(partial(_demo_context, stack, state_dir, users, seed, port))


def _demo_context(stack: ExitStack, state_dir: Path, users: int, seed: int, port: int) -> "AppContext":
    from dazos_tui.tui.startup import AppContext

    config, store, note = start_demo(stack, state_dir, users, seed, port)
    return AppContext(config, store, note=note, state_dir=state_dir / "demo")


def start_demo(
    stack: ExitStack, state_dir: Path, users: int, seed: int, port: int
) -> "tuple[Config, HistoryStore, str]":
    """Start a demo CRM that the stack stops; return its config, its history, and where its mail is.

    Raises DemoError, HistoryError.
    """
    from dazos_tui.config.models import Config, Instance
    from dazos_tui.demo.server import DemoServer
    from dazos_tui.demo.settings import demo_config
    from dazos_tui.history.store import HistoryStore

    server = stack.enter_context(DemoServer(users=users, seed=seed, port=port))
    tables = demo_config(server.instances)["instances"]
    instances = {name: Instance(name=name, **table) for name, table in tables.items()}
    store = HistoryStore(state_dir / "demo" / "history.db")
    note = f"A demo CRM on this machine. Its mail: {server.outbox_url}"
    # Its lists are not kept: each demo is another server.
    config = Config(instances=instances, sign_in_check_seconds=DEMO_CHECK_SECONDS, keep_people_hours=0)
    return config, store, note


def require_terminal() -> bool:
    """Return whether the app can run here: in a terminal that can move its cursor, with UTF-8."""
    return not _terminal_problem()


def _terminal_problem() -> str:
    """Return why the app cannot run here, as a sentence; empty if it can."""
    if name := _stream_without_terminal():
        return f"this needs a terminal that can move its cursor ({name} is not a terminal)."
    if has_dumb_name():
        terminal = os.environ.get("TERM") or "missing"
        return f"this needs a terminal that can move its cursor (TERM is {terminal})."
    encoding = getattr(sys.__stderr__, "encoding", "")
    if codecs.lookup(encoding).name != "utf-8":
        return (
            f"this needs UTF-8, but the encoding here is {encoding}: set LC_ALL to a locale such as C.UTF-8 "
            "(locale -a lists them), and leave PYTHONIOENCODING unset."
        )
    return ""


def _stream_without_terminal() -> str:
    """Return the name of a stream that is no terminal; empty if all are."""
    # The screen is drawn on stderr, so that must be a terminal too. A closed stream is None. The original
    # streams count: while the app runs, Textual replaces them.
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, f"__{name}__")
        if stream is None or not stream.isatty():
            return name
    return ""


def is_dumb_terminal() -> bool:
    """Return whether this is a terminal that can only write lines: TERM is dumb, unknown or missing."""
    return has_dumb_name() and not _stream_without_terminal()


def _write_words(message: str) -> None:
    """Write to stderr; to stdout if there is no stderr, since the app has no output of its own there."""
    stream = sys.stdout if sys.__stderr__ is None else sys.stderr
    with suppress(OSError, ValueError):
        stream.write(message.encode(stream.encoding, "replace").decode(stream.encoding))
        stream.flush()


def run_app(prepare: "Prepare", *, search: str = "", early: "EarlyList | None" = None) -> int:
    """Run the app on what `prepare` loads, with `search` in the filter of the first instance.

    `early` reads the remembered list of that instance.

    Return the exit code. Raises what `prepare` raises.
    """
    if problem := _terminal_problem():
        prepare()
        _write_words(f"dazos-tui: {problem}\nUse the commands instead: {_COMMANDS}; see dazos-tui --help.\n")
        return 2
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    # Frames are drawn only when something changed; a higher rate means that a key is answered sooner.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    # Some shells export these and never update them. The terminal itself knows its current size.
    for stale in ("COLUMNS", "LINES"):
        os.environ.pop(stale, None)
    colours = prepare_colours(os.environ)
    from dazos_tui.system.terminal_lending import TERMINAL_LENDER
    from dazos_tui.tui.app import DazosApp
    from dazos_tui.tui.terminal.driver import DiffingDriver, MonochromeDriver

    driver = DiffingDriver if colours else MonochromeDriver
    app = DazosApp(prepare, driver_class=driver, search=search, early=early)
    TERMINAL_LENDER.set(app.terminal.lend)
    app.run()
    if app.failure is not None:
        raise app.failure
    return app.return_code or int(app.has_crashed)

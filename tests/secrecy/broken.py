"""The app with a bug added, or with a changed clock. Run with ``python -m``.

The first argument is the name of the change; the others are the app's own.
"""

import asyncio
import signal
import sys
from types import ModuleType
from typing import Any, NoReturn

from dazos_tui.cli import main
from dazos_tui.crm import client
from dazos_tui.crm.http import session
from dazos_tui.tui import app, idle_lock, type_ahead

HOUR = 3600.0


def _fail_after(module: ModuleType, name: str) -> None:
    """Make a function fail after its work, with its arguments and result in local variables."""
    function = getattr(module, name)

    def fail(*args: Any, **kwargs: Any) -> NoReturn:
        result = function(*args, **kwargs)
        raise RuntimeError(f"an unexpected {type(result).__name__}")

    setattr(module, name, fail)


def in_a_form() -> None:
    """Fail where the sign-in form has the password in clear."""
    _fail_after(session, "_reveal_secrets")


def in_cookies() -> None:
    """Fail where a browser's cookies are parsed."""
    _fail_after(client, "parse_cookies")


def in_a_profile() -> None:
    """Fail where a profile page with an access key has been parsed."""
    _fail_after(client, "parse_profile")


def idle_on_signal() -> None:
    """Let an hour pass for the app when SIGUSR1 arrives."""
    original_on_mount = app.DazosApp.on_mount

    def on_mount(self: app.DazosApp) -> None:
        original_on_mount(self)
        # On the event loop: one of Python's own handlers may interrupt a queue's code and go unnoticed.
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _skip_an_hour, self)

    app.DazosApp.on_mount = on_mount  # type: ignore[method-assign]


def in_no_time() -> None:
    """Let no time pass between keys, as when a password manager types."""
    vars(type_ahead)["monotonic"] = lambda: 0.0


def _skip_an_hour(running_app: app.DazosApp) -> None:
    now = idle_lock.clock
    vars(idle_lock)["clock"] = lambda: now() + HOUR
    running_app.idle_lock.check()


if __name__ == "__main__":
    changes = (in_a_form, in_cookies, in_a_profile, idle_on_signal, in_no_time)
    {change.__name__: change for change in changes}[sys.argv.pop(1)]()
    main()

"""The app with a mistake in it, or with a clock that can be moved. Run with ``python -m``.

The first argument says which; the others are the app's own.
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


def _spoil(module: ModuleType, name: str) -> None:
    """Have a function do its work and then fail, with all it was given and has made in its variables."""
    work = getattr(module, name)

    def fail(*given: Any, **named: Any) -> NoReturn:
        made = work(*given, **named)
        raise RuntimeError(f"{type(made).__name__} came, and nobody foresaw it")

    setattr(module, name, fail)


def in_a_form() -> None:
    """Fail where the sign-in's form has the password in clear."""
    _spoil(session, "_reveal_secrets")


def in_cookies() -> None:
    """Fail where a browser's cookies are taken apart."""
    _spoil(client, "parse_cookies")


def in_a_profile() -> None:
    """Fail where a profile's page has been read, with somebody's access key in it."""
    _spoil(client, "parse_profile")


def idle_on_signal() -> None:
    """Let an hour pass for the app when SIGUSR1 comes."""
    began = app.DazosApp.on_mount

    def on_mount(self: app.DazosApp) -> None:
        began(self)
        # By the loop: a handler of Python's own may run in the middle of a queue's work, and go unnoticed.
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _an_hour_later, self)

    app.DazosApp.on_mount = on_mount  # type: ignore[method-assign]


def in_no_time() -> None:
    """Let no time pass for the app, as where somebody, or a password manager, types without a pause."""
    vars(type_ahead)["monotonic"] = lambda: 0.0


def _an_hour_later(of: app.DazosApp) -> None:
    now = idle_lock.clock
    vars(idle_lock)["clock"] = lambda: now() + HOUR
    of.idle_lock.check()


if __name__ == "__main__":
    ways = (in_a_form, in_cookies, in_a_profile, idle_on_signal, in_no_time)
    {way.__name__: way for way in ways}[sys.argv.pop(1)]()
    main()

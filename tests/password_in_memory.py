"""A process that signs in and then searches its memory for the password. Run with ``python -m``.

Arguments: “cli” or “screen”, the config, and the password backwards, so that the search itself has no copy.
Output: the types of objects that still hold the password, one per line.
"""

import asyncio
import fcntl
import gc
import sys
import tempfile
import termios
from pathlib import Path

from dazos_tui.cli._support.signed_in import signed_in
from dazos_tui.config.load import load_config
from dazos_tui.config.models import Config
from dazos_tui.crm.errors import CrmError, SignInError
from tests.tui.app_driver import at_desk


def holders(backwards: str) -> list[str]:
    """Return the types of all objects that refer directly to a text with the password."""
    # Frozen objects would not be listed.
    gc.unfreeze()
    gc.collect()
    # The collector does not list the variables of a running function, but it does those of a comprehension.
    password, found = backwards[::-1], set()
    for one in gc.get_objects():
        if _holds(one, password, password.encode()):
            found.add(_named(one))
    return sorted(found)


def _holds(holder: object, password: str, encoded: bytes) -> bool:
    for held in gc.get_referents(holder):
        if isinstance(held, str):
            found = password in held
        elif isinstance(held, bytes | bytearray):
            found = encoded in held
        else:
            # The collector does not list some objects itself, such as a dict with nothing but texts.
            found = not gc.is_tracked(held) and _holds(held, password, encoded)
        if found:
            return True
    return False


def _named(holder: object) -> str:
    return getattr(holder, "__qualname__", type(holder).__name__)


CONTROL: list[dict[str, str]] = []


def show(backwards: str) -> None:
    # A search that never finds anything would prove nothing.
    CONTROL.append({"password": backwards[::-1]})
    assert holders(backwards) != [], "the search does not work"
    CONTROL.clear()
    sys.stdout.write("".join(f"{name}\n" for name in holders(backwards)))


async def at_the_command_line(config: Config, backwards: str) -> None:
    # As in a shell, passwords are read from the terminal of the session.
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    try:
        async with signed_in(next(iter(config.instances.values()))):
            show(backwards)
    except CrmError as refused:
        show(backwards)
        sys.stdout.write(f"{'SignInError' if isinstance(refused, SignInError) else type(refused).__name__}\n")


async def at_the_screen(config: Config, backwards: str) -> None:
    with tempfile.TemporaryDirectory() as state:
        async with at_desk(config, Path(state), instance=next(iter(config.instances))) as desk:
            await desk.until(lambda: "Password" in desk.text or "inactive" in desk.text, "nothing appears")
            if "inactive" not in desk.text:
                for char in reversed(backwards):
                    await desk.type(char)
                await desk.press("enter")
            # A password that was typed is asked for again.
            no = ("Not signed in", "Try 1 from here")
            await desk.until(lambda: any(one in desk.text for one in ("inactive", *no)), "no answer")
            show(backwards)
            if any(one in desk.text for one in no):
                sys.stdout.write("SignInError\n")


if __name__ == "__main__":
    way = {"cli": at_the_command_line, "screen": at_the_screen}[sys.argv[1]]
    asyncio.run(way(load_config(Path(sys.argv[2])), sys.argv[3]))

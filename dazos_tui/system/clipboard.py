"""Copying text to the clipboard of a terminal that may be remote: through tmux, else with OSC 52."""

import base64
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from dazos_tui.system.subprocesses import ProgramFailedError, describe_exit, run_program
from dazos_tui.text.sanitize import safe_text

TMUX_SECONDS = 3.0
"""How long tmux may take."""

MAX_OSC52_BYTES = 74_994
"""Longest text, in bytes of UTF-8, that is copied with OSC 52: terminals accept sequences of 100,000 bytes,
and base64 makes four bytes of three (as in hterm's osc52.sh)."""

_SCREEN_BYTES = 240
"""GNU screen passes on strings of up to 768 bytes, or 256 before version 4.2 (hterm's osc52.sh)."""

# Not the whole environment: it may hold secrets.
_TMUX_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "TMUX", "TMUX_PANE", "TMUX_TMPDIR")

_SELECT_BY_HAND = "the text stays here for you to select."
_SENT_MESSAGE = f"Sent to your terminal's clipboard. In case it did not accept it, {_SELECT_BY_HAND}"
_TOO_LONG_MESSAGE = (
    f"Too long for a terminal's clipboard (more than {MAX_OSC52_BYTES:,} bytes): {_SELECT_BY_HAND}"
)
_NOT_WRITTEN_MESSAGE = f"Could not reach the terminal's clipboard: {_SELECT_BY_HAND}"


@dataclass(frozen=True, slots=True)
class CopyResult:
    """What became of a text to copy: a sentence about it, and whether it left for some clipboard."""

    message: str
    is_sent: bool = True


async def copy_text(
    text: str, write: Callable[[str], object], environ: Mapping[str, str] = os.environ
) -> CopyResult:
    """Copy a text as well as this terminal allows; return the result.

    Within tmux (`TMUX` of `environ` is set) it goes through tmux's buffer, since tmux drops raw OSC 52. Else,
    or if that fails, it goes to `write` as an OSC 52 sequence, which must reach the terminal unchanged. There
    is no way to know whether a terminal obeys it, so the text must be shown as well. Nothing is raised: the
    result reports an OSError or ValueError of `write`, too.
    """
    if not environ.get("TMUX"):
        return _copy_by_terminal(text, write, environ)
    try:
        return await _copy_by_tmux(text, environ)
    except ProgramFailedError as failure:
        result = _copy_by_terminal(text, write, environ)
        return replace(result, message=f"tmux {failure} {result.message}")


async def _copy_by_tmux(text: str, environ: Mapping[str, str]) -> CopyResult:
    try:
        await _load_buffer(text, environ, "-w")
    except _TmuxRefusedError:
        # tmux before 3.2 has no option -w.
        await _load_buffer(text, environ)
        return CopyResult(
            "Copied into tmux's buffer (paste it with tmux's paste key), but not to your terminal's "
            "clipboard."
        )
    return CopyResult("Copied into tmux's buffer and sent to your terminal's clipboard.")


class _TmuxRefusedError(ProgramFailedError):
    """tmux ran and refused."""


async def _load_buffer(text: str, environ: Mapping[str, str], *options: str) -> None:
    program = shutil.which("tmux", path=environ.get("PATH"))
    if program is None:
        raise ProgramFailedError("was not found.")
    known = {name: environ[name] for name in _TMUX_VARIABLES if name in environ}
    code, _, errors = await run_program(
        (program, "load-buffer", *options, "-"), TMUX_SECONDS, known, text=text
    )
    if code != 0:
        said = safe_text(errors.decode(errors="replace"), limit=200)
        raise _TmuxRefusedError(f"{describe_exit(code)}{f': {said}.' if said else '.'}")


def _copy_by_terminal(text: str, write: Callable[[str], object], environ: Mapping[str, str]) -> CopyResult:
    content = text.encode(errors="replace")
    if len(content) > MAX_OSC52_BYTES:
        return CopyResult(_TOO_LONG_MESSAGE, is_sent=False)
    sequence = f"\033]52;c;{base64.b64encode(content).decode()}\a"
    try:
        write(_wrap_for_screen(sequence) if environ.get("STY") else sequence)
    except (OSError, ValueError):
        return CopyResult(_NOT_WRITTEN_MESSAGE, is_sent=False)
    return CopyResult(_SENT_MESSAGE)


def _wrap_for_screen(sequence: str) -> str:
    """Return a sequence that GNU screen passes on unchanged: in pieces, each a device control string."""
    pieces = (sequence[at : at + _SCREEN_BYTES] for at in range(0, len(sequence), _SCREEN_BYTES))
    return "".join(f"\033P{piece}\033\\" for piece in pieces)

"""Answers to the shells: what can follow, in the form that each one's script reads.

A name may hold anything: quotes, ``$(…)``, spaces. bash puts an answer on the command line as it is, so it is
quoted here; zsh and fish quote it themselves.
"""

import re
import sys
from collections.abc import Callable, Sequence

from dazos_tui.cli._support.command_line import FISH, parse_typed_line
from dazos_tui.cli._support.complete import Candidate, Completion, Given, complete, load_table

_UNSAFE = re.compile(r"[^\w@%+=:,./-]")
_UNSAFE_IN_DOUBLE_QUOTES = re.compile(r'[$`"\\]')


def reply_to_shell(shell: str, arguments: Sequence[str]) -> None:
    """Write what can follow to stdout: a line with the kind, then one for each candidate."""
    answer = _SHELLS.get(shell)
    if answer is not None and arguments:
        sys.stdout.buffer.write("".join(f"{line}\n" for line in answer(arguments)).encode())


def _bash(arguments: Sequence[str]) -> list[str]:
    """Answer bash: its arguments are the line up to the cursor, and the part of it that gets replaced."""
    line, replaced = parse_typed_line(arguments[0]), arguments[-1]
    if line.is_redirected:
        return ["files"]
    if not line.raw.endswith(replaced):
        return ["words"]
    found = _complete(_after_command(line.words), line.word)
    # bash replaces only what follows the last of = : @, and it is quoted as the cursor's place needs it.
    kept = parse_typed_line(line.raw.removesuffix(replaced)).word
    quoted = (
        _quote_for_bash(word.removeprefix(kept), line.quote)
        for word in (found.before + one.word for one in found.candidates)
        if word.startswith(kept)
    )
    return [found.kind, *filter(None, quoted)]


def _quote_for_bash(text: str, quote: str) -> str:
    """Return a text as it is typed after an open quote, or after none; empty if it cannot be."""
    if quote == "'":
        return "" if "'" in text else text
    if quote == '"':
        # Here an exclamation mark cannot be kept from recalling an earlier command.
        return "" if "!" in text else _UNSAFE_IN_DOUBLE_QUOTES.sub(r"\\\g<0>", text)
    return _UNSAFE.sub(r"\\\g<0>", text)


def _zsh(arguments: Sequence[str]) -> list[str]:
    """Answer zsh: its arguments are the words, without quotes. A line has a word, a tab, and what is shown.

    The script itself keeps an option before the word, such as ``--outcome=``.
    """
    found = _complete(arguments[:-1], arguments[-1])
    width = max((len(one.word) for one in found.candidates), default=0)
    shown = (f"{one.word:{width}}  -- {one.help}" if one.help else one.word for one in found.candidates)
    return [found.kind, *(f"{one.word}\t{text}" for one, text in zip(found.candidates, shown, strict=True))]


def _fish(arguments: Sequence[str]) -> list[str]:
    """Answer fish: its argument is the line up to the cursor. A line has a word, a tab, and its meaning."""
    line = parse_typed_line(arguments[0], FISH)
    if line.is_redirected:
        return ["files"]
    found = _complete(_after_command(line.words), line.word)
    return [found.kind, *(f"{found.before}{one.word}\t{one.help}" for one in found.candidates)]


def _after_command(words: Sequence[str]) -> Sequence[str]:
    """Return the arguments in a line, which may begin with ``sudo`` or ``NAME=value``, or with an alias."""
    names = [word.rpartition("/")[2] for word in words]
    return words[(names.index("dazos-tui") if "dazos-tui" in names else 0) + 1 :]


def _complete(words: Sequence[str], word: str) -> Completion:
    return complete(load_table(), words, word, _look_up)


def _look_up(kind: str, given: Given, begin: str) -> list[Candidate]:
    # Imported late: commands and options need nothing of it.
    from dazos_tui.cli._support.complete_values import look_up

    return look_up(kind, given, begin)


_SHELLS: dict[str, Callable[[Sequence[str]], list[str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}

"""Splits a copied command into its words, as bash and as Windows' cmd.exe do. Nothing is ever executed.

Whatever a shell would run, replace or read is refused: a browser writes none of it.
"""

import re
from collections.abc import Callable

from dazos_tui.learning.recording import RecordingError, UnreadableRecordingError

_ONE_COMMAND_ADVICE = (
    "Copy only the one request: in the browser's network list, its own menu has “Copy as cURL”. "
    "Nothing of what was pasted was run."
)
_ESCAPES = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip
_CODE = re.compile(
    r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)", re.DOTALL
)
_BYTES = re.compile("[\udc80-\udcff]+")
_VARIABLE = re.compile(r"%(?=[A-Za-z0-9_]*[G-Zg-z_])[A-Za-z_][A-Za-z0-9_]*%")
"""A variable of cmd.exe, unless it can be a part of percent-encoded text."""
_UNESCAPED = re.compile(r"[A-Za-z0-9 \t_:=+~'/.,?;()*`-]")
"""Characters that Chrome writes without a caret."""
_DOUBLED_QUOTE = re.compile(r"\S\"\"[^\s\"]")
_SINGLE_QUOTED = re.compile(r"(?:^|\s)\$?'")
_CARET = re.compile(r"\^(?:\"|\r?\n|\\\^\"|[&%{}\[\]$@!#|<>^])")


def is_cmd_flavoured(text: str) -> bool:
    """Return whether a command is written for cmd.exe.

    It escapes with ``^``, or doubles quotes as Firefox used to. For bash, browsers write single quotes.
    """
    has_escapes = _CARET.search(text) is not None or _DOUBLED_QUOTE.search(text) is not None
    return has_escapes and not _SINGLE_QUOTED.search(text)


def split_bash(text: str) -> list[str]:
    """Return the words of a command for bash. Raises RecordingError for anything but plain words."""
    return _BashReader(text.replace("\r\n", "\n")).words()


def split_cmd(text: str) -> list[str]:
    """Return the words of a command for cmd.exe, in all forms that Chrome and Firefox write.

    cmd.exe removes each ``^`` first; then the program splits the rest: ``\\"`` and, in quotes, ``""`` are a
    quote. Raises RecordingError for anything but plain words.
    """
    if _VARIABLE.search(text):
        raise _shell_feature_error("a variable")
    return _CmdReader(text.replace("\r\n", "\n")).words()


class _Reader:
    """The text of a command and the position in it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._words: list[str] = []
        self._word: list[str] | None = None

    def words(self) -> list[str]:
        while self._at < len(self._text):
            self._read_next()
        self._end_word()
        return self._words

    def _read_next(self) -> None:
        raise NotImplementedError

    def _take(self, count: int = 1) -> str:
        taken = self._text[self._at : self._at + count]
        self._at += count
        return taken

    def _peek(self, count: int = 1) -> str:
        return self._text[self._at : self._at + count]

    def _is_before(self, *starts: str) -> bool:
        return self._text.startswith(starts, self._at)

    def _add(self, text: str) -> None:
        if self._word is None:
            self._word = []
        self._word.append(text)

    def _end_word(self) -> None:
        if self._word is not None:
            self._words.append("".join(self._word))
        self._word = None

    def _end_command(self) -> None:
        if self._text[self._at :].strip():
            raise RecordingError(
                "The text has more than one command, or one that is spread over lines in an unknown way.",
                advice=_ONE_COMMAND_ADVICE,
            )
        self._end_word()


class _BashReader(_Reader):
    def _read_next(self) -> None:
        char = self._take()
        match char:
            case " " | "\t":
                self._end_word()
            case "\n":
                self._end_command()
            case "\\":
                following = self._take()
                if following != "\n":
                    self._add(following)
            case "'":
                self._add(self._until_quote())
            case '"':
                self._add(self._double_quoted())
            case "$" if self._is_before("'"):
                self._take()
                self._add(self._ansi_quoted())
            case _:
                self._add_plain(char)

    def _add_plain(self, char: str) -> None:
        if char == "#" and self._word is None:
            raise _shell_feature_error("a comment")
        _require_plain(char, self._peek(), _BASH_FEATURES)
        self._add(char)

    def _until_quote(self) -> str:
        end = self._text.find("'", self._at)
        if end < 0:
            raise _unclosed_quote_error()
        quoted = self._text[self._at : end]
        self._at = end + 1
        return quoted

    def _double_quoted(self) -> str:
        parts = []
        while (char := self._take()) != '"':
            if not char:
                raise _unclosed_quote_error()
            if char == "\\" and self._is_before('"', "\\", "$", "`", "\n"):
                char = self._take().replace("\n", "")
            else:
                _require_plain(char, self._peek(), _QUOTED_FEATURES)
            parts.append(char)
        return "".join(parts)

    def _ansi_quoted(self) -> str:
        """Return the text of ``$'…'`` (bash manual, ANSI-C Quoting)."""
        parts = []
        while (char := self._take()) != "'":
            if not char:
                raise _unclosed_quote_error()
            parts.append(self._escape() if char == "\\" else char)
        return _joined(parts)

    def _escape(self) -> str:
        found = _CODE.match(self._text, self._at)
        if found is None:
            char = self._take()
            return _ESCAPES.get(char, char if char in {"\\", "'", '"', "?"} else f"\\{char}")
        self._at = found.end()
        if found[5]:
            return chr(ord(found[5]) & 0x1F)
        byte = int(found[1] or "0", 16) or int(found[4] or "0", 8) & 0xFF
        if byte >= 0x80:
            # A byte of a character in UTF-8, joined with its neighbours later.
            return chr(0xDC00 + byte)
        code = byte or int(found[2] or found[3] or "0", 16)
        return chr(code) if code <= 0x10FFFF else ""


class _CmdReader(_Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._is_quoted = False
        # Where quotes are doubled, as Firefox used to write, a caret in quotes is itself.
        self._keeps_carets = _DOUBLED_QUOTE.search(text) is not None and '\\^"' not in text

    def words(self) -> list[str]:
        found = super().words()
        if self._is_quoted:
            raise _unclosed_quote_error()
        return found

    def _read_next(self) -> None:
        char = self._take()
        if char == "^" and not (self._is_quoted and self._keeps_carets):
            self._read_caret()
        elif char == "\n" and not self._is_quoted:
            self._end_command()
        else:
            self._read_argument(char, is_escaped=False)

    def _read_caret(self) -> None:
        # Chrome escapes no letter, except after a percent sign. Firefox used to leave carets as they are.
        if _UNESCAPED.match(self._peek()) and self._text[self._at - 2 : self._at - 1] != "%":
            self._add("^")
            return
        char = self._take()
        if char != "\n":
            self._read_argument(char, is_escaped=True)
        elif self._is_before("\n"):
            # The first line break is the escape's, the second the one that is meant.
            self._add(self._take())

    def _read_argument(self, char: str, *, is_escaped: bool) -> None:
        if char == "\\":
            self._read_backslashes()
        elif char == '"':
            self._read_quote()
        elif char == "`" and self._is_before("$", "`"):
            # Firefox escapes these for PowerShell as well.
            self._add(self._take())
        elif char in " \t" and not self._is_quoted:
            self._end_word()
        else:
            if not self._is_quoted and not is_escaped:
                _require_plain(char, self._peek(), _CMD_FEATURES)
            self._add(char)

    def _read_backslashes(self) -> None:
        """Read a run of backslashes: browsers double each of them, and put one before a quote."""
        count = 1
        while self._is_before("\\", "^\\"):
            self._take(1 + self._is_before("^"))
            count += 1
        self._add("\\" * (count // 2))
        if count % 2 and self._is_before('"', '^"'):
            self._take(1 + self._is_before("^"))
            self._add('"')
        elif count % 2:
            self._add("\\")

    def _read_quote(self) -> None:
        if self._is_quoted and self._is_before('"', '^"'):
            self._take(1 + self._is_before("^"))
            self._add('"')
        else:
            self._is_quoted = not self._is_quoted
            self._add("")


Features = tuple[tuple[str, Callable[[str], bool], str], ...]
"""Characters that mean something to a shell, whether they do before the following one, and what they are."""


def _always(_following: str) -> bool:
    return True


def _starts_expansion(following: str) -> bool:
    return re.fullmatch(r"[({A-Za-z0-9_?$!#@*-]", following) is not None


_QUOTED_FEATURES: Features = (
    ("`", _always, "another command in it"),
    ("$", lambda following: following == "(", "another command in it"),
    ("$", _starts_expansion, "a variable"),
)
_BASH_FEATURES: Features = (
    *_QUOTED_FEATURES,
    (";", _always, "another command after a semicolon"),
    ("|", _always, "another command after a pipe"),
    ("&", lambda following: following == "&", "another command after &&"),
    ("&", _always, "an & outside quotes, which a shell takes for the end of a command"),
    ("<>", _always, "a redirection of a file"),
    ("()", _always, "parentheses outside quotes"),
)
_CMD_FEATURES: Features = (
    ("|", _always, "another command after a pipe"),
    ("&", _always, "an & outside quotes, which a shell takes for the end of a command"),
    ("<>", _always, "a redirection of a file"),
)


def _require_plain(char: str, following: str, features: Features) -> None:
    """Raise RecordingError if a character is more than itself to a shell."""
    for chars, applies, what in features:
        if char in chars and applies(following):
            raise _shell_feature_error(what)


def _joined(parts: list[str]) -> str:
    """Return the characters with UTF-16 pairs and UTF-8 bytes, as escapes can write them, put together."""
    text = _BYTES.sub(_decoded, "".join(parts)) if any(map(_BYTES.match, parts)) else "".join(parts)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")


def _decoded(found: re.Match[str]) -> str:
    content = bytes(ord(char) - 0xDC00 for char in found[0])
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _shell_feature_error(what: str) -> RecordingError:
    return RecordingError(f"The command has {what}, which no browser writes.", advice=_ONE_COMMAND_ADVICE)


def _unclosed_quote_error() -> RecordingError:
    return UnreadableRecordingError(
        "The command is incomplete: a quote in it is never closed.",
        advice="Copy the whole command once more.",
    )

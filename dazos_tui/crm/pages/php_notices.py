"""The warnings that PHP writes before an answer, on a server that displays its errors.

There are two forms, from PHP's `php_error_cb`: with `html_errors` each warning is
``<br />\\n<b>Warning</b>:  … in <b>FILE</b> on line <b>N</b><br />``, without it is a line
``Warning: … in FILE on line N``. Errors that end a script do not count.
"""

import re

_MAX_LENGTH = 50_000
"""The most characters of warnings that are skipped: a server that writes more has a problem to fix first."""
_KINDS = "Warning|Notice|Deprecated|Strict Standards"
_HTML_NOTICE = re.compile(
    rf"<br ?/?>\s*<b>(?:{_KINDS})</b>:(?:[^<]|</?[bi]>|<a [^<>]{{1,500}}>|</a>)*+<br ?/?>", re.ASCII
)
_NOTICE_START = re.compile(rf"(?:PHP )?(?:{_KINDS}): ")
_NOTICE_END = re.compile(r" in \S.* on line [0-9]{1,9}\s*")


def strip_php_notices(text: str) -> str:
    """Return an answer without PHP's warnings at its start; unchanged if there is anything else.

    A JSON object must follow them: text between them, an answer's JSON inside one, or a page after them
    leaves the text unchanged.
    """
    start = 0
    while (end := _end_of_notice(text, start)) is not None:
        start = end
        if start > _MAX_LENGTH:
            return text
    rest = text[start:].lstrip()
    return rest if start and rest.startswith("{") and "success" not in text[:start].lower() else text


def _end_of_notice(text: str, start: int) -> int | None:
    """Return the end of the warning that begins at `start`, ignoring white space; None if none does."""
    while start < len(text) and text[start].isspace():
        start += 1
    if found := _HTML_NOTICE.match(text, start, start + _MAX_LENGTH):
        return found.end()
    line, newline, _ = text[start : start + _MAX_LENGTH].partition("\n")
    begins = _NOTICE_START.match(line)
    last = line.rfind(" in ", 0, line.rfind(" on line "))
    if newline and begins and last >= begins.end() - 1 and _NOTICE_END.fullmatch(line, last):
        return start + len(line) + 1
    return None

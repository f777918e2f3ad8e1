"""The warnings that PHP writes before an answer, on a server that displays its errors.

Two forms are known, from PHP's `php_error_cb`: with `html_errors` each is
``<br />\\n<b>Warning</b>:  … in <b>FILE</b> on line <b>N</b><br />``, without it is a line
``Warning: … in FILE on line N``. Errors that end a script are none of them.
"""

import re

_LONGEST = 50_000
"""Characters of warnings that are passed over at most: a server that writes more is to be looked at first."""
_KINDS = "Warning|Notice|Deprecated|Strict Standards"
_AS_HTML = re.compile(
    rf"<br ?/?>\s*<b>(?:{_KINDS})</b>:(?:[^<]|</?[bi]>|<a [^<>]{{1,500}}>|</a>)*+<br ?/?>", re.ASCII
)
_LINE_BEGINS = re.compile(rf"(?:PHP )?(?:{_KINDS}): ")
_LINE_ENDS = re.compile(r" in \S.* on line [0-9]{1,9}\s*")


def without_notices(text: str) -> str:
    """Return an answer without the warnings of PHP at its start; unchanged if there is anything else.

    What follows them must be an object of JSON: a word between them, an envelope inside of one, or a page
    after them leaves the text as it came.
    """
    place = 0
    while (end := _end_of_notice(text, place)) is not None:
        place = end
        if place > _LONGEST:
            return text
    rest = text[place:].lstrip()
    return rest if place and rest.startswith("{") and "success" not in text[:place].lower() else text


def _end_of_notice(text: str, place: int) -> int | None:
    """Return where the warning that begins at `place`, white space aside, ends; None if there is none."""
    while place < len(text) and text[place].isspace():
        place += 1
    if found := _AS_HTML.match(text, place, place + _LONGEST):
        return found.end()
    line, newline, _ = text[place : place + _LONGEST].partition("\n")
    begins = _LINE_BEGINS.match(line)
    last = line.rfind(" in ", 0, line.rfind(" on line "))
    if newline and begins and last >= begins.end() - 1 and _LINE_ENDS.fullmatch(line, last):
        return place + len(line) + 1
    return None

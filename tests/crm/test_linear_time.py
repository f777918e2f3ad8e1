"""Texts of the CRM that would take a pattern quadratic time, if it went over parts of them repeatedly."""

from collections.abc import Callable
from contextlib import suppress
from html import escape
from time import process_time

import pytest

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import UnclearAnswerError, UnexpectedPageError
from dazos_tui.crm.login_times import parse_written_time
from dazos_tui.crm.pages.action_results import parse_action_result
from dazos_tui.crm.pages.challenge import parse_challenge
from dazos_tui.crm.pages.html import csrf_token, parse_html, parse_table_html
from dazos_tui.crm.pages.login import has_single_sign_on
from dazos_tui.crm.pages.menus import parse_menu_items
from dazos_tui.crm.pages.own_settings import parse_own_id
from dazos_tui.crm.pages.php_notices import strip_php_notices
from dazos_tui.crm.pages.profile import parse_profile
from dazos_tui.text.sanitize import hidden_characters, safe_text
from tests.crm import html

LABELS = Labels()
CHARACTERS = 8_000
"""Characters of the shorter texts. With fewer, what is quadratic would hide behind what is done once."""
LEAST_SECONDS = 0.0002
"""Seconds below which a clock says little."""


def menu(code: str) -> object:
    page = parse_html(f'<ul><li><a onclick="{escape(code)}">Send Reset Link</a></ul>')
    return parse_menu_items(page.css("a"), "7", LABELS)


def script(code: str) -> object:
    page = f"<script>{code}</script>"
    return csrf_token(parse_html(page)), parse_own_id(page)


def challenge(text: str) -> object:
    page = f'<form method=post><label for=a>{text}</label><input id=a name="x" style="{text}"><button>Go'
    return parse_challenge(page)


def table(text: str) -> object:
    rows = "<div></div><br>" * 7_000
    with suppress(UnexpectedPageError):
        return parse_table_html(f"{rows}{text}")
    return None


def answer(text: str) -> object:
    try:
        return parse_action_result(200, text, LABELS)
    except UnclearAnswerError as error:
        return error


READINGS: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "a script in a menu": (
        lambda text: menu(f"f('{text} ')"),
        ("=", "?", "?=", "a=", ".php", ":", "http:/", "\\", "\\'", '"', "+", ".concat", "\\u00", " ="),
    ),
    "a script in a menu without its end": (menu, ("'", '"', "'\\'", "\"'", "<!-", "`", "\\")),
    "an address in a menu": (lambda text: menu(f"f('index.php?{text}')"), ("a=1&", "%2", "newpassw", "[")),
    "a link on the login page": (
        lambda text: has_single_sign_on(f'<a href="{text}password">x</a>'),
        ("log in with ", "sign-in with", "single ", "saml", "login with_"),
    ),
    "a script": (
        script,
        ("csrfMagicToken ", "csrfMagicToken='x", "_USERMETA ", "_USERMETA={ ", "_USERMETA = {id : ", " "),
    ),
    "a challenge": (
        challenge,
        ("code", "otp", "code1", "1", "authenticat", "display ", "display: ", "aB", "_", "save ", "pass"),
    ),
    "an answer": (
        answer,
        (" in x", " on line 1", "Warning: a in b on line 1 ", "<br /> <b>Warning</b>:", "0", "a1", "a-", "{"),
    ),
    "warnings before an answer": (
        lambda text: strip_php_notices(f"Warning: {text}\n{{}}"),
        (" in x", " on line 1", " in x on line 1", "<a >", " "),
    ),
    "a profile": (
        lambda text: parse_profile(html.profile(first_name=text, extra=text), user_id="7", labels=LABELS),
        ("record ", "record", "pass_", " a", "e\u0301", "not found "),
    ),
    "a large table": (table, ("<div '", '<span "', "<div a='<", "<di<div>v>", "<div ", "'")),
    "a text": (
        lambda text: (safe_text(text, limit=10**7), hidden_characters(text)),
        (" ", "\u0301", "a\x1b", "\u200b", "\t"),
    ),
    "a time": (lambda text: parse_written_time(f"1-1-2026{text}x"), (" ", "1", ",")),
}
"""By what is read: how, and the parts that its texts consist of."""


def seconds_for(read: Callable[[str], object], text: str) -> float:
    """Return the least processor time of three readings."""
    taken = []
    for _ in range(3):
        begun = process_time()
        read(text)
        taken.append(process_time() - begun)
    return min(taken)


@pytest.mark.parametrize(
    ("read", "part"),
    [
        pytest.param(read, part, id=f"{name}: {part!r}")
        for name, (read, parts) in READINGS.items()
        for part in parts
    ],
)
def test_a_text_is_read_in_linear_time(read: Callable[[str], object], part: str) -> None:
    text = part * (CHARACTERS // len(part))
    # In linear time it is eight times as much, in quadratic time sixty-four times.
    assert seconds_for(read, text * 8) < 32 * max(seconds_for(read, text), LEAST_SECONDS)

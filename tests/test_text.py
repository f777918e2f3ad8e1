"""Foreign text cannot reach the terminal as anything but visible characters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.text import DEFAULT_LIMIT, REPLACEMENT, safe_text

HARMFUL = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    "\u202e",
    "\u2066",
    "\u200b",
    "\ud800",
    "\U000e0041",
]


def is_shown_as_it_is(char):
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize("char", HARMFUL, ids=lambda char: f"U+{ord(char):04X}")
def test_no_harmful_character_comes_through(char):
    safe = safe_text(f"a{char}b")
    assert all(map(is_shown_as_it_is, safe))
    assert safe in {f"a{REPLACEMENT}b", "a b", "ab"}


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_comes_in_only_visible_characters_go_out(text):
    safe = safe_text(text)
    assert all(map(is_shown_as_it_is, safe))
    assert safe_text(safe) == safe
    safe.encode("utf-8")


@pytest.mark.parametrize("name", ["García", "Nguyễn", "O'Brien", "[bold]Smith[/]", "שרה", "王芳", "Ann 🎉"])
def test_names_stay_as_they_are(name):
    assert safe_text(name) == name


def test_an_escape_sequence_is_shown_and_not_obeyed():
    assert safe_text("\x1b[31mRed\x07") == f"{REPLACEMENT}[31mRed{REPLACEMENT}"


def test_lines_become_one_line():
    assert safe_text("  12 Main St\r\n\tSpringfield\u2028USA ") == "12 Main St Springfield USA"


def test_a_megabyte_is_cut_and_says_so():
    safe = safe_text("x" * 1_000_000)
    assert len(safe) == DEFAULT_LIMIT
    assert safe.endswith("…")

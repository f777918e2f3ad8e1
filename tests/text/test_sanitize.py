"""Outside text reaches the terminal only as visible characters."""

import sys
import unicodedata
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.text.sanitize import (
    DEFAULT_LIMIT,
    REPLACEMENT,
    describe_character,
    hidden_characters,
    printable_text,
    safe_text,
)
from tests.patience import processor_patience

HARMFUL = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206f",
    *"\u2028\u2029\ufff9\ufffa\ufffb\U000110bd\U0001d173",
    *"\u200b\u200c\u200d\u2060\u2061\ufeff\u00ad\u034f\u115f\u1160\u17b4\u180b\u180e\u3164\uffa0\ufe0f\u2800",
    *"\ud800\udbff\udc00\udfff\ue000\U000f0000\U0010ffff\ufdd0\uffff",
    *map(chr, range(0xE0000, 0xE0080)),
    *"\U000e0100\U000e01ef",
]
SEQUENCES = {
    "colour": "\x1b[31m",
    "colour, 8-bit": "\x9b31m",
    "clear the screen": "\x1b[2J\x1b[H",
    "cursor up, and over the line": "\x1b[1A\r\x1b[K",
    "title": "\x1b]0;Production\x07",
    "title, 8-bit": "\x9d2;Production\x9c",
    "clipboard": "\x1b]52;c;cm0gLXJmIC8=\x1b\\",
    "link": "\x1b]8;;https://elsewhere.example\x1b\\here\x1b]8;;\x1b\\",
    "device control": '\x1bP$q"p\x1b\\',
    "application command": "\x1b_Gi=31;AAAA\x1b\\",
    "privacy message": "\x1b^secret\x1b\\",
    "reset": "\x1bc",
    "another character set": "\x0e\x1b(0",
    "asking the terminal": "\x1b[c\x1b[6n\x05",
}
NAMES = [
    "García",
    "Nguyễn Thị Hương",
    "O'Brien",
    "[bold]Smith[/]",
    "שרה",
    "שָׁלוֹם",
    "王芳",
    "한국어",
    "หญิง ที่ นี้",
    "हिन्दी क्षत्रिय",
    "မြန်မာ လျှော့ ကြွှော့",
    "Ann 🎉",
    "ﾊﾝｶｸ ＡＢＣ",
    "a_b (c) “d” … –",
]


def is_shown_as_it_is(char):
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize("char", HARMFUL, ids=lambda char: f"U+{ord(char):04X}")
def test_no_harmful_character_passes(char):
    safe = safe_text(f"a{char}b")
    assert all(map(is_shown_as_it_is, safe))
    assert safe in {f"a{REPLACEMENT}b", "a b", "ab"}


def test_only_visible_characters_pass():
    # All planes with characters, and the edges of the rest.
    for number in (
        *range(0x32000),
        *range(0xDFF00, 0xE0200),
        *range(sys.maxunicode - 99, sys.maxunicode + 1),
    ):
        safe = safe_text(f"é{chr(number)}")
        assert all(map(is_shown_as_it_is, safe)), f"U+{number:04X}"
        assert safe_text(safe) == safe, f"U+{number:04X}"


@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
@pytest.mark.parametrize("around", ["", "é"], ids=["plain", "accented"])
def test_no_terminal_obeys_a_sequence(sequence, around):
    safe = safe_text(f"{around}Ann{sequence}Example{around}")
    assert all(map(is_shown_as_it_is, safe))
    assert REPLACEMENT in safe


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_becomes_visible_characters_only(text):
    safe = safe_text(text)
    assert all(map(is_shown_as_it_is, safe))
    assert safe_text(safe) == safe
    safe.encode("utf-8")


@given(st.text(st.characters(categories=["Mn", "Mc", "Me", "Lo", "Zs"]), max_size=60), st.integers(2, 40))
def test_marks_keep_text_safe_and_short_whatever_the_limit(text, limit):
    safe = safe_text(text, limit=limit)
    assert len(safe) <= limit
    assert safe_text(safe, limit=limit) == safe


@pytest.mark.parametrize("name", NAMES)
def test_names_are_unchanged(name):
    assert safe_text(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("name", NAMES)
def test_names_are_the_same_in_any_unicode_form(name):
    assert safe_text(unicodedata.normalize("NFD", name)) == unicodedata.normalize("NFC", name)


def test_an_escape_sequence_is_shown_and_not_obeyed():
    assert safe_text("\x1b[31mRed\x07") == f"{REPLACEMENT}[31mRed{REPLACEMENT}"


def test_lines_become_one_line():
    assert safe_text("  12 Main St\r\n\tSpringfield\u2028USA ") == "12 Main St Springfield USA"


def test_a_megabyte_is_cut_and_says_so():
    safe = safe_text("x" * 1_000_000)
    assert len(safe) == DEFAULT_LIMIT
    assert safe.endswith("…")


@pytest.mark.parametrize(
    "mark", ["\u0301", "\u0323\u0301", "\u20dd", "\u0e49", "\u0903", "\u0f73", "\u11a8"], ids=ascii
)
def test_a_letter_keeps_few_of_its_marks(mark):
    safe = safe_text(f"A{mark * 500}nn")
    assert safe.endswith("nn")
    assert len(safe) <= len("A123456nn")


@pytest.mark.parametrize("text", ["\u0301Ann", " \u0301Ann", "\u20ddAnn", "\u200b\u0301Ann"], ids=ascii)
def test_a_mark_without_a_letter_is_not_drawn_onto_the_text_before(text):
    assert safe_text(text) == "Ann"
    assert safe_text(f"Jo {text}") == "Jo Ann"


@pytest.mark.parametrize(
    "text",
    [
        "A" + "\u0323\u0301" * 500_000,
        "A" + "\u0301" * 500_000 + "\u0323" * 500_000,
        "\u200b" * 1_000_000,
        "é" * 1_000_000,
        "letters" * 100_000 + "\n",
        "x" * 60 + "\n",
    ],
    ids=["mixed", "disordered", "invisible", "letters", "long lines", "a line"],
)
def test_a_megabyte_of_anything_is_fast(text):
    begun = process_time()
    assert len(safe_text(text, limit=20_000)) <= 20_000
    assert process_time() - begun < processor_patience(1)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("ann@example.com", []),
        ("zoë@münchen.example", []),
        ("ann\u200b@example.com", [(4, "U+200B ZERO WIDTH SPACE")]),
        (
            "\ufeffann@example.com\u00ad",
            [(1, "U+FEFF ZERO WIDTH NO-BREAK SPACE"), (17, "U+00AD SOFT HYPHEN")],
        ),
        ("ann@example.com\u00a0", [(16, "U+00A0 NO-BREAK SPACE")]),
        ("a\u202enn@example.com", [(2, "U+202E RIGHT-TO-LEFT OVERRIDE")]),
        ("ann\t@example.com", [(4, "U+0009")]),
        ("ann\x1b[31m@example.com", [(4, "U+001B")]),
        (" ann@example.com ", [(1, "U+0020 SPACE"), (17, "U+0020 SPACE")]),
        ("ann bell@example.com", []),
        ("ann bell@münchen.example", []),
        ("", []),
    ],
)
def test_invisible_characters_are_named_with_their_position(text, hidden):
    assert [(at, describe_character(char)) for at, char in hidden_characters(text)] == hidden


@given(st.text())
def test_text_without_hidden_characters_is_shown_unchanged(text):
    if not hidden_characters(text):
        assert safe_text(text).count(REPLACEMENT) <= text.count(REPLACEMENT)


@given(st.text(max_size=40), st.text(max_size=40))
def test_typed_text_is_safe_and_stays_when_more_is_typed(text, more):
    shown = printable_text(text)
    assert printable_text(shown) == shown
    assert printable_text(shown + more).startswith(shown)
    assert not set(shown) & set(HARMFUL)
    assert len(safe_text(shown)) <= len(shown)


@pytest.mark.parametrize("text", ["  two  spaces ", "Ada", "naïve", "e\u0301", "李小龍", "שלום"])
def test_typed_text_keeps_its_spaces_and_letters(text):
    assert printable_text(text) == text


def test_control_characters_between_plain_letters_are_not_typed():
    assert printable_text("a\tb\x1bc d") == "abc d"


def test_typed_marks_are_limited_like_those_of_a_name():
    typed = ""
    for mark in ["a", *["\u0301"] * 40]:
        typed = printable_text(typed + mark)
    assert typed == "a" + "\u0301" * 6

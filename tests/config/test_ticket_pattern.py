"""What a ticket looks like: patterns as Python understands them, in a time that is bounded."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.config.ticket_pattern import DEFAULT_TICKET_PATTERN, MAX_TICKET, TicketPattern


@pytest.mark.parametrize("word", ["T-1042", "hd-7", "SUP2-00042"])
def test_what_is_a_ticket_unless_the_config_says_otherwise(word):
    assert TicketPattern(DEFAULT_TICKET_PATTERN).matches(word)


@pytest.mark.parametrize("word", ["", "T-", "garcia", "ann-marie", "-1", "T-1042 ", "T-1042x", "1-2", "T--1"])
def test_what_is_none(word):
    assert not TicketPattern(DEFAULT_TICKET_PATTERN).matches(word)


PATTERNS = [
    DEFAULT_TICKET_PATTERN, r"#\d+", r"^T-\d+$", r"(INC|REQ)\d{7}", r"[A-Z]{2,3}-?\d*x",
    r"(?:a|ab)(c|bcd)(d*)", r"a.c", r"[^a]b", r"[]a]+", r"[a\]]{1,2}", r"(a|b|)c", r"(ab?){2,}", r"\w+\.\d",
    r"(a+)+b", r"((a*)*)*b?c", r"x{3}", r"x{2,3}y{0,2}",
]  # fmt: skip
SLOW_ONES = ["(a+)+b", "(a|aa)+b", "(((((((a*)*)*)*)*)*)*)*b", "a*" * 90 + "b", "(a?){40}" * 15 + "b"]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(st.text(alphabet="abcdxyABINCREQT019-.#]", max_size=12))
def test_it_matches_what_python_matches(pattern, word):
    # None of these is slow for so short a word.
    assert TicketPattern(pattern).matches(word) is bool(re.fullmatch(pattern, word))


@pytest.mark.parametrize("pattern", SLOW_ONES)
def test_no_pattern_takes_long(pattern):
    began = time.process_time()
    assert not TicketPattern(pattern).matches("a" * MAX_TICKET)
    assert time.process_time() - began < 2.0


def test_a_long_word_is_no_ticket():
    assert not TicketPattern("a+").matches("a" * (MAX_TICKET + 1))


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "is empty"),
        ("a" * 201, "is longer than 200 characters"),
        ("a*", "matches an empty text"),
        ("(a", "has a “(” without “)”"),
        ("a)", "has a “)” without “(”"),
        ("[a", "has a “[” at place 1 that is not known here"),
        ("*a", "has a “*” at place 1 that is not known here"),
        (r"(a)\1", "has a “\\” followed by a letter or digit at place 4 that is not known here"),
        ("(?i)a", "has a group of the kind (?…), which is not known here; write (…)"),
        ("(?=a)a", "has a group of the kind (?…), which is not known here; write (…)"),
        ("a+?", "has two repetitions in a row, such as “+*” or “+?”"),
        ("a{3,2}", "has a repetition that is not within {0,40}"),
        ("a{500}", "has a repetition that is not within {0,40}"),
        ("[z-a]", "has a class that is not valid: bad character range z-a"),
        ("a\\", "has a “\\” followed by a letter or digit at place 2 that is not known here"),
    ],
)
def test_a_wrong_pattern_is_explained(pattern, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        TicketPattern(pattern)

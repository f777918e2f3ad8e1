"""Mutates an input in ways that break parsers. All randomness comes from the generator that is passed in."""

import re
from collections.abc import Callable, Sequence
from random import Random

LONGEST = 20_000
"""The most characters of an input: larger ones are covered by the tests of decompression bombs."""

NASTY = (
    "\x00", "\x07", "\x08", "\x1b[2J", "\x1b]52;c;AAAA\x07", "\x9b31m", "\x9d0;t\x9c", "\x7f", "\r\n", "\t",
    "\x85", "\u200b", "\u202e", "\u2066", "\u2028", "\u00ad", "\ufeff", "\ud800", "\udfff", "\ufffe",
    "\ue000", "\U000e0041", "A\u0301" + "\u0301" * 40, "\u20dd", "\u1161" * 9, "ﷺ", "𝒜", "👩‍👩‍👧", "é",
    "e\u0301", "\u00a0", "&#x1b;", "&#27;[31m", "&#x9b;", "&#x202e;", "&#xd800;", "&#0;", "&#99999999999;",
    "&nbsp;", "&lt;b&gt;", "&", "&amp", "\\ud800", "\\udc00\\ud800", "\\u001b", "\\u202e", "\\u0000",
    "\\x1b", "\\", "\\'", "\\\"", "<", ">", "</", "<!--", "-->", "<![CDATA[", "</td>", "</tr></table>",
    "<script>", "</script>", "<table><tr><td>", "<form>", "</form>", "<b>", "<a href=", "<select><option>",
    "<svg><title>", "<template>", "<plaintext>", "<p>", "'", '"', "`", "=", "==", "/", "?", "#", ";", ":",
    ",", "[", "]", "{", "}", "(", ")", "%", "//[", "http://[", "javascript:", "0", "-1", "9" * 30,
    "9" * 5_000, "1e999", "NaN", "-Infinity", "0x10", "1_000", "٣", "²", "１２", "null", "true", "false",
    "[]", "{}", "[[[[[[", '{"a":', "1979-05-27T07:32:00Z", "inf", '"""', "'''", "[[a]]", " ", "  ", "\n",
    "", "x" * 2_000, "=cmd|' /C calc'!A0", "[/]", "[bold]", "{0}", "%s", "../", "Permission denied",
    "Invalid request", "<br />\n<b>Warning</b>: ", "Inactive", "Active",
)  # fmt: skip
"""Texts that have broken a parser, a terminal or a spreadsheet before."""

_TOKEN = re.compile(r"[A-Za-z_]+|[0-9]+|\"[^\"]{0,80}\"|'[^']{0,80}'|</?[a-z]+|&[#a-z0-9]+;|[^\sA-Za-z0-9]")
_VALUE = re.compile(r"=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)|:\s*(\"[^\"]*\"|[0-9]+|true|false|null)|>([^<]+)<")

Change = Callable[[str, Random, Sequence[str]], str]


def mutated(text: str, rng: Random, others: Sequence[str]) -> str:
    """Return `text` after one to eight changes, usually one; parts of `others` may be inserted."""
    for _ in range(1 + min(int(rng.expovariate(0.9)), 7)):
        text = rng.choice(_CHANGES)(text, rng, others)[:LONGEST]
    return text


def as_received(text: str, rng: Random) -> str:
    """Return a text as it arrives when it is sent as UTF-8, sometimes with a few flipped bits."""
    sent = bytearray(text.encode("utf-8", "surrogatepass"))
    if sent and rng.random() < 0.2:
        for _ in range(rng.randint(1, 4)):
            sent[rng.randrange(len(sent))] ^= 1 << rng.randrange(8)
    return sent.decode("utf-8-sig", errors="replace")


def with_other_values(value: object, rng: Random) -> object:
    """Return a JSON value in which about every tenth part is replaced."""
    if rng.random() < 0.1:
        return rng.choice((None, True, False, 0, -1, 10**40, 1e308, "", [], {}, [[]], [{}], *NASTY))
    if isinstance(value, dict):
        kept = {key: with_other_values(part, rng) for key, part in value.items() if rng.random() < 0.97}
        return kept | ({rng.choice(NASTY): rng.choice(NASTY)} if rng.random() < 0.1 else {})
    if isinstance(value, list):
        return [with_other_values(part, rng) for part in value] * rng.choice((1, 1, 1, 1, 0, 2, 30))
    return value


def _span(text: str, rng: Random) -> tuple[int, int]:
    start = rng.randrange(len(text) + 1)
    return start, min(len(text), start + int(rng.expovariate(1 / 40)))


def _insert(text: str, rng: Random, others: Sequence[str]) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(NASTY) + text[at:]


def _other_char(text: str, rng: Random, others: Sequence[str]) -> str:
    at = rng.randrange(len(text) + 1)
    code = rng.choice((rng.randrange(0x100), rng.randrange(0x3000), rng.randrange(0x110000)))
    return text[:at] + chr(code) + text[at + 1 :]


def _cut_out(text: str, rng: Random, others: Sequence[str]) -> str:
    start, end = _span(text, rng)
    return text[:start] + text[end:]


def _cut_off(text: str, rng: Random, others: Sequence[str]) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _repeat(text: str, rng: Random, others: Sequence[str]) -> str:
    start, end = _span(text, rng)
    return text[:end] + text[start:end] * rng.choice((1, 2, 20, 200)) + text[end:]


def _swap(text: str, rng: Random, others: Sequence[str]) -> str:
    (a, b), (c, d) = sorted((_span(text, rng), _span(text, rng)))
    return text if b > c else text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def _splice(text: str, rng: Random, others: Sequence[str]) -> str:
    other = rng.choice(others)
    start, end = _span(text, rng)
    first, last = _span(other, rng)
    return text[:start] + other[first : last + rng.choice((0, 400))] + text[end:]


def _cross(text: str, rng: Random, others: Sequence[str]) -> str:
    other = rng.choice(others)
    return text[: rng.randrange(len(text) + 1)] + other[rng.randrange(len(other) + 1) :]


def _swap_tokens(text: str, rng: Random, others: Sequence[str]) -> str:
    first, second = _random_match(_TOKEN, text, rng), _random_match(_TOKEN, text, rng)
    if first is None or second is None or first.start() >= second.start():
        return text
    return (
        text[: first.start()]
        + second[0]
        + text[first.end() : second.start()]
        + first[0]
        + text[second.end() :]
    )


def _other_value(text: str, rng: Random, others: Sequence[str]) -> str:
    """Replace the value of an attribute, the text between tags, or the value after a name."""
    match = _random_match(_VALUE, text, rng)
    if match is None:
        return text
    start, end = next(match.span(group) for group in (1, 2, 3) if match[group] is not None)
    quote = text[start] if text[start] in "\"'" else ""
    return text[:start] + quote + rng.choice(NASTY) + quote + text[end:]


def _random_match(pattern: re.Pattern[str], text: str, rng: Random) -> re.Match[str] | None:
    return pattern.search(text, rng.randrange(len(text) + 1))


_CHANGES: tuple[Change, ...] = (
    _insert, _insert, _other_char, _cut_out, _cut_off, _repeat, _swap, _splice, _cross, _swap_tokens,
    _other_value, _other_value,
)  # fmt: skip

"""The man page, made from click's objects: options, commands and exit codes are those of the help.

Written with the macros of man(7), in ASCII: both mandoc and groff show it the same in every locale.
"""

import re
import textwrap
from collections.abc import Collection, Iterable, Iterator
from inspect import cleandoc

import click

from dazos_tui import __version__
from docs.command_tree import metavar_of, options_of, short_help, subcommands, walk
from docs.man_texts import ENVIRONMENT, EXAMPLES, FILES, SEE_ALSO

DATE = "2026-11-29"
"""When what is written here and in man_texts.py was last changed: the page has to have a date."""

_WIDTH = 79
_NAMED = {
    "\\": "\\e", "-": "\\-", "“": "\\(lq", "”": "\\(rq", "’": "\\(cq", "‘": "\\(oq", "…": "...", "–": "\\(en",
    "→": "\\(->", "×": "\\(mu", "≤": "\\(<=", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti",
    '"': "\\(dq",
}  # fmt: skip


def man_page(root: click.Context) -> str:
    """Return the page about ``dazos-tui`` and all its commands."""
    lines = [
        '.\\" Written by docs/make_commands.py.',
        f'.TH DAZOS\\-TUI 1 {DATE} "dazos\\-tui {__version__}" "User Commands"',
        # Not hyphenated, nor spread to the margin: names of files and options stay as they are typed.
        ".nh",
        ".ad l",
        *_section("NAME", [f"dazos\\-tui \\- {_escaped(_first_line(root))}"]),
        *_section("SYNOPSIS", _synopsis()),
        *_section("DESCRIPTION", _help_text(root)),
        *_section("OPTIONS", _options(root)),
        *_section("COMMANDS", _overview(root)),
        *(line for names, context in walk(root) for line in _command(names, context)),
        *_section("EXIT STATUS", _exit_codes(root)),
        *_section("FILES", _definitions(FILES, "I")),
        *_section("ENVIRONMENT", _definitions(ENVIRONMENT, "B")),
        *_section("EXAMPLES", _examples()),
        *_section("SEE ALSO", _filled(SEE_ALSO)),
    ]
    return "\n".join(lines) + "\n"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f".SH {title}"
    yield from lines


def _synopsis() -> Iterator[str]:
    yield from (".B dazos\\-tui", "[\\fIOPTIONS\\fR] [\\fICOMMAND\\fR [\\fIARGUMENTS\\fR]]")


def _first_line(context: click.Context) -> str:
    text = context.command.get_short_help_str(limit=200).removesuffix(".")
    return text[:1].lower() + text[1:]


def _help_text(context: click.Context) -> Iterator[str]:
    """Yield the paragraphs of a command's help. One that begins with ``\\b`` keeps its lines."""
    for number, paragraph in enumerate(_paragraphs(context.command.help or "")):
        yield from [".PP"] if number else []
        if paragraph.startswith("\b"):
            yield from _verbatim(textwrap.dedent(paragraph.removeprefix("\b").strip("\n")).splitlines())
        else:
            yield from _filled(paragraph)


def _paragraphs(text: str) -> list[str]:
    return re.split(r"\n[ \n]*\n", cleandoc(text))


def _verbatim(lines: Iterable[str]) -> Iterator[str]:
    yield from (".RS 4", ".EX")
    yield from map(_escaped_line, lines)
    yield from (".EE", ".RE")


def _filled(text: str) -> list[str]:
    """Return a paragraph as lines that the formatter joins; each sentence begins on a line of its own."""
    sentences = re.split(r"(?<=[.?!:]) +(?=[A-Z“])", " ".join(text.split()))
    return [
        _escaped_line(line)
        for sentence in sentences
        for line in textwrap.wrap(sentence, _WIDTH - 12, break_long_words=False, break_on_hyphens=False)
    ]


def _options(context: click.Context, *, without: Collection[str] = ()) -> Iterator[str]:
    for option in options_of(context):
        record = option.get_help_record(context)
        if record is not None and not any(name in without for name in option.opts):
            yield ".TP"
            yield _option_head(option, context)
            yield from _filled(record[1])


def _option_head(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"\\fB{_escaped(name)}\\fR" for name in [*option.opts, *option.secondary_opts])
    if option.is_flag or option.count:
        return names
    return f"{names} \\fI{_escaped(metavar_of(option, context))}\\fR"


def _overview(root: click.Context) -> Iterator[str]:
    yield from _filled("Each command has --help, too. Without a command, the app opens.")
    for name in subcommands(root):
        yield from (".TP", f".B {_escaped(name)}", *_filled(short_help(root, name)))


def _command(names: tuple[str, ...], context: click.Context) -> Iterator[str]:
    usage = " ".join([*names, *context.command.collect_usage_pieces(context)])
    yield f'.SS "dazos\\-tui {_escaped(usage)}"'
    yield from _help_text(context)
    # What --help does is said once, among the options of all commands.
    yield from _options(context, without={"--help"})


def _exit_codes(root: click.Context) -> Iterator[str]:
    codes = re.findall(r"^ +(\d+) +(.+)$", root.command.epilog or "", re.MULTILINE)
    yield from _definitions(codes, "B")


def _definitions(pairs: Iterable[tuple[str, str]], font: str) -> Iterator[str]:
    for name, meaning in pairs:
        yield from (".TP", f".{font} {_escaped(name)}", *_filled(meaning))


def _examples() -> Iterator[str]:
    for number, (command, meaning) in enumerate(EXAMPLES):
        yield from [".PP"] if number else []
        yield from (*_filled(meaning), *_verbatim([command]))


def _escaped_line(line: str) -> str:
    """Return a line of text, which is never taken for a request."""
    return f"\\&{_escaped(line)}" if line[:1] in {".", "'"} else _escaped(line)


def _escaped(text: str) -> str:
    return "".join(_NAMED.get(char) or (char if char.isascii() else f"\\[u{ord(char):04X}]") for char in text)

"""The documents: their links, commands and settings work, and their pictures look like the screen."""

import re
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import click
import pytest
from rich.segment import Segment
from rich.style import Style

from benchmarks.__main__ import SMALL
from benchmarks.document import BEGIN, END, this_machine, with_figures
from dazos_tui.cli._support.exit_codes import ExitCode
from dazos_tui.cli.app import cli
from dazos_tui.config.load import load_config
from dazos_tui.resets.findings import OVERRIDABLE, RESEND_CODES
from docs.drawing import Frame, draw
from docs.make_screenshot import PICTURES
from docs.make_tour import STEPS, TOUR

ROOT = Path(__file__).parents[1]

ALL = [ROOT / "docs" / name for name in PICTURES] + [TOUR]
SVG = "{http://www.w3.org/2000/svg}"


README = ROOT / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_ROW = re.compile(r"^\|.*$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\[|\b[A-Z]{2,}\b")
"""A placeholder in a command: `NAME`, `[-i NAME]`."""
_PATH = re.compile(r"`((?:dazos_tui|tests|docs|benchmarks|themes)/[\w./-]*|[\w.-]+\.(?:toml|md))`")

AVOIDED = re.compile(r"\b(?:whomever|stand|(?<!there )is no)\b")
"""Words to avoid in documents, in addition to those of `tests/test_style.py`."""


def text_of(page):
    return page.read_text(encoding="utf-8")


def prose_of(page):
    """Return the text of a page without its code blocks."""
    return _BLOCK.sub("", text_of(page))


def code_blocks(page):
    """Return the code blocks of a page in their order, as pairs of language and text without its indent."""
    found = _BLOCK.findall(text_of(page))
    return [(kind, re.sub(f"^{indent}", "", body, flags=re.M)) for indent, kind, body in found]


def blocks_of(page, *languages):
    """Return the code blocks of a page in one of these languages, without their indent."""
    return [body for kind, body in code_blocks(page) if kind in languages]


def links_of(page):
    """Return the links of a page to files, as pairs of path and heading (which may be empty)."""
    links = (link.partition("#") for link in _LINK.findall(prose_of(page)) if "://" not in link)
    return [
        ((page.parent / unquote(path)).resolve() if path else page, heading) for path, _, heading in links
    ]


def headings_of(page):
    """Return the anchors of a page's headings, as code hosting sites make them."""
    titles = re.findall(r"^#+ (.*)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_readme_fits_in_150_lines():
    assert len(text_of(README).splitlines()) <= 150


@by_page
def test_every_link_to_elsewhere_is_an_address(page):
    for link in _LINK.findall(prose_of(page)):
        if ":" in link:
            assert re.fullmatch(r"https://[a-z\d.-]+\.[a-z]+(/[\w./~#?=&%-]*)?", link), link


@by_page
def test_every_link_of_a_page_leads_somewhere(page):
    for target, heading in links_of(page):
        assert target.exists(), target
        assert not heading or heading in headings_of(target), f"{target}#{heading}"


def test_the_readme_leads_to_every_page():
    linked = {target for target, _ in links_of(README)}
    assert set(PAGES) - {README} <= linked


@by_page
def test_pages_are_in_plain_words(page):
    prose = prose_of(page)
    # The tables of that page are texts of the app.
    prose = _ROW.sub("", prose) if page.name == "keys.md" else prose
    assert AVOIDED.findall(" ".join(prose.lower().split())) == []


def commands_in(texts):
    """Return the arguments of the lines that run dazos-tui, without where its output goes."""
    split = (shlex.split(line, comments=True) for line in texts if line.startswith("dazos-tui"))
    commands = (words[1:] for words in split if words[0] == "dazos-tui")
    return [words[: words.index(">")] if ">" in words else words for words in commands]


def parse(arguments):
    """Parse the arguments as dazos-tui does. Raises click.UsageError."""
    group: click.Group = cli
    with suppress(click.exceptions.Exit):  # --version and --help do nothing else
        context = group.make_context("dazos-tui", list(arguments))
        while rest := [*context._protected_args, *context.args]:
            name, command, rest = group.resolve_command(context, rest)
            assert command is not None
            context = command.make_context(name, rest, context)
            if not isinstance(command, click.Group):
                return
            group = command


@by_page
def test_every_dazos_tui_command_of_a_page_can_be_run(page):
    for arguments in commands_in(line for block in blocks_of(page, "sh") for line in block.splitlines()):
        parse(arguments)


@by_page
def test_every_dazos_tui_command_named_in_a_sentence_is_one(page):
    named = re.findall(r"`([^`]+)`", prose_of(page))
    for arguments in commands_in(line for line in named if not _PLACEHOLDER.search(line)):
        # A sentence may name a command without its required arguments.
        with suppress(click.MissingParameter):
            parse(arguments)


@by_page
def test_every_config_of_a_page_is_one(page, tmp_path):
    blocks = blocks_of(page, "toml")
    # One that begins with its path is included by the others.
    included = [block for block in blocks if block.startswith("# ~/")]
    (tmp_path / "included.toml").write_text("\n".join(included))
    for block in blocks:
        if block not in included:
            own = re.sub(r"(?m)^include = .*$", 'include = ["included.toml"]', block)
            (tmp_path / "config.toml").write_text(own)
            load_config(tmp_path / "config.toml")


def test_the_test_command_is_where_ci_looks_for_it():
    looks = re.findall(r"<!-- test-command -->\n```sh\n(.*)\n```", text_of(README))
    assert len(looks) == 1
    assert looks[0].endswith("pytest -n auto --dist worksteal")


def rows_of(page, heading):
    """Return the cells of the tables under a heading of a page."""
    _, _, rest = text_of(ROOT / "docs" / page).partition(f"## {heading}\n")
    lines = rest.partition("\n## ")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")][
        2:
    ]


def test_the_page_of_the_command_line_has_every_exit_code():
    assert [int(code) for code, _ in rows_of("command-line.md", "Exit codes")] == sorted(ExitCode)


def test_the_page_of_sending_has_every_warning_that_an_option_overrides():
    rows = rows_of("sending.md", "The warnings")
    documented = [
        pair
        for codes, _, options in rows
        for pair in zip(re.findall(r"`(\w+)`", codes), re.findall(r"`(--[^`]+)`", options), strict=False)
    ]
    assert dict(documented) == {
        code: "--again" if code in RESEND_CODES else f"--allow {code}" for code in OVERRIDABLE
    }


@by_page
def test_every_path_that_a_page_names_exists(page):
    missing = [path for path in _PATH.findall(prose_of(page)) if not (ROOT / path).exists()]
    assert missing == []


def test_figures_are_written_only_between_the_marks():
    text = f"# Title\n{BEGIN}\nold\n{END}\nThe rest.\n"
    tables = ["load: 5 people\n  a  b\n", "start\n"]
    made = with_figures(text, "A machine.", tables)
    figures = "A machine.\n\n```\nload: 5 people\n  a  b\n```\n\n```\nstart\n```"
    assert made == f"# Title\n{BEGIN}\n{figures}\n{END}\nThe rest.\n"
    assert with_figures(made, "A machine.", tables) == made


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"])
def test_a_document_without_both_marks_is_refused(text):
    with pytest.raises(ValueError, match="once, in this order"):
        with_figures(text, "A machine.", ["start\n"])


def test_a_benchmark_that_printed_nothing_is_an_error():
    with pytest.raises(ValueError, match="printed nothing"):
        with_figures(f"{BEGIN}{END}", "A machine.", ["start\n", ""])


def test_the_page_of_performance_has_the_figures_of_every_benchmark_and_names_the_machine():
    figures = text_of(ROOT / "docs" / "performance.md").partition(BEGIN)[2].partition(END)[0]
    assert re.findall(r"^```\n(\w+)", figures, re.MULTILINE) == list(SMALL)
    about = " ".join(figures.partition("```")[0].split())
    machine = r"Measured with \d+ processors.* of memory, .*Python \d.*, httpx \d.*\."
    assert re.fullmatch(machine, this_machine())
    run = (
        r"Load: \d+\.\d at the beginning, \d+\.\d at the end\. Command: `python -m benchmarks .*--write .*`\."
    )
    assert re.fullmatch(f"{machine} {run}", about)


@pytest.mark.parametrize("picture", ALL, ids=lambda path: path.name)
def test_a_picture_loads_nothing_and_runs_nothing(picture):
    text = picture.read_text(encoding="utf-8")
    used = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(text).iter()}  # noqa: S314
    assert used <= {"svg", "title", "style", "g", "rect", "path", "text"}
    assert "url(" not in text
    assert "@import" not in text
    assert re.findall(r"\w+://[^\"' ]*", text) == ["http://www.w3.org/2000/svg"]


@pytest.mark.parametrize("picture", ALL, ids=lambda path: path.name)
def test_a_page_shows_it_and_says_in_words_what_it_shows(picture):
    pages = "".join(map(text_of, PAGES))
    [alternative] = re.findall(rf"!\[([^]]*)\]\((?:docs/)?{re.escape(picture.name)}\)", pages)
    assert len(alternative) > 40


def test_the_tour_is_small_and_shows_each_step():
    text = TOUR.read_text(encoding="utf-8")
    assert len(text.encode()) < 400_000
    assert all(f">{step.caption}</text>" in text for step in STEPS)


def test_with_reduced_motion_the_tour_shows_only_the_success():
    [style] = re.findall(r"<style>(.*)</style>", TOUR.read_text(encoding="utf-8"))
    still, moving = style.split("@media (prefers-reduced-motion:no-preference){")
    assert still == ".step{opacity:0}.still{opacity:1}"
    assert "animation" in moving
    [shown] = re.findall(r'<g class="step still".*?\n</g>\n</g>', TOUR.read_text(encoding="utf-8"), re.DOTALL)
    assert "Reset Password Instruction has been sent successfully!" in shown


def drawn(*lines):
    """Return the elements drawn for lines of (text, style)."""
    strips = [[[Segment(text, Style.parse(style)) for text, style in line]] for line in lines]
    return draw(Frame.of(strips)).split("\n")


def test_lines_and_blocks_are_shapes_that_join():
    made = drawn(
        [("╭───╮", "#ffffff on #000000")],
        [("│▌▃▐│", "#ffffff on #000000")],
    )
    assert made == [
        '<rect width="60" height="48" fill="#000000"/>',
        '<path fill="none" stroke="#ffffff" stroke-width="1.5"'
        ' d="M12 12h-2q-4 0-4 4v8M12 12h36M48 12h2q4 0 4 4v8M6 24v24M54 24v24"/>',
        '<path shape-rendering="crispEdges" fill="#ffffff"'
        ' d="M12 24h6v24h-6zM24 39h12v9h-12zM42 24h6v24h-6z"/>',
    ]


def test_words_keep_their_columns_whatever_the_font():
    made = drawn([("a  b c 日本 <&>", "#ffffff on #000000")])
    assert made[1:] == [
        '<g fill="#ffffff">',
        '<text x="0" y="18">a</text>',
        '<text x="36" y="18" textLength="144">b c 日本 &lt;&amp;&gt;</text>',
        "</g>",
    ]


def test_colours_and_text_styles_are_those_of_the_terminal():
    made = drawn(
        [
            ("plain", "#ffffff on #000000"),
            ("back", "reverse #112233 on #445566"),
            ("dim", "dim #ffffff on #000000"),
            ("bold", "bold underline #ffffff on #000000"),
        ]
    )
    text = "\n".join(made)
    assert '<path shape-rendering="crispEdges" fill="#112233" d="M60 0h48v24h-48z"/>' in text
    assert '<g fill="#445566">\n<text x="60" y="18" textLength="48">back' in text
    assert '<g fill="#999999">\n<text x="108"' in text
    assert '<g fill="#ffffff" font-weight="700" text-decoration="underline">\n<text x="144"' in text


@pytest.fixture
def keys(tmp_path):
    """Return docs/keys.md, made in a folder that has only the documents, and the function that makes it."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__"))

    def make(*arguments):
        command = [sys.executable, "-m", "docs.make_keys", *arguments]
        return subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)

    assert make().returncode == 0
    return tmp_path / "docs" / "keys.md", make


def test_a_check_of_an_up_to_date_file_says_nothing(keys):
    _, make = keys
    done = make("--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "change", [lambda path: path.write_text("old"), Path.unlink], ids=["stale", "missing"]
)
def test_a_check_names_a_file_that_differs_and_does_not_change_it(keys, change):
    path, make = keys
    made = path.read_text(encoding="utf-8")
    change(path)
    done = make("--check")
    assert done.returncode == 1
    assert str(path) in done.stderr
    assert not path.exists() or path.read_text(encoding="utf-8") == "old"
    assert make().returncode == 0
    assert path.read_text(encoding="utf-8") == made

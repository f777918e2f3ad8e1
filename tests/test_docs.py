"""The documents' pictures: what a browser gets, how a screen becomes one, and that a stale one is told."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.segment import Segment
from rich.style import Style

from docs.drawing import Frame, draw
from docs.make_screenshot import PICTURES
from docs.make_tour import STEPS, TOUR

ROOT = Path(__file__).parents[1]

ALL = [ROOT / "docs" / name for name in PICTURES] + [TOUR]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("picture", ALL, ids=lambda path: path.name)
def test_a_picture_loads_nothing_and_runs_nothing(picture):
    text = picture.read_text(encoding="utf-8")
    used = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(text).iter()}  # noqa: S314
    assert used <= {"svg", "title", "style", "g", "rect", "path", "text"}
    assert "url(" not in text
    assert "@import" not in text
    assert re.findall(r"\w+://[^\"' ]*", text) == ["http://www.w3.org/2000/svg"]


@pytest.mark.parametrize("picture", ALL, ids=lambda path: path.name)
def test_the_readme_shows_it_and_says_in_words_what_it_shows(picture):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [alternative] = re.findall(rf"!\[([^]]*)\]\(docs/{re.escape(picture.name)}\)", readme)
    assert len(alternative) > 40


def test_the_tour_is_small_and_shows_each_step():
    text = TOUR.read_text(encoding="utf-8")
    assert len(text.encode()) < 400_000
    assert all(f">{step.caption}</text>" in text for step in STEPS)


def test_where_nothing_shall_move_the_tour_shows_the_success_alone():
    [style] = re.findall(r"<style>(.*)</style>", TOUR.read_text(encoding="utf-8"))
    still, moving = style.split("@media (prefers-reduced-motion:no-preference){")
    assert still == ".step{opacity:0}.still{opacity:1}"
    assert "animation" in moving
    [shown] = re.findall(r'<g class="step still".*?\n</g>\n</g>', TOUR.read_text(encoding="utf-8"), re.DOTALL)
    assert "Reset Password Instruction has been sent successfully!" in shown


def drawn(*lines):
    """Return what is drawn of lines of (text, style)."""
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


def test_colours_and_looks_are_those_of_the_terminal():
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
    """Return the table of keys, just made in a folder with the documents alone, and what makes it there."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "README.md", tmp_path)

    def make(*arguments):
        command = [sys.executable, "-m", "docs.make_keys", *arguments]
        return subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)

    assert make().returncode == 0
    return tmp_path / "docs" / "keys.md", make


def test_a_check_of_what_is_as_it_would_be_made_says_nothing(keys):
    _, make = keys
    done = make("--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "change", [lambda path: path.write_text("old"), Path.unlink], ids=["stale", "missing"]
)
def test_a_check_names_a_file_that_differs_and_leaves_it(keys, change):
    path, make = keys
    made = path.read_text(encoding="utf-8")
    change(path)
    done = make("--check")
    assert done.returncode == 1
    assert str(path) in done.stderr
    assert not path.exists() or path.read_text(encoding="utf-8") == "old"
    assert make().returncode == 0
    assert path.read_text(encoding="utf-8") == made

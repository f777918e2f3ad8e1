"""The project's style: plain words, one meaning a name, small functions, packages under contract."""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = sorted(
    path
    for folder in ("dazos_tui", "tests", "benchmarks", "docs", "tools")
    for path in (ROOT / folder).rglob("*.py")
)
SCRIPTS = [
    ROOT / ".ci/run",
    *(path for path in (ROOT / "tools").iterdir() if path.is_file() and not path.suffix),
]
SETTINGS = [ROOT / "config.example.toml", ROOT / "pyproject.toml"]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "tests/mutants.md"])

AVOIDED = (
    "whoever",
    "lest",
    "anew",
    "by now",
    "is told",
    "are told",
    "stands",
    "and so it is",
    "all the same",
    "alone",
    "there is none",
    "none that",
    "no more(?! than)",
    "take it that",
    "to be let in",
    "let in again",
    "for this time only",
    "heart",
    "astray",
    "barren",
    "thrifty",
    "nought",
    "yonder",
)
"""Words that a colleague would not say (CONTRIBUTING.md, Style). Patterns, without case."""

ALLOWED = {"test_style.py"}
"""Files that name the words themselves."""


_AVOIDED_WORD = re.compile(rf"\b(?:{'|'.join(AVOIDED)})\b", re.IGNORECASE)


def has_avoided_word(line: str) -> bool:
    """Return whether a line has such a word, also inside of a name."""
    return _AVOIDED_WORD.search(line.replace("_", " ")) is not None


def test_plain_words():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in (*CODE, *SCRIPTS, *SETTINGS, *DOCUMENTS)
        if path.name not in ALLOWED
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if has_avoided_word(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("line", "is_avoided"),
    [
        ("It is counted anew.", True),
        ("def is_counted_anew():", True),
        ("_alone = LEFT_ALL_THE_SAME", True),
        ("no_more_than(standstill, harvest)", False),
    ],
)
def test_words_are_found_in_names_too(line, is_avoided):
    assert has_avoided_word(line) is is_avoided


@cache
def definitions(path: Path) -> Sequence[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]


def test_a_class_name_means_one_thing():
    places = defaultdict(list)
    for path in (ROOT / "dazos_tui").rglob("*.py"):
        for node in definitions(path):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_every_package_is_under_an_import_contract():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    [rooms] = [one for one in contracts if one.get("containers") == ["dazos_tui"]]
    assert rooms["exhaustive"]
    named = {name for layer in rooms["layers"] for name in re.findall(r"\w+", layer)}
    present = {path.name.removesuffix(".py") for path in (ROOT / "dazos_tui").iterdir() if _is_module(path)}
    assert named == present


def _is_module(path: Path) -> bool:
    return (path.suffix == ".py" and path.name != "__init__.py") or (path / "__init__.py").exists()


def test_no_module_is_loose_at_the_root():
    assert {path.name for path in (ROOT / "dazos_tui").glob("*.py")} == {"__init__.py", "__main__.py"}


def test_functions_and_files_are_small():
    lengths = sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in CODE
        for node in definitions(path)
        if not isinstance(node, ast.ClassDef)
    )
    assert lengths[int(len(lengths) * 0.95)] <= 33
    assert {path.name: count for path in CODE if (count := len(path.read_text().splitlines())) > 750} == {}


def test_inheritance_is_shallow():
    """At most three of our own classes stand above one another, errors aside."""
    bases: dict[str, list[str]] = {}
    for path in (ROOT / "dazos_tui").rglob("*.py"):
        for node in definitions(path):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = [
                    re.sub(r"\[.*", "", ast.unparse(base)).rsplit(".", 1)[-1] for base in node.bases
                ]

    def depth(name: str) -> int:
        return 1 + max((depth(base) for base in bases[name] if base in bases and base != name), default=0)

    deep = {name: depth(name) for name in bases if not name.endswith("Error") and depth(name) > 3}
    assert deep == {}


def test_every_type_in_the_stylesheet_is_a_class():
    sheet = (ROOT / "dazos_tui/tui/styles/app.tcss").read_text(encoding="utf-8")
    selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", sheet, flags=re.DOTALL)
    named = set(re.findall(r"(?<![\w.#:-])[A-Z]\w+", selectors))
    ours = {
        node.name
        for path in (ROOT / "dazos_tui/tui").rglob("*.py")
        for node in definitions(path)
        if isinstance(node, ast.ClassDef)
    }
    known = ours | {
        "Button",
        "Input",
        "Middle",
        "ModalScreen",
        "OptionList",
        "Screen",
        "Static",
        "Toast",
        "ToastRack",
    }
    assert named - known - {"VerticalScroll"} == set()

"""Draws the picture in ARCHITECTURE.md from the imports in the code: which package imports which.

python -m docs.make_architecture [--check]
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from docs.written import ROOT, only_checks, write_or_check

PACKAGE = "dazos_tui"
PICTURE = "docs/architecture.svg"

_WIDTH, _ROW, _BOX_HEIGHT, _MARGIN = 960, 88, 40, 24
_STYLE = (
    "text{font:14px ui-sans-serif,system-ui,sans-serif;fill:#1f2430;text-anchor:middle}"
    "rect{fill:#eef2f7;stroke:#5b6b82}path{stroke:#8896aa;fill:none}.tip{fill:#8896aa;stroke:none}"
)


def layers() -> list[list[str]]:
    """Return the packages of each layer, from the top, as the import contract names them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    [contract] = [one for one in contracts if one.get("containers") == [PACKAGE]]
    return [line.replace("|", " ").replace(":", " ").split() for line in contract["layers"]]


def imports() -> set[tuple[str, str]]:
    """Return pairs of importing and imported package, without imports inside a package."""
    pairs = (pair for path in (ROOT / PACKAGE).rglob("*.py") for pair in _imports_of(path))
    return {(importer, imported) for importer, imported in pairs if importer != imported}


def _imports_of(path: Path) -> Iterator[tuple[str, str]]:
    importer = path.relative_to(ROOT / PACKAGE).with_suffix("").parts[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
            yield importer, str(node.module).split(".")[1]


def direct(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the imports without those that a chain of others implies, for a picture with fewer lines."""
    return {
        (a, c)
        for a, c in pairs
        if not any((a, b) in pairs and _reaches(b, c, pairs) for _, b in pairs if b != c)
    }


def _reaches(start: str, end: str, pairs: set[tuple[str, str]]) -> bool:
    return (start, end) in pairs or any(_reaches(b, end, pairs) for a, b in pairs if a == start)


def picture() -> str:
    """Return the picture as SVG."""
    rows = layers()
    places = {
        name: (_WIDTH * (index + 1) / (len(row) + 1), _MARGIN + _BOX_HEIGHT / 2 + number * _ROW)
        for number, row in enumerate(rows)
        for index, name in enumerate(row)
    }
    pairs = {(a, b) for a, b in imports() if a in places and b in places}
    lines = [_arrow(*places[a], *places[b]) for a, b in sorted(direct(pairs))]
    boxes = [_box(name, *place) for name, place in places.items()]
    height = 2 * _MARGIN + _BOX_HEIGHT + (len(rows) - 1) * _ROW
    title = "The packages of dazos-tui in layers; an arrow points to the package that is imported"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style>",
            f'<rect x="0" y="0" width="{_WIDTH}" height="{height}" style="fill:#fff;stroke:none"/>',
            *lines,
            *boxes,
            "</svg>\n",
        ]
    )


def _box(name: str, x: float, y: float) -> str:
    width = 40 + 8 * len(name)
    left, top = x - width / 2, y - _BOX_HEIGHT / 2
    return (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{width}" height="{_BOX_HEIGHT}" rx="6"/>'
        f'<text x="{x:.0f}" y="{y + 5:.0f}">{escape(name)}</text>'
    )


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    """Return an arrow down from one box to another, or across within a layer."""
    start, end = y + _BOX_HEIGHT / 2, to_y - _BOX_HEIGHT / 2 - 6
    bend = (end - start) / 2
    handles = f"{x:.0f} {start + bend:.0f} {to_x:.0f} {end - bend:.0f}"
    curve = f"M{x:.0f} {start:.0f}C{handles} {to_x:.0f} {end:.0f}"
    tip = f"M{to_x - 4:.0f} {end:.0f}h8l-4 6z"
    return f'<path d="{curve}"/><path class="tip" d="{tip}"/>'


if __name__ == "__main__":
    sys.exit(write_or_check({ROOT / PICTURE: picture()}, only_check=only_checks(__doc__)))

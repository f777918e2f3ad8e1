"""Builds the documents as a site, in the folder site: HTML that loads nothing from elsewhere.

python -m docs.make_site [FOLDER]

The README is the first page, and its tables are the order of the others. A link that leads nowhere is an
error. Needs the extra `docs`.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from docs.written import ROOT

SITE = ROOT / "site"

_LISTED = re.compile(r"^\| \[([^]]+)\]\(([\w/-]+\.md)\) \|", re.MULTILINE)
_GROUP = re.compile(r"^\| (to \w+ it[\w ]*) \| \|$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)

_FILES = {
    "config.example.toml": ["config.example.toml"],
    "themes": [f"themes/{path.name}" for path in sorted((ROOT / "themes").glob("*.toml"))],
}
"""What pages link to and that is not a page itself: the files that a page shows in its place."""


def sources() -> dict[str, str]:
    """Return the pages of the site by name: Markdown, with links from one to the other."""
    pages = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
    pages |= {path.name: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("*.md"))}
    pages["index.md"] = pages.pop("README.md")
    made = {name: _for_site(text) for name, text in pages.items()}
    for target, files in _FILES.items():
        blocks = (f"## {name}\n\n```toml\n{(ROOT / name).read_text(encoding='utf-8')}```\n" for name in files)
        made[f"{target}-file.md"] = "\n".join([f"# {target}\n", *blocks])
    return made


def _for_site(text: str) -> str:
    """Return a page with links for the site, where all pages are in one folder."""
    text = re.sub(r"\]\((?:\.\./|docs/)*", "](", text)
    text = text.replace("](README.md", "](index.md")
    for target in _FILES:
        text = text.replace(f"]({target})", f"]({target}-file.md)")
    parts = re.split(f"({_FENCE.pattern})", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else _with_lists(part) for part in parts)


def _with_lists(text: str) -> str:
    """Return Markdown with lists as Python-Markdown wants them: indented by four, each item after a gap."""
    text = re.sub(r"(?m)^ {3}(?=\S| )", "    ", text)
    return re.sub(r"(?m)(?<=[^\n]\n)(?=\d+\. )", "\n", text)


def navigation(readme: str) -> str:
    """Return the order of the pages, as YAML: the tables of the README."""
    lines = ["nav:", "  - dazos-tui: index.md"]
    tables = _GROUP.split(readme)[1:]
    for group, table in zip(tables[::2], tables[1::2], strict=True):
        lines.append(f"  - {group[0].upper()}{group[1:]}:")
        lines += [f"    - {title!r}: {Path(path).name}" for title, path in _LISTED.findall(table)]
    lines.append("  - Files:")
    lines += [f"    - {target!r}: {target}-file.md" for target in _FILES]
    return "\n".join(lines) + "\n"


def build(folder: Path) -> None:
    """Build the site in a folder, which is replaced. Raises CalledProcessError if a link leads nowhere."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "docs").mkdir()
        for page, text in sources().items():
            (place / "docs" / page).write_text(text, encoding="utf-8")
        for picture in (ROOT / "docs").glob("*.svg"):
            shutil.copy(picture, place / "docs")
        settings = (ROOT / "docs" / "mkdocs.yml").read_text(encoding="utf-8")
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        (place / "mkdocs.yml").write_text(settings + navigation(readme), encoding="utf-8")
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
        subprocess.run(command, cwd=place, check=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})


def main() -> int:
    """Build it; return the exit code."""
    folder = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else SITE
    try:
        build(folder)
    except subprocess.CalledProcessError as error:
        return error.returncode
    sys.stdout.write(f"{folder / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

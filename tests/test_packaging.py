"""What is declared to packagers: one version, and a lock file that fits the dependencies."""

import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement

from dazos_tui import __version__

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements-dev.txt"
_PINNED = re.compile(r"^([\w.-]+)(?:\[\w+\])?==([\w.]+)(?: ; ([^\\]+?))? \\$", re.MULTILINE)


def declared() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def test_the_version_is_written_in_one_place():
    assert "version" not in declared()
    assert declared()["dynamic"] == ["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_the_lock_file_has_every_dependency_in_an_allowed_version():
    text = LOCK.read_text(encoding="utf-8")
    pinned = {name: version for name, version, marker in _PINNED.findall(text) if is_for_us(marker)}
    project = declared()
    everything = chain(project["dependencies"], *project["optional-dependencies"].values())
    for requirement in map(Requirement, everything):
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert name in pinned, name
        assert pinned[name] in requirement.specifier, f"{name} {pinned[name]}"


def is_for_us(marker: str) -> bool:
    return not marker or Marker(marker).evaluate()


def test_the_lock_file_has_hashes_and_names_no_host():
    text = LOCK.read_text(encoding="utf-8")
    assert text.count("--hash=sha256:") > len(_PINNED.findall(text)) > 50
    assert "://" not in text

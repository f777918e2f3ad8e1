"""Values that completion looks up: instances in the config, people in the last list that is kept of them.

Nothing here signs in or opens a connection. The files may be wrong in any way, and hold any text: what a
terminal would obey, or a command take for an option, is not offered.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dazos_tui.cli._support.complete import Candidate, Given
from dazos_tui.config.unchecked import instance_tables, read_unchecked, server_of
from dazos_tui.system.paths import UnknownHomeError, default_config_path, default_state_dir

if TYPE_CHECKING:
    from dazos_tui.directory.remembered import RememberedPeople, RememberedPerson


def look_up(kind: str, given: Given, begin: str) -> list[Candidate]:
    """Return the candidates of a kind that begin with a text. It is a `LookUp`."""
    found: Iterable[Candidate]
    try:
        match kind:
            case "instances":
                found = _instances(given, begin)
            case "people":
                found = _people(given, begin)
            case _:
                return []
        return [Candidate(one.word, _shown(one.help)) for one in found if _can_be_typed(one.word)]
    except UnknownHomeError:
        return []


def _can_be_typed(word: str) -> bool:
    return word.isprintable() and not word.startswith("-")


def _shown(text: str) -> str:
    return text if text.isprintable() else ""


def _instances(given: Given, begin: str) -> Iterator[Candidate]:
    for name, table in instance_tables(read_unchecked(_config_path(given))).items():
        if name.startswith(begin):
            environment = table.get("environment")
            yield Candidate(name, environment if isinstance(environment, str) else "")


def _people(given: Given, begin: str) -> list[Candidate]:
    found = _remembered(given)
    if found is None:
        return []
    # Two people may have one address; it names neither of them.
    shared = {word for word, count in Counter(person.email for person in found).items() if count > 1}
    candidates = (_candidate(person, shared, begin) for person in found)
    return [one for one in candidates if one is not None]


def _candidate(person: "RememberedPerson", shared: set[str], begin: str) -> Candidate | None:
    """Return the e-mail of a person if that begins with a text, else their user name if that does."""
    words = [person.email] if person.email not in shared else []
    for word in (*words, person.user_name):
        if word and word.casefold().startswith(begin.casefold()):
            return Candidate(word, f"{person.name}, {person.status}")
    return None


def _remembered(given: Given) -> "RememberedPeople | None":
    """Return the list kept for the instance that is meant: the one named, else the only one."""
    from datetime import UTC, datetime

    from dazos_tui.directory.remembered import remembered_people

    config = read_unchecked(_config_path(given))
    tables = instance_tables(config)
    name = given.last("--instance") or (next(iter(tables)) if len(tables) == 1 else None)
    if name is None or name not in tables:
        return None
    people = remembered_people(_state_folder(given), name)
    if people is None or people.source.server != server_of(tables[name]):
        return None
    hours = config.get("keep_people_hours")
    return people if people.is_current(datetime.now(UTC), hours if isinstance(hours, int) else None) else None


def _config_path(given: Given) -> Path:
    return _path(given, "--config", "DAZOS_TUI_CONFIG") or default_config_path()


def _state_folder(given: Given) -> Path:
    return _path(given, "--state", "DAZOS_TUI_STATE") or default_state_dir()


def _path(given: Given, option: str, variable: str) -> Path | None:
    """Return the path from an option, as its shell will expand it, else from a variable."""
    typed = given.last(option)
    if typed is not None:
        return Path(os.path.expandvars(typed)).expanduser()
    value = os.environ.get(variable)
    return Path(value) if value else None

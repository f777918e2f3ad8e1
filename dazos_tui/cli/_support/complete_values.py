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
from dazos_tui.config.peek import InstancePeek, peek_instance, peek_instances, peek_names
from dazos_tui.system.paths import UnknownHomeError, default_config_path, default_state_dir

if TYPE_CHECKING:
    from dazos_tui.directory.remembered import RememberedPeople


def look_up(kind: str, given: Given, begin: str) -> list[Candidate]:
    """Return the candidates of a kind that begin with a text. It is a `LookUp`."""
    found: Iterable[Candidate]
    try:
        match kind:
            case "instances":
                found = _instances(given, begin)
            case "people":
                found = _people(given, begin)
            case "people everywhere":
                found = _people(given, begin, everywhere=True)
            case _:
                return []
        return [one for one in dict.fromkeys(found) if _can_be_typed(one.word)]
    except UnknownHomeError:
        return []


def _can_be_typed(word: str) -> bool:
    return word.isprintable() and not word.startswith("-")


def _instances(given: Given, begin: str) -> Iterator[Candidate]:
    for name, environment in peek_names(_config_path(given)).items():
        if name.startswith(begin):
            yield Candidate(name, environment if environment.isprintable() else "")


def _people(given: Given, begin: str, *, everywhere: bool = False) -> Iterator[Candidate]:
    """Yield the people of the instance that is named, else of the only one; or of all."""
    path, name = _config_path(given), given.last("--instance")
    one = peek_instance(path, name)
    for instance in peek_instances(path) if everywhere and name is None else filter(None, [one]):
        people = _remembered(_state_folder(given), instance)
        yield from _candidates(people, begin) if people is not None else ()


def _candidates(people: "RememberedPeople", begin: str) -> Iterator[Candidate]:
    """Yield each person by their e-mail if that begins with a text, else by their user name if that does."""
    known, begin = list(people.candidates_for(begin)), begin.casefold()
    counts = Counter([person.email for person in known])
    for person in known:
        email, user_name = person.email, person.user_name
        # An address of two people names neither of them.
        if email.casefold().startswith(begin) and email and counts[email] == 1:
            yield Candidate(email, f"{person.name}, {person.status}")
        elif user_name.casefold().startswith(begin) and user_name:
            yield Candidate(user_name, f"{person.name}, {person.status}")


def _remembered(state_folder: Path, instance: InstancePeek) -> "RememberedPeople | None":
    """Return the list kept for an instance, if it is of the CRM that the config names, and may be shown."""
    from datetime import UTC, datetime

    from dazos_tui.directory.remembered import ListSource, remembered_people

    people = remembered_people(state_folder, instance.name)
    source = ListSource(instance.name, instance.server, instance.operator)
    if people is None or people.source != source:
        return None
    return people if people.is_current(datetime.now(UTC), instance.keep_people_hours) else None


def _config_path(given: Given) -> Path:
    return _path(given, "--config", "DAZOS_TUI_CONFIG") or default_config_path()


def _state_folder(given: Given) -> Path:
    return _path(given, "--state", "DAZOS_TUI_STATE") or default_state_dir()


def _path(given: Given, option: str, variable: str) -> Path | None:
    """Return the path from an option, as its shell will expand it, else from a variable."""
    typed = given.last(option)
    if typed is not None:
        # Unlike `Path.expanduser`, this never raises.
        return Path(os.path.expanduser(os.path.expandvars(typed)))  # noqa: PTH111
    value = os.environ.get(variable)
    return Path(value) if value else None

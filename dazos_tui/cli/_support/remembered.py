"""What commands answer from remembered lists, without the network."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from dazos_tui.cli._support.options import Settings
from dazos_tui.cli._support.output import echo_note
from dazos_tui.config.models import Instance
from dazos_tui.crm.models import User
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.remembered_users import RememberedList
from dazos_tui.history.clock_skew import duration
from dazos_tui.history.times import utc_now
from dazos_tui.instances.find_user import FindAnswer
from dazos_tui.instances.many import InstanceAnswer
from dazos_tui.instances.remembered_list import (
    NothingRememberedError,
    forget_outdated_lists,
    keep_list,
    require_remembered,
)


def remembered_users(settings: Settings, instance: Instance) -> Sequence[User]:
    """Return the people of a remembered list, and say on stderr how old it is.

    Raises NothingRememberedError, ConfigError.
    """
    found = require_remembered(settings.state_dir, instance, settings.config().keep_people_hours)
    _note_age([found])
    return found.directory.users


def find_remembered(settings: Settings, instances: Iterable[Instance], query: str) -> list[FindAnswer]:
    """Return who matches in the remembered list of each instance, and say how old each is.

    Raises ConfigError.
    """
    config = settings.config()
    results, lists = list[FindAnswer](), []
    for instance in instances:
        try:
            found = require_remembered(settings.state_dir, instance, config.keep_people_hours)
        except NothingRememberedError as error:
            results.append(InstanceAnswer(instance, error=error))
            continue
        matches = found.directory.search(query)
        results.append(InstanceAnswer(instance, tuple(matches[: matches.exact_count])))
        lists.append(found)
    _note_age(lists)
    return results


def remember_users(settings: Settings, instance: Instance, users: Iterable[User], read_at: datetime) -> None:
    """Keep a complete list that was just read, as the config says. Raises ConfigError."""
    hours = settings.config().keep_people_hours
    keep_list(settings.state_dir, instance, hours, Directory.from_users(users), read_at)
    forget_outdated_lists(settings.state_dir, hours)


def _note_age(lists: Sequence[RememberedList]) -> None:
    for one in lists:
        read_at = one.read_at.astimezone()
        seconds = max(0, int((utc_now() - one.read_at).total_seconds()))
        ago = f"{duration(seconds)} ago" if seconds >= 60 else "just now"
        echo_note(f"{one.source.instance} as of {read_at:%Y-%m-%d %H:%M}, {ago}; the CRM was not asked.")

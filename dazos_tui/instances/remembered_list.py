"""The list of people that is kept for an instance: reading, keeping and removing it as the config says."""

from datetime import UTC, datetime
from pathlib import Path

from dazos_tui.config.models import Instance
from dazos_tui.crm.errors import CrmError
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.remembered import (
    ListSource,
    forget_outdated,
    forget_people,
    remember_people,
    remembered_people,
)
from dazos_tui.directory.remembered_users import RememberedList, to_remembered
from dazos_tui.system.event_log import log, log_error


class NothingRememberedError(CrmError):
    """No list is kept for an instance that could answer without the network."""


def list_source(instance: Instance) -> ListSource:
    """Return what a remembered list must be of, to be shown for this instance."""
    return ListSource(instance.name, instance.server, instance.operator)


def read_remembered(state_dir: Path, instance: Instance, keep_hours: int) -> RememberedList | None:
    """Return the list kept for an instance; None if no list may be shown.

    A list that is older than `keep_hours` is removed; with 0 any list is.
    """
    now = datetime.now(UTC)
    people = remembered_people(state_dir, instance.name, now=now) if keep_hours else None
    if people is not None and people.source != list_source(instance):
        # The instance was moved or is signed in to by somebody else: the next reading replaces the list.
        log("a remembered list is of another CRM or account")
        return None
    if people is not None and people.is_current(now, keep_hours):
        return RememberedList(people)
    forget_list(state_dir, instance.name)
    return None


def require_remembered(state_dir: Path, instance: Instance, keep_hours: int) -> RememberedList:
    """Return the list kept for an instance, as `read_remembered` does. Raises NothingRememberedError."""
    found = read_remembered(state_dir, instance, keep_hours)
    if found is not None:
        return found
    raise NothingRememberedError(
        f"No list of the people of {instance.name} is remembered.",
        advice="Lists are never kept: keep_people_hours is 0 in the config."
        if not keep_hours
        else "The app and “dazos-tui users” keep one once they have read all of it.",
    )


def keep_list(
    state_dir: Path, instance: Instance, keep_hours: int, directory: Directory, read_at: datetime
) -> None:
    """Keep a complete list that was read at `read_at` (UTC), or remove what was kept if `keep_hours` is 0."""
    if keep_hours:
        remember_people(state_dir, to_remembered(list_source(instance), read_at, keep_hours, directory))
    else:
        forget_list(state_dir, instance.name)


def forget_outdated_lists(state_dir: Path, keep_hours: int) -> None:
    """Remove the lists of all instances that are older than `keep_hours`; a failure is logged only."""
    try:
        forget_outdated(state_dir, keep_hours, datetime.now(UTC))
    except OSError as error:
        log_error("a remembered list could not be removed", error)


def forget_list(state_dir: Path, instance_name: str) -> None:
    """Remove what is kept for an instance; a failure is logged only."""
    try:
        forget_people(state_dir, instance_name)
    except OSError as error:
        log_error("a remembered list could not be removed", error)

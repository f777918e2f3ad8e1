"""Lists that an earlier reading has left in the state folder."""

from datetime import timedelta
from pathlib import Path

from dazos_tui.config.models import Instance
from dazos_tui.crm.models import Status, User
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.directory.directory import Directory
from dazos_tui.history.times import utc_now
from dazos_tui.instances.remembered_list import keep_list
from dazos_tui.tui.formatting import format_time

AGE = timedelta(minutes=50)


def users_of(crm: DemoInstance) -> list[User]:
    """Return the people of a demo instance as an earlier reading of the list had them."""
    return [
        User(
            str(one.id), one.user_name, one.full_name, one.email1, one.roleid,
            Status.ACTIVE if one.active else Status.INACTIVE, one.is_admin,
        )
        for one in crm.people
    ]  # fmt: skip


def keep(state: Path, instance: Instance, users: list[User], *, age: timedelta = AGE) -> str:
    """Keep a list that was read before; return how its time is shown."""
    read_at = utc_now() - age
    keep_list(state, instance, 24, Directory.from_users(users), read_at)
    return format_time(read_at, utc_now())

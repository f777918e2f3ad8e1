"""An instance that plain mode has signed in to: what the steps of the conversation work on."""

from asyncio import to_thread
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from dazos_tui.cli._support.form_route import use_form_route
from dazos_tui.cli._support.signed_in import read_with_renewal, sign_in_again
from dazos_tui.cli.plain.console import Console
from dazos_tui.config.models import Config, Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import User
from dazos_tui.crm.reader import UserListReader
from dazos_tui.directory.directory import Directory
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.store import HistoryStore
from dazos_tui.history.times import format_local_time, utc_now
from dazos_tui.instances.remembered_list import forget_outdated_lists, keep_list, read_remembered
from dazos_tui.resets.service import ResetService
from dazos_tui.verification.service import BackInService

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PlainContext:
    """What a conversation works with. Without a `config_path`, nothing is written to a config."""

    console: Console
    config: Config
    store: HistoryStore
    state_dir: Path
    config_path: Path | None = None


class SwitchInstanceError(Exception):
    """The user chose another instance; `search` is what to look for there."""

    def __init__(self, search: str = "") -> None:
        super().__init__()
        self.search = search


@dataclass
class Visit:
    """A signed-in client, and what is known of its instance. The ticket is that of the next link."""

    context: PlainContext
    instance: Instance
    client: CrmClient
    ticket: str = ""
    people: Directory = field(default_factory=Directory)
    is_current: bool = False
    """Whether the people were read now: not remembered from an earlier time."""

    @property
    def console(self) -> Console:
        """Return the console."""
        return self.context.console

    @property
    def store(self) -> HistoryStore:
        """Return the history."""
        return self.context.store

    @property
    def place(self) -> str:
        """Return the instance with its environment in words."""
        return f"{self.instance.name}, {self.instance.environment.upper()}"

    @property
    def resets(self) -> ResetService:
        """Return the service that sends links."""
        renew = partial(sign_in_again, self.client, self.instance)
        return ResetService(self.instance, self.client, self.store, renew_session=renew)

    @cached_property
    def back_in(self) -> BackInService:
        """Return the service that looks for sign-ins, which learns how the instance writes times."""
        return BackInService(self.instance, self.client, self.store)

    async def read(self, label: str, read: Callable[[], Awaitable[T]]) -> T:
        """Return what `read` reads, after a new sign-in if the session has ended.

        Raises what `Console.during` and `read` raise.
        """
        return await self.console.during(label, read_with_renewal(self.client, self.instance, read))

    async def read_history(self, read: Callable[[], T]) -> T:
        """Return what `read` reads of the history, whose server may take its time.

        Raises HistoryError, and as `Console.during` does.
        """
        return await self.console.during("Reading the history", to_thread(read))

    async def say_notice(self) -> None:
        """Say what is to be known about the state of the history, if anything. Raises as `during` does."""
        # An error in this would hide what was said before.
        with suppress(HistoryError):
            if notice := await self.read_history(lambda: self.store.notice):
                self.console.say(notice.text)

    def use_form_route(self) -> None:
        """Use the CRM's forgot-password form in this instance from now on."""
        self.instance = use_form_route(self.context.config_path, self.instance)
        self.context.config.instances[self.instance.name] = self.instance

    def plan_ticket(self, ticket: str) -> None:
        """Use a ticket for the next link, an empty one for none, and say so."""
        self.ticket = ticket
        self.console.say(f"Ticket for the next link: {ticket or 'none'}.")

    async def load_people(self, *, again: bool = False) -> None:
        """Have the list of people: the remembered one, or `again` from the CRM. Says which.

        Raises CrmError, SecretError, StepCancelledError: then those that were read are there.
        """
        hours = self.context.config.keep_people_hours
        if not again and (kept := read_remembered(self.context.state_dir, self.instance, hours)) is not None:
            self.people = kept.directory
            at = format_local_time(kept.read_at)
            self.console.say(f"{len(self.people)} people, as of {at}. r reads the list again.")
            return
        self.is_current = False
        begun_at, users = utc_now(), dict[str, User]()
        reader = UserListReader(self.client)
        read = partial(reader.read_into, users, lambda _known, _total: None)
        try:
            await self.read(f"Reading the people of {self.instance.name}", read)
        except Exception:
            self.people = self.people.with_users(users.values())
            raise
        self.people = Directory.from_users(users.values())
        self.console.say(f"{len(self.people)} people.", *reader.gaps)
        if reader.gaps:
            self.console.say("The list is incomplete. r reads it again.")
            return
        self.is_current = True
        keep_list(self.context.state_dir, self.instance, hours, self.people, begun_at)
        forget_outdated_lists(self.context.state_dir, hours)

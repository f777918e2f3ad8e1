"""A user of one instance of the demo, who wants to know who is back in."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from dazos_tui.config.models import Instance
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.pages import history as history_page
from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.instances.factory import create_client
from dazos_tui.verification.service import BackInService, Verdict
from tests.reset_requests import request_to
from tests.support import demo_instance

EIGHT = 1_800_000_000.0
"""2027-01-15 08:00:00 UTC, by the CRM's clock: 3 o'clock in New York."""
JAMIE = "odd.garcia"


@dataclass
class Desk:
    """A user signed in to one instance, with a clock of their own."""

    service: BackInService
    store: HistoryStore
    crm: DemoInstance
    instance: Instance

    def reset(
        self, person_name: str = JAMIE, outcome: Outcome = Outcome.SENT, **changes: str
    ) -> HistoryEntry:
        person = self.crm.person(person_name)
        begun = self.store.record_request(request_to(person, self.instance, **changes))
        return self.store.record_outcome(begun.id, outcome, "")

    def signs_in(self, user_name: str = JAMIE) -> None:
        """Sign a person in, by the CRM's clock."""
        self.crm.accounts.record_sign_in(self.crm.person(user_name), "198.51.100.7", self.crm.clock())

    async def verdict(self, entry: HistoryEntry) -> tuple[Verdict, str]:
        [one] = await self.service.check([entry])
        return one.verdict, one.explanation

    def fails_to_sign_in(
        self, user_name: str, monkeypatch: pytest.MonkeyPatch, status: str = "Login failed"
    ) -> None:
        """Let a sign-in fail; the login history of this CRM lists it with a status of its own."""
        self.signs_in_with(user_name, monkeypatch, status=status)

    def signs_in_with(self, user_name: str, monkeypatch: pytest.MonkeyPatch, **cells: str) -> None:
        """Sign a person in, with other texts in these cells of the CRM's row."""
        person = self.crm.person(user_name)
        self.crm.accounts.record_sign_in(person, "203.0.113.9", self.crm.clock())
        written = history_page._row

        def row(record, shape):
            return written(record, shape) | (cells if record.ip == "203.0.113.9" else {})

        monkeypatch.setattr(history_page, "_row", row)

    def requested_user_names(self) -> list[str]:
        """The user names whose sign-ins were requested, in order; “” means everybody's."""
        history = [one.query for one in self.crm.requests if "LoginHistory" in one.query]
        return [query.partition("search_value=")[2] for query in history]


@asynccontextmanager
async def at_work(demo, state, name="harbor-prod", *, off=timedelta(0), person=None, **config):
    """Sign in; `off` is how far the clock here is ahead of the CRM's."""
    crm, instance = demo.instance(name), demo_instance(demo, name, **config)

    def clock():
        return datetime.fromtimestamp(crm.clock(), UTC) + off

    with HistoryStore(state / "history.db", clock=clock) as store:
        async with create_client(instance) as client:
            account = person or (instance.username, crm.password)
            await client.sign_in(account[0], SecretStr(account[1]))
            yield Desk(BackInService(instance, client, store), store, crm, instance)

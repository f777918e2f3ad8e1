"""Enabling a locked login: what the CRM gets, and what the history says."""

import time
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from dazos_tui.demo.faults import Fault
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import CrmAction, Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.instances.factory import create_client, sign_in
from dazos_tui.resets.service import STILL_LOCKED_ADVICE, ResetBlockedError, ResetService
from dazos_tui.system.keyboard_user import keyboard_user
from tests.support import demo_instance, raw_connection


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def harbor(demo):
    return demo.instance("harbor-prod")


@pytest.fixture
def locked(harbor):
    """Return a person whose login is locked."""
    person = harbor.person("odd.garcia")
    harbor.accounts.lock(person, time.time())
    return person


@asynccontextmanager
async def service(demo, state):
    instance = demo_instance(demo)
    password = SecretStr(demo.instance(instance.name).password)
    with HistoryStore(state / "history.db") as store:
        async with create_client(instance) as client:

            async def no_answers(_):
                return None

            async def renew():
                await sign_in(client, instance, password, no_answers)

            await renew()
            yield ResetService(instance, client, store, renew_session=renew), client, store


def still_locked(harbor, person):
    return harbor.accounts.is_locked(person, time.time())


async def test_the_login_is_enabled_once_and_its_row_differs_from_a_resets(demo, harbor, locked, tmp_path):
    async with service(demo, tmp_path) as (resets, client, store):
        profile = await client.fetch_profile(str(locked.id), include_row_menu=True)
        assert profile.is_locked
        result = await resets.enable_login(profile, ticket="HD-1")
        assert not (await client.fetch_profile(str(locked.id), include_row_menu=True)).is_locked
        [entry] = store.search()
    assert result.entry == entry
    assert (entry.action, entry.outcome) == (CrmAction.ENABLE_LOGIN, Outcome.SENT)
    assert (entry.message, entry.request.ticket) == ("Login has been enabled successfully!", "HD-1")
    assert entry.request.os_user == keyboard_user().os_user != ""
    assert [run.action for run in harbor.actions_run] == ["enable"]
    assert harbor.outbox == []


async def test_it_does_not_count_as_a_recently_sent_link(demo, harbor, locked, tmp_path):
    async with service(demo, tmp_path) as (resets, client, _):
        profile = await client.fetch_profile(str(locked.id), include_row_menu=True)
        request = (await resets.enable_login(profile)).entry.request
        assert (request.ticket, request.batch) == ("", "")
        prepared = await resets.prepare(str(locked.id))
    assert prepared.last_reset is None
    assert not prepared.overridable


async def test_nothing_is_recorded_if_the_crm_does_not_offer_it(demo, tmp_path, harbor):
    async with service(demo, tmp_path) as (resets, client, store):
        with pytest.raises(
            ResetBlockedError, match=r"^The CRM does not offer “Enable Login” for this person\.$"
        ):
            await resets.enable_login(await client.fetch_profile(str(harbor.person("odd.garcia").id)))
        assert store.search() == []


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(drop=True), Outcome.UNKNOWN),
        (Fault(drop=True, runs=True), Outcome.UNKNOWN),
        (Fault(body="<html>Oops", status=500), Outcome.UNKNOWN),
        (Fault(body='{"success":false,"error":{"message":"Not now"}}'), Outcome.REFUSED),
    ],
)
async def test_it_is_never_reported_as_done_without_the_crms_success(
    demo, harbor, locked, tmp_path, fault, outcome
):
    async with service(demo, tmp_path) as (resets, client, _):
        profile = await client.fetch_profile(str(locked.id), include_row_menu=True)
        harbor.faults.inject("action", fault)
        result = await resets.enable_login(profile)
    assert result.entry.outcome is outcome
    assert len(harbor.actions_run) == int(fault.runs)
    if outcome is Outcome.UNKNOWN:
        assert result.advice == STILL_LOCKED_ADVICE


async def test_an_ended_session_is_renewed_and_the_action_runs_once(demo, harbor, locked, tmp_path):
    async with service(demo, tmp_path) as (resets, client, _):
        profile = await client.fetch_profile(str(locked.id), include_row_menu=True)
        harbor.sessions.end_all()
        result = await resets.enable_login(profile)
    assert result.entry.outcome is Outcome.SENT
    assert len(harbor.actions_run) == 1
    assert not still_locked(harbor, locked)


async def test_nothing_is_done_if_it_cannot_be_recorded(demo, harbor, locked, tmp_path):
    async with service(demo, tmp_path) as (resets, client, store):
        profile = await client.fetch_profile(str(locked.id), include_row_menu=True)
        store.require_writable()
        raw_connection(store).execute("PRAGMA query_only = ON")
        with pytest.raises(HistoryError):
            await resets.enable_login(profile)
    assert still_locked(harbor, locked)
    assert harbor.actions_run == []

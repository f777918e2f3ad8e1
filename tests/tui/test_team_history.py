"""A history that a team shares, seen from the app; and a local one whose rows have their time."""

import asyncio
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from dazos_tui.config.history_table import HistoryTable
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.erasure import erase_accounts, find_accounts
from dazos_tui.history.models import Outcome
from dazos_tui.history.offline_queue import QueueingBackend
from dazos_tui.history.postgres import PostgresBackend
from dazos_tui.history.search_index import indexed_search
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.store import HistoryStore, utc_now
from tests.clusters import cluster
from tests.history.older_files import older_database
from tests.patience import patience
from tests.reset_requests import request
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk

__all__ = ["cluster"]


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def server(cluster):
    server = cluster.server(cluster.new_database())
    with HistoryStore(PostgresBackend(server)) as store:
        store.require_writable()
    return server


def link_to(instance, name="Elena García", user_id="5", **changes):
    return request(
        instance=instance.name, environment=instance.environment, host=instance.host, operator="kim.lead",
        user_id=user_id, user_name="odd.garcia", name=name, email="odd.garcia@harbor.example.com",
        server=instance.server, **changes,
    )  # fmt: skip


async def test_what_others_send_appears_by_itself_within_a_second(demo, server, tmp_path):
    instance = demo_instance(demo)
    team = HistoryStore(PostgresBackend(server))
    async with at_desk(config_of(instance), tmp_path, store=team) as desk:
        await desk.loaded()
        await desk.sees("No link requested in this instance yet.")
        with HistoryStore(PostgresBackend(server)) as colleague:
            began = time.monotonic()
            entry = await asyncio.to_thread(colleague.record_request, link_to(instance))
            await desk.until(lambda: "Elena García" in desk.history.lines[0], "the send of a colleague")
            assert time.monotonic() - began < patience(1)
            await asyncio.to_thread(colleague.record_outcome, entry.id, Outcome.SENT, "yes")
            await desk.until(lambda: "✓" in desk.history.lines[0], "its outcome")
    assert not (tmp_path / "history.db").exists()


async def test_the_app_deletes_a_cache_with_people_who_were_erased_elsewhere(demo, server, tmp_path):
    instance = demo_instance(demo)
    team = HistoryStore(PostgresBackend(server), cache_folder=tmp_path)
    with HistoryStore(PostgresBackend(server), clock=lambda: utc_now() - timedelta(hours=1)) as colleague:
        colleague.record_request(link_to(instance))
        with closing(indexed_search(team)) as search:
            search.catch_up()
        [cache] = tmp_path.glob("history-*.db-search")
        erase_accounts(colleague.backend, find_accounts(colleague.backend, "odd.garcia"), utc_now())
    async with at_desk(config_of(instance), tmp_path, store=team) as desk:
        await desk.loaded()
        await desk.until(lambda: not cache.exists(), "the cache is deleted")


async def test_a_send_is_stopped_by_a_colleagues_in_the_same_moment(demo, server, tmp_path):
    harbor, instance = demo.instance("harbor-prod"), demo_instance(demo)
    team = HistoryStore(PostgresBackend(server))
    async with at_desk(config_of(instance), tmp_path, store=team) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("Send a reset link?", "never from here")
        with HistoryStore(PostgresBackend(server)) as colleague:
            await asyncio.to_thread(
                colleague.record_request, link_to(instance, user_id=str(harbor.person("odd.garcia").id))
            )
        await desk.confirm()
        await desk.sees("kim.lead requested a link for this person just now")
    assert not harbor.outbox


async def test_rows_that_wait_for_the_server_are_mentioned(demo, cluster, tmp_path):
    instance = demo_instance(demo)
    gone = cluster.server("nowhere")
    away = replace(gone, address=replace(gone.address, host="127.0.0.1", port=1))
    queue = SqliteBackend(tmp_path / "history-queue.db")
    team = HistoryStore(QueueingBackend(PostgresBackend(away), queue))
    async with at_desk(config_of(instance), tmp_path, store=team) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("Send a reset link?", "never from here")
        await desk.confirm()
        await desk.sees("✓ Success")
        said = "1 row waits on this machine"
        await desk.until(lambda: any(said in toast for toast in desk.toasts), "a notice")
    assert [mail.user_name for mail in demo.instance("harbor-prod").outbox] == ["odd.garcia"]


async def test_without_the_server_people_are_looked_up_and_nothing_is_sent(demo, cluster, tmp_path):
    gone = cluster.server("nowhere")
    away = replace(gone, address=replace(gone.address, host="127.0.0.1", port=1))
    team = HistoryStore(PostgresBackend(away))
    async with at_desk(config_of(demo_instance(demo)), tmp_path, store=team) as desk:
        await desk.loaded()
        await desk.until(lambda: "cannot be reached" in "".join(desk.history.lines), "what is wrong")
        await desk.filter("garcia")
        await desk.open()
        await desk.sees("User Login & Role")
        await desk.press("s")
        await desk.sees("No link can be sent", "r try again")
    assert not demo.instance("harbor-prod").outbox


async def test_old_rows_lose_their_person_when_the_app_starts(demo, tmp_path):
    instance = demo_instance(demo)
    with HistoryStore(tmp_path / "history.db", clock=lambda: utc_now() - timedelta(days=40)) as store:
        store.record_outcome(store.record_request(link_to(instance)).id, Outcome.SENT, "yes")
    config = config_of(instance).model_copy(update={"history": HistoryTable(keep_days=30)})
    path = tmp_path / "history.db"
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        await desk.until(lambda: b"odd.garcia" not in path.read_bytes(), "the row is erased")
    with HistoryStore(path) as store:
        assert [entry.request.name for entry in store.search()] == ["(erased)"]


@pytest.mark.parametrize("role", ["owner", "sender"])
async def test_an_older_history_is_brought_up_to_date_at_the_start_of_its_owner(
    demo, cluster, tmp_path, role
):
    database = older_database(cluster, tmp_path)
    team = HistoryStore(PostgresBackend(cluster.server(database, f"{database}_{role}_person")))
    async with at_desk(config_of(demo_instance(demo)), tmp_path, store=team) as desk:
        if role == "owner":
            await desk.loaded()
            assert len(team.search()) == 4
        else:
            await desk.until(lambda: desk.app.failure is not None, "it starts")
            assert "this user may not bring it up to date" in str(desk.app.failure)

"""A team's database that stops answering: no key is held up, the app says what is wrong and goes on."""

import asyncio
import os
import signal
import time
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.history import postgres
from dazos_tui.history.models import Outcome
from dazos_tui.history.postgres import PostgresBackend, PostgresServer
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui import history_pane, history_reads
from tests.clusters import cluster
from tests.history.cutting_proxy import cutting
from tests.patience import patience
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk
from tests.tui.test_team_history import link_to

__all__ = ["cluster"]

KEY_SECONDS = 0.5
"""Until a key is drawn, on an idle machine; the server's own limits are seconds."""


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(postgres, "ANSWER_SECONDS", 3.0)
    monkeypatch.setattr(postgres, "CONNECT_SECONDS", 1)
    monkeypatch.setattr(postgres, "REST_SECONDS", 0.0)
    monkeypatch.setattr(history_reads, "SLOW_SECONDS", 0.2)
    monkeypatch.setattr(history_pane, "RETRY_SECONDS", 0.3)


class FarDatabase:
    """A team's database behind a line that can be silenced, with a link to Elena García in it."""

    def __init__(self, cluster, proxy, instance):
        self._cluster, self._proxy, self._database = cluster, proxy, cluster.new_database()
        with HistoryStore(PostgresBackend(cluster.server(self._database))) as store:
            self.entry = store.record_outcome(
                store.record_request(link_to(instance)).id, Outcome.SENT, "Sent"
            )
        with closing(cluster.admin("postgres")) as admin:
            admin.execute("ALTER ROLE administrator PASSWORD 'a-password'")
        here = cluster.server(self._database).address
        address = replace(here, host="127.0.0.1", port=proxy.port)
        self.server = PostgresServer(address, lambda: "a-password", sslmode="disable")

    def is_back_in(self):
        with HistoryStore(PostgresBackend(self._cluster.server(self._database))) as store:
            entry = store.get(self.entry.id)
        return entry is not None and entry.back_in is not None

    def store(self):
        return HistoryStore(PostgresBackend(self.server))

    @contextmanager
    def dropping_packets(self):
        self._proxy.hold()
        try:
            yield
        finally:
            self._proxy.hold(hold=False)

    @contextmanager
    def stopped(self):
        """Stop the processes of the server, as a machine does that hangs."""
        with closing(self._cluster.admin("postgres")) as admin:
            found = admin.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [self._database])
            pids = [self._cluster.pid, *(row[0] for row in found.fetchall())]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)


@pytest.fixture
def far(cluster, demo):
    with cutting(cluster.port) as proxy:
        yield FarDatabase(cluster, proxy, demo_instance(demo))


@asynccontextmanager
async def at_far_desk(far, tmp_path, *instances):
    async with at_desk(config_of(*instances), tmp_path, store=far.store()) as desk:
        yield desk


async def require_quick_keys(desk, text):
    """Type, and check that each letter is drawn at once."""
    await desk.press("escape", "escape")
    for number, letter in enumerate(text, 1):
        began = time.monotonic()
        desk.send(letter)
        await desk.until(lambda: f"{text[:number]}" in desk.value("#filter"), "a letter")  # noqa: B023
        await desk.pilot.pause()
        assert time.monotonic() - began < patience(KEY_SECONDS)


def title(desk):
    return next((line for line in desk.lines if "─ History" in line), "")


@pytest.mark.parametrize("how", ["dropping_packets", "stopped"])
async def test_keys_are_drawn_while_the_server_does_not_answer(far, demo, tmp_path, how):
    async with at_far_desk(far, tmp_path, demo_instance(demo)) as desk:
        await desk.loaded()
        await desk.history.shows("Elena García", "✓")
        with getattr(far, how)():
            desk.work.show_history()
            await require_quick_keys(desk, "garcia")
            await desk.until(lambda: "History, not up to date" in title(desk), "the title says nothing")
            await desk.history.shows("Elena García", "✓")
            await desk.press("enter")
            await desk.until(lambda: desk.work.panes.profile.profile is not None, "no profile came")
            await desk.sees("Reading the history …")
            await require_quick_keys(desk, "amber")
            await desk.until(
                lambda: any("The history cannot be read" in toast for toast in desk.toasts), "no notice"
            )
            await require_quick_keys(desk, "meadow")
        await desk.until(lambda: "not up to date" not in title(desk), "it does not come back")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=str)
async def test_a_card_that_could_not_be_read_is_read_when_the_server_is_back(far, demo, tmp_path, size):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, store=far.store(), size=size) as desk:
        await desk.loaded()
        await desk.until(lambda: desk.work.panes.history.rows, "the history")
        with far.dropping_packets():
            await desk.filter("garcia")
            await desk.sees("Reading the history …")
            await desk.sees("The history cannot be read now.")
        await desk.sees_no("The history cannot be read now.")


async def test_an_instance_that_is_opened_meanwhile_says_what_it_waits_for(far, demo, tmp_path):
    one, other = demo_instance(demo), demo_instance(demo, "harbor-sandbox")
    async with at_far_desk(far, tmp_path, one, other) as desk:
        await desk.sees("Which CRM instance?")
        await desk.until(lambda: "link" in desk.text, "the last use")
        with far.dropping_packets():
            await desk.pick("harbor-prod")
            await desk.loaded()
            await desk.sees("has not answered yet")
            await require_quick_keys(desk, "garcia")
            await desk.until(
                lambda: "tried again by itself" in " ".join(map(str.strip, desk.history.lines)), "why"
            )
            await desk.press("escape", "escape")
            await desk.sees("The history is not read yet.")
        await desk.history.shows("Elena García", "✓")
        await desk.sees("1 sent")


async def test_what_is_asked_of_a_silent_server_is_answered_when_it_is_back(far, demo, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "ANSWER_SECONDS", patience(30))
    async with at_far_desk(far, tmp_path, demo_instance(demo)) as desk:
        await desk.loaded()
        await desk.history.shows("Elena García", "✓")
        with far.dropping_packets():
            await desk.press("f7")
            await desk.until(
                lambda: any("has not answered yet" in toast for toast in desk.toasts), "a notice"
            )
            await require_quick_keys(desk, "garcia")
        # No dialog opens under the user's hands.
        await desk.until(lambda: any("Ask again" in toast for toast in desk.toasts), "the answer")
        await desk.press("f7")
        await desk.sees("Waiting · 1 not back in yet")


async def test_an_answer_about_somebody_else_is_dropped(far, demo, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "ANSWER_SECONDS", patience(30))
    people = demo.instance("harbor-prod").people
    other = next(one for one in people if one.user_name != "odd.garcia" and one.status == "Active")
    async with at_far_desk(far, tmp_path, demo_instance(demo)) as desk:
        await desk.loaded()
        await desk.history.shows("Elena García", "✓")
        with far.dropping_packets():
            await desk.filter("odd.garcia")
            await desk.sees("Reading the history …")
            await desk.filter(other.user_name)
            await desk.until(lambda: desk.work.panes.profile.user.user_name == other.user_name, "the card")
            assert "Reading the history …" in desk.text
        await desk.sees("No link sent from this tool yet.")


async def test_what_the_user_recorded_is_kept_though_the_app_was_locked_meanwhile(
    far, demo, tmp_path, monkeypatch
):
    monkeypatch.setattr(postgres, "ANSWER_SECONDS", patience(30))
    async with at_far_desk(far, tmp_path, demo_instance(demo)) as desk:
        await desk.loaded()
        await desk.history.shows("Elena García", "✓")
        await desk.press("f3", "enter", "c")
        await desk.sees("Has this person said")
        with far.dropping_packets():
            # The only thread of the history waits for this answer.
            desk.work.show_history()
            await desk.confirm()
            await desk.app.idle_lock.lock()
            await desk.sees("Signed out")
        await desk.until(far.is_back_in, "that the person is back in is lost")


@pytest.mark.parametrize("what", ["lock", "quit"])
async def test_locking_and_quitting_do_not_wait_for_it(far, demo, tmp_path, monkeypatch, what):
    monkeypatch.setattr(postgres, "ANSWER_SECONDS", 3600.0)
    monkeypatch.setattr(postgres, "CLOSE_SECONDS", 0.2)
    async with at_far_desk(far, tmp_path, demo_instance(demo)) as desk:
        await desk.loaded()
        with far.dropping_packets():
            desk.work.show_history()
            await desk.until(lambda: "not up to date" in title(desk), "the title says nothing")
            began = time.monotonic()
            if what == "lock":
                await desk.app.idle_lock.lock()
                await desk.sees("Signed out")
            else:
                await desk.press("f10")
                await asyncio.to_thread(_wait_for_end, desk)
            assert time.monotonic() - began < patience(5)
            assert desk.app.is_running is (what == "lock")


def _wait_for_end(desk):
    deadline = time.monotonic() + patience(5)
    while desk.app.is_running and time.monotonic() < deadline:
        time.sleep(0.02)

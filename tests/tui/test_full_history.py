"""The whole history: rows by day, a search as one types, the course of a send, and what a row offers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import BackIn, BackInProof, Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from tests.support import demo_config_of
from tests.tui.app_driver import at_desk

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
WORDS = {
    Outcome.SENT: "Reset Password Instruction has been sent successfully!",
    Outcome.REFUSED: "Permission denied",
    Outcome.NOT_SENT: "The CRM could not be reached.",
    Outcome.UNKNOWN: "No answer within 30 seconds: the link may have been sent.",
}


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    with DemoServer(users=45) as server:
        yield server


class Past:
    """Writes what was sent before the app started."""

    def __init__(self, state: Path, demo: DemoServer) -> None:
        self._config = demo_config_of(demo)
        self._now = datetime.now(UTC)
        self.noon = datetime.now(UTC).astimezone().replace(hour=12, minute=0, second=0, microsecond=0)
        self._store = HistoryStore(state / "history.db", clock=lambda: self._now)

    def sent(
        self,
        name: str,
        at: datetime,
        outcome: Outcome = Outcome.SENT,
        *,
        instance: str = "harbor-prod",
        ticket: str = "",
        operator: str = "kim.lead",
        back: timedelta | None = None,
        user_id: str = "",
        message: str = "",
    ) -> int:
        """Record a send to a person, who was `back` in so long after; return its number."""
        place = self._config.instance(instance)
        user_name = name.casefold().replace(" ", ".")
        request = ResetRequest(
            instance, place.environment, place.host, operator, user_id or str(abs(hash(name)) % 10**6),
            user_name, name, f"{user_name}@example.com", ticket, place.server,
        )  # fmt: skip
        self._now = at
        entry = self._store.record_request(request)
        self._now = at + timedelta(seconds=2)
        self._store.record_outcome(entry.id, outcome, message or WORDS[outcome])
        if back is not None:
            self._store.record_back_in(entry.id, BackIn(at + back, BackInProof.SIGN_IN))
        return entry.id

    def close(self) -> None:
        self._store.close()


@contextmanager
def past(state: Path, demo: DemoServer) -> Iterator[Past]:
    """Give somebody to write the past with."""
    writer = Past(state, demo)
    try:
        yield writer
    finally:
        writer.close()


def three_days(state: Path, demo: DemoServer) -> None:
    """Fill the history with seven sends on three days, in two instances."""
    with past(state, demo) as write:
        noon = write.noon - DAY
        write.sent("Gus Saffron", noon - 10 * DAY, Outcome.REFUSED, operator="demo.admin")
        write.sent("Bea Amber", noon - 5 * DAY, ticket="T-1007", back=14 * MINUTE)
        write.sent("Ivo Lantern", noon - 5 * DAY + MINUTE, Outcome.UNKNOWN, ticket="T-1038")
        write.sent("Ben Hazel", noon, Outcome.NOT_SENT, instance="summit-prod")
        write.sent("Elena Garcet", noon + MINUTE, ticket="T-1042")
        write.sent("Omar O'Brien", noon + 2 * MINUTE, back=3 * MINUTE)
        write.sent("Bea Amber", noon + 3 * MINUTE, ticket="T-1050")


async def test_rows_are_by_day_with_a_heading_and_totals(demo, tmp_path):
    three_days(tmp_path, demo)
    async with at_desk(demo_config_of(demo), tmp_path, instance="harbor-prod") as desk:
        await desk.loaded()
        page = await desk.open_full_history()
        await page.shows("── Yesterday ── 3 sent · 1 not sent ──")
        assert [line.split("  ")[0].strip() for line in page.lines if line.startswith(" ")] == [
            "12:03", "12:02", "12:01", "12:00", "12:01", "12:00", "12:00",
        ]  # fmt: skip
        assert page.names == [
            "Bea Amber", "Omar O'Brien", "Elena Garcet", "Ben Hazel", "Ivo Lantern", "Bea Amber",
            "Gus Saffron",
        ]  # fmt: skip
        await desk.sees(
            "7 rows", "4 sent · 1 refused · 1 not sent · 1 unknown", "2 back in, half of them within"
        )

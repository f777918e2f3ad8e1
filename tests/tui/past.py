"""What was sent before the app started, for tests of the history."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import BackIn, BackInProof, Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from tests.support import demo_config_of

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)

WORDS = {
    Outcome.SENT: "Reset Password Instruction has been sent successfully!",
    Outcome.REFUSED: "Permission denied",
    Outcome.NOT_SENT: "The CRM could not be reached.",
    Outcome.UNKNOWN: "No answer within 30 seconds: the link may have been sent.",
}


class Past:
    """Writes sends at any time into a history."""

    def __init__(self, state: Path, demo: DemoServer, now: datetime | None = None) -> None:
        """Open the history in a state folder; `now` is when the test runs."""
        self._demo, self._config = demo, demo_config_of(demo)
        self.now = now or datetime.now(UTC)
        self.noon = self.now.astimezone().replace(hour=12, minute=0, second=0, microsecond=0) - DAY
        """Noon of yesterday, local."""
        self._at = self.now
        self.store = HistoryStore(state / "history.db", clock=lambda: self._at)

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
        message: str = "",
    ) -> int:
        """Record a send to a person, who was `back` in so long after; return its number."""
        place = self._config.instance(instance)
        user_name = name.casefold().replace(" ", ".")
        request = ResetRequest(
            instance, place.environment, place.host, operator, self._record_id(instance, user_name),
            user_name, name, f"{user_name}@example.com", ticket, place.server,
        )  # fmt: skip
        self._at = at
        entry = self.store.record_request(request)
        self._at = at + timedelta(seconds=2)
        self.store.record_outcome(entry.id, outcome, message or WORDS[outcome])
        if back is not None:
            self.store.record_back_in(entry.id, BackIn(at + back, BackInProof.SIGN_IN))
        return entry.id

    def _record_id(self, instance: str, user_name: str) -> str:
        people = self._demo.instance(instance).people
        known = {person.user_name: str(person.id) for person in people}
        # Of others, the same for the same name.
        return known.get(user_name, str(900_000 + sum(map(ord, user_name))))


@contextmanager
def past(state: Path, demo: DemoServer, now: datetime | None = None) -> Iterator[Past]:
    """Give a writer of the past; its file is closed at the end."""
    writer = Past(state, demo, now)
    with writer.store:
        yield writer


def three_days(state: Path, demo: DemoServer, now: datetime | None = None) -> None:
    """Fill the history with seven sends on three days, in two instances."""
    with past(state, demo, now) as write:
        noon = write.noon
        write.sent("Gus Saffron", noon - 10 * DAY, Outcome.REFUSED, operator="demo.admin")
        write.sent("Bea Amber", noon - 5 * DAY, ticket="T-1007", back=14 * MINUTE)
        write.sent("Ivo Lantern", noon - 5 * DAY + MINUTE, Outcome.UNKNOWN, ticket="T-1038")
        write.sent("Ben Hazel", noon, Outcome.NOT_SENT, instance="summit-prod")
        write.sent("Elena Garcet", noon + MINUTE, ticket="T-1042")
        write.sent("Omar O'Brien", noon + 2 * MINUTE, back=3 * MINUTE)
        write.sent("Bea Amber", noon + 3 * MINUTE, ticket="T-1050")

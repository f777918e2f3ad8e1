"""Who is back in since their reset: seen in the CRM's login history, and recorded."""

from asyncio import to_thread
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.login_times import TimeCalibration, UnreadableTimeError, is_implausible
from dazos_tui.crm.models import LoginHistoryRow
from dazos_tui.history.models import (
    BackIn,
    BackInProof,
    CrmAction,
    HistoryEntry,
    Outcome,
    describe_back_in_delay,
)
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.system.event_log import log
from dazos_tui.verification.calibration import calibrate_instance
from dazos_tui.verification.evidence import (
    ASK_PERSON_ADVICE,
    Assessment,
    NoProofError,
    Verdict,
    assess,
    is_possibly_later,
    is_row_of_user,
    row_keys,
    user_name_prefixes,
)
from dazos_tui.verification.next_step import SIGN_INS_NOT_LISTED, has_unlisted_sign_ins

__all__ = ["BackInService", "Verdict", "Verification", "describe_back_in_delay"]

_RowKeys = Counter[tuple[str, str, str]]
_SeenRows = Counter[tuple[str, str, str, bool]]
"""As the keys of rows, with whether they are known to have succeeded."""

_BASELINE_WINDOW = timedelta(minutes=1)
"""So long after a link was asked for nobody can have got its mail, set a password and signed in with it."""
_NOTABLE_SKEW = timedelta(minutes=2)
"""From so much on it is told that this machine's clock and the server's differ."""
_MAX_CHECKS_PER_POLL = 5
"""So many people are looked for in one glance: the others have their turn in the next."""
_SERVER_TIME_PRECISION = timedelta(seconds=1)
"""How exact the server tells its time (HTTP header Date)."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What is known of one reset: its row as it now is in the history, and one sentence, if there is need."""

    entry: HistoryEntry
    verdict: Verdict
    explanation: str = ""


class BackInService:
    """Looks in one signed-in instance who is back in, and records it. Nothing else is changed anywhere."""

    def __init__(
        self,
        instance: Instance,
        client: CrmClient,
        store: HistoryStore,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Take a signed-in client: whoever calls opens its session again if it has ended."""
        self._instance = instance
        self._client = client
        self._store = store
        self._clock = clock
        # The server's clock less ours, at most.
        self._skew = timedelta(0)
        # How times are read, or why they cannot be.
        self._calibration: TimeCalibration | str | None = None
        self._calibrated_for: datetime | None = None
        self._baselines: dict[int, _RowKeys] = {}
        self._seen_rows: dict[int, _SeenRows] = {}
        self._newest_key: tuple[str, str, str] | None = None
        self._reported: dict[int, str] = {}
        # Who is to be checked, by the ids of the rows of the history, in turn.
        self._queue: list[int] = []
        # Whether a search for a user name finds just that one, once it was asked.
        self._is_search_exact: bool | None = None

    async def check(self, entries: Sequence[HistoryEntry]) -> list[Verification]:
        """Look for the sign-ins of each of these people, by user name, and record who is back in.

        Rows that are no reset whose link went out, or may have, are left out; who is known to be back in is
        not asked for. In the order of their ids. Raises CrmError (what was recorded before it stays),
        HistoryError.
        """
        found: list[Verification] = []
        read: dict[str, tuple[LoginHistoryRow, ...]] = {}
        for entry in sorted(filter(_may_have_been_sent, entries), key=lambda entry: entry.id):
            if entry.back_in is not None:
                found.append(Verification(entry, Verdict.BACK_IN))
            else:
                found.append(await self._record(entry, await self._look_up(entry, read)))
        log("checked sign-ins", verdicts=[str(one.verdict) for one in found])
        return found

    async def poll(self, entries: Sequence[HistoryEntry]) -> list[Verification]:
        """Look at everybody's newest sign-ins, and return what is new: who is back in, or has become unclear.

        One request, as long as no sign-in can be of somebody who waits and the page reaches back to the last
        glance; else these people are checked one by one, since a name may be that of several, a few in each
        glance. Before the first one the own sign-in is asked for, too. Raises CrmError, HistoryError.
        """
        waiting = [entry for entry in entries if _may_have_been_sent(entry) and entry.back_in is None]
        if not waiting:
            return []
        rows = await self._fetch_rows("")
        try:
            reckoning = await self._get_calibration()
            suspects = [entry for entry in waiting if self._is_suspect(entry, rows, reckoning)]
        except UnreadableTimeError:
            suspects = waiting
        found = await self.check(self._next_in_queue(waiting, suspects))
        self._queue = self._queue[_MAX_CHECKS_PER_POLL:]
        for entry in waiting:
            self._seen_rows[entry.id] = _rows_of_user(entry, rows)
        self._newest_key = next(iter(row_keys(rows)), None)
        return [one for one in found if self._is_news(one)]

    def _next_in_queue(
        self, waiting: Sequence[HistoryEntry], suspects: Sequence[HistoryEntry]
    ) -> list[HistoryEntry]:
        """Return whom to check now: who had to wait for it longest."""
        by_id = {entry.id: entry for entry in waiting}
        due = dict.fromkeys([*self._queue, *(entry.id for entry in suspects)])
        self._queue = [one for one in due if one in by_id]
        return [by_id[one] for one in self._queue[:_MAX_CHECKS_PER_POLL]]

    async def record_baseline(self, entry: HistoryEntry) -> None:
        """Remember this person's sign-ins right after a send: any other one is later.

        It helps to tell those in the very minute of the send, and does nothing more than a minute after it.
        Raises CrmError.
        """
        if entry.request.user_name:
            rows = await self._fetch_rows(entry.request.user_name)
            if timedelta(0) <= self._clock() - entry.requested_at <= _BASELINE_WINDOW:
                self._baselines[entry.id] = row_keys(rows)

    async def _look_up(self, entry: HistoryEntry, read: dict[str, tuple[LoginHistoryRow, ...]]) -> Assessment:
        """Return what the login history proves. `read` holds what was asked for before, by user name."""
        user_name = entry.request.user_name.casefold()
        try:
            self._require_provable(entry)
            reckoning = await self._get_calibration()
            if user_name not in read:
                read[user_name] = await self._fetch_rows(entry.request.user_name)
            finding = self._assess(entry, read[user_name], reckoning)
            if finding.verdict is Verdict.BACK_IN:
                await self._require_exact_search(entry.request.user_name)
            return finding
        except NoProofError as error:
            words = f"The login history proves nothing here: {error}. {ASK_PERSON_ADVICE}"
        except UnreadableTimeError as error:
            words = (
                f"The sign-in times of {self._instance.name} cannot be read: {error}. Set time_zone and "
                f"date_format in the config. {ASK_PERSON_ADVICE}"
            )
        return Assessment(Verdict.UNCLEAR, explanation=words)

    async def _require_exact_search(self, user_name: str) -> None:
        """Raise NoProofError if a search for a user name finds longer ones too: it may be a namesake's row.

        Asked once, by beginnings of this user name, of which there is a sign-in. Raises CrmError.
        """
        if self._is_search_exact is None:
            beginnings = user_name_prefixes(user_name)
            if not beginnings:
                raise NoProofError(
                    "the user name is too short to find out whether the CRM looks for just that one"
                )
            self._is_search_exact = await self._has_name_without_sign_ins(beginnings)
        if not self._is_search_exact:
            raise NoProofError(
                "the CRM also finds longer user names than the one asked for, maybe a namesake's"
            )

    async def _has_name_without_sign_ins(self, user_names: Sequence[str]) -> bool:
        """Tell whether of one of these there is no sign-in. Raises CrmError."""
        for user_name in user_names:
            if not await self._fetch_rows(user_name):
                return True
        return False

    async def _fetch_rows(self, user_name: str) -> tuple[LoginHistoryRow, ...]:
        before = self._clock()
        history = await self._client.fetch_login_history(user_name)
        if history.server_time is not None:
            # At most so much: too late a reset proves nothing wrong.
            self._skew = history.server_time + _SERVER_TIME_PRECISION - before
        return history.rows

    async def _get_calibration(self) -> TimeCalibration:
        """Return how times are read, found out once a sign-in. Raises UnreadableTimeError, CrmError."""
        moment = self._client.signed_in_at
        if self._calibration is None or moment != self._calibrated_for:
            try:
                self._calibration = await calibrate_instance(self._instance, self._client, self._clock)
            except UnreadableTimeError as error:
                # What an earlier sign-in of the same account told still holds.
                if not isinstance(self._calibration, TimeCalibration):
                    self._calibration = str(error)
            self._calibrated_for = moment
        if isinstance(self._calibration, str):
            raise UnreadableTimeError(self._calibration)
        return self._calibration

    def _require_provable(self, entry: HistoryEntry) -> None:
        """Raise NoProofError if no sign-in could tell anything about this reset."""
        request, instance = entry.request, self._instance
        if not request.user_name:
            raise NoProofError("the user name is not known")
        if request.user_name.casefold() == instance.username.casefold():
            raise NoProofError("it is the account that is signed in from here")
        if (request.instance, request.host) != (instance.name, instance.host):
            raise NoProofError(f"the link was sent in {request.instance} at {request.host}")
        if entry.requested_at > self._clock() + _BASELINE_WINDOW:
            raise NoProofError("this machine's clock was ahead when the link was asked for")

    def _assess(
        self, entry: HistoryEntry, rows: tuple[LoginHistoryRow, ...], calibration: TimeCalibration
    ) -> Assessment:
        strangers = [row.name for row in rows if not is_row_of_user(row, entry.request)]
        if strangers:
            asked = entry.request.user_name
            raise NoProofError(f"asked for {asked}, the CRM shows sign-ins of “{strangers[0]}”")
        baseline = self._baselines.get(entry.id)
        return assess(entry.requested_at + self._skew, rows, calibration, self._now, baseline)

    async def _record(self, entry: HistoryEntry, assessment: Assessment) -> Verification:
        """Record who is back in, and return what is known."""
        unseen = (
            SIGN_INS_NOT_LISTED
            if assessment.verdict is Verdict.WAITING and has_unlisted_sign_ins(entry)
            else ""
        )
        words = " ".join(filter(None, (assessment.explanation, unseen, self._clock_skew_note())))
        if assessment.at is None:
            return Verification(entry, assessment.verdict, words)
        at = max(entry.requested_at, assessment.at - self._skew)
        row = await to_thread(self._store.record_back_in, entry.id, BackIn(at, BackInProof.SIGN_IN))
        return Verification(row, assessment.verdict, words)

    @property
    def _now(self) -> datetime:
        return self._clock() + self._skew

    def _clock_skew_note(self) -> str:
        if abs(self._skew) < _NOTABLE_SKEW:
            return ""
        minutes = round(abs(self._skew) / timedelta(minutes=1))
        way = "behind" if self._skew > timedelta(0) else "ahead of"
        return f"This machine's clock is {minutes} min {way} the CRM's, by which the times were compared."

    def _is_suspect(
        self, entry: HistoryEntry, rows: tuple[LoginHistoryRow, ...], calibration: TimeCalibration
    ) -> bool:
        """Tell whether somebody may be back in by a page of everybody's sign-ins. Odd times tell nothing."""
        asked = entry.requested_at + self._skew
        rows = tuple(row for row in rows if not is_implausible(row.signed_in, self._now))
        touching = [row for row in rows if is_possibly_later(row, asked, calibration, self._now)]
        seen = self._seen_rows.get(entry.id)
        reaches_back = len(touching) < len(rows) or (seen is not None and self._newest_key in row_keys(rows))
        if entry.id in self._reported:
            # Of those that may have failed, the first was told.
            touching = [row for row in touching if row.succeeded]
        return not reaches_back or bool(_rows_of_user(entry, touching) - (seen or Counter()))

    def _is_news(self, verification: Verification) -> bool:
        if verification.verdict is Verdict.UNCLEAR:
            before, self._reported[verification.entry.id] = (
                self._reported.get(verification.entry.id),
                verification.explanation,
            )
            return before != verification.explanation
        return verification.verdict is Verdict.BACK_IN


def _may_have_been_sent(entry: HistoryEntry) -> bool:
    return entry.action is CrmAction.RESET_LINK and entry.outcome in {Outcome.SENT, Outcome.UNKNOWN}


def _rows_of_user(entry: HistoryEntry, rows: Sequence[LoginHistoryRow]) -> _SeenRows:
    fitting = [row for row in rows if is_row_of_user(row, entry.request)]
    return Counter((row.name, row.ip, row.signed_in, row.succeeded) for row in fitting)

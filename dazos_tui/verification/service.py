"""Who is back in since their reset: seen in the CRM's login history, and recorded."""

from asyncio import to_thread
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import CrmError
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
from dazos_tui.history.store import HistoryStore
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
"""Like the keys of rows, with whether the sign-in is known to have succeeded."""

_BASELINE_WINDOW = timedelta(minutes=1)
"""For this long after the request, nobody can have got the mail, set a password and signed in with it."""
_NOTABLE_SKEW = timedelta(minutes=2)
"""The difference between this machine's clock and the server's from which it is reported."""
_MAX_CHECKS_PER_POLL = 5
"""How many people are checked in one poll; the others get their turn in the next."""
_SERVER_TIME_PRECISION = timedelta(seconds=1)
"""The precision of the server's time (HTTP header Date)."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What is known about one reset: its current row in the history, and a sentence if one is needed."""

    entry: HistoryEntry
    verdict: Verdict
    explanation: str = ""


class BackInService:
    """Finds out who is back in in one signed-in instance, and records it. It changes nothing else."""

    def __init__(
        self,
        instance: Instance,
        client: CrmClient,
        store: HistoryStore,
    ) -> None:
        """Build the service on a signed-in client; the caller renews its session if it has ended.

        The times of resets, and so all others, are compared by the clock of the history: a team's history has
        the clock of its server, which may differ from this machine's.
        """
        self._instance = instance
        self._client = client
        self._store = store
        # The CRM's clock minus the history's, as an upper bound.
        self._skew = timedelta(0)
        # How times are read, or the reason why they cannot be.
        self._calibration: TimeCalibration | str | None = None
        self._calibrated_for: datetime | None = None
        self._baselines: dict[int, _RowKeys] = {}
        self._seen_rows: dict[int, _SeenRows] = {}
        self._newest_key: tuple[str, str, str] | None = None
        self._reported: dict[int, str] = {}
        # What polls have found and not returned yet, because one failed or was cancelled.
        self._untold: list[Verification] = []
        # The history ids of the people still to be checked, in order.
        self._queue: list[int] = []
        # Whether a search for a user name finds only that one; None until it was tried.
        self._is_search_exact: bool | None = None

    async def check(self, entries: Sequence[HistoryEntry]) -> list[Verification]:
        """Look up the sign-ins of each of these people, by user name, and record who is back in.

        Only resets whose link went out, or may have, are checked; people known to be back in are not looked
        up again. The result is in the order of the ids. Raises CrmError (what was recorded before it stays),
        HistoryError.
        """
        found: list[Verification] = []
        await self._check_into(found, entries)
        return found

    async def _check_into(self, found: list[Verification], entries: Sequence[HistoryEntry]) -> None:
        """Check these people, and add each result as soon as it is recorded."""
        read: dict[str, tuple[LoginHistoryRow, ...]] = {}
        for entry in sorted(filter(_may_have_been_sent, entries), key=lambda entry: entry.id):
            if entry.back_in is not None:
                found.append(Verification(entry, Verdict.BACK_IN))
            else:
                found.append(await self._record(entry, await self._look_up(entry, read)))
        log("checked sign-ins", verdicts=[str(one.verdict) for one in found])

    async def poll(self, entries: Sequence[HistoryEntry]) -> list[Verification]:
        """Look at everybody's newest sign-ins, and return what is new: who is back in, or has become unclear.

        This takes one request if no sign-in can be of a waiting person and the page reaches back to the last
        poll. Otherwise these people are checked one by one, a few in each poll, since several may share a
        name. The first poll also asks for the own sign-in. Raises CrmError if there is nothing new to return,
        HistoryError: what it had found before is then returned by the next poll.
        """
        waiting = [entry for entry in entries if _may_have_been_sent(entry) and entry.back_in is None]
        try:
            if waiting:
                await self._poll_waiting(waiting)
        except CrmError:
            if not self._untold:
                raise
        self._forget_all_but({entry.id for entry in waiting})
        found, self._untold = self._untold, []
        return [one for one in found if self._is_news(one)]

    async def _poll_waiting(self, waiting: Sequence[HistoryEntry]) -> None:
        """Check those of these people who may have signed in."""
        rows = await self._fetch_rows("")
        try:
            calibration = await self._get_calibration()
            suspects: Sequence[HistoryEntry] = [
                entry for entry in waiting if self._is_suspect(entry, rows, calibration)
            ]
        except UnreadableTimeError:
            suspects = waiting
        await self._check_into(self._untold, self._next_in_queue(waiting, suspects))
        self._queue = self._queue[_MAX_CHECKS_PER_POLL:]
        for entry in waiting:
            self._seen_rows[entry.id] = _rows_of_user(entry, rows)
        self._newest_key = next(iter(row_keys(rows)), None)

    def _forget_all_but(self, ids: Set[int]) -> None:
        """Forget what was kept about resets other than these: nobody waits for those any more."""
        for kept in (self._seen_rows, self._reported):
            for gone in kept.keys() - ids:
                del kept[gone]

    def _next_in_queue(
        self, waiting: Sequence[HistoryEntry], suspects: Sequence[HistoryEntry]
    ) -> list[HistoryEntry]:
        """Return the entries to check now: those that have been queued longest."""
        by_id = {entry.id: entry for entry in waiting}
        due = dict.fromkeys([*self._queue, *(entry.id for entry in suspects)])
        self._queue = [entry_id for entry_id in due if entry_id in by_id]
        return [by_id[entry_id] for entry_id in self._queue[:_MAX_CHECKS_PER_POLL]]

    async def record_baseline(self, entry: HistoryEntry) -> None:
        """Remember this person's sign-ins right after a send: any other one must be later.

        This makes sign-ins in the same minute as the send usable as proof. Later than a minute after the
        send, nothing is remembered. Raises CrmError.
        """
        if entry.request.user_name:
            rows = await self._fetch_rows(entry.request.user_name)
            now = await self._read_clock()
            if timedelta(0) <= now - entry.requested_at <= _BASELINE_WINDOW:
                self._baselines[entry.id] = row_keys(rows)

    async def _look_up(self, entry: HistoryEntry, read: dict[str, tuple[LoginHistoryRow, ...]]) -> Assessment:
        """Return what the login history proves. `read` has the rows fetched before, by user name."""
        user_name = entry.request.user_name.casefold()
        try:
            self._require_provable(entry, await self._read_clock())
            calibration = await self._get_calibration()
            if user_name not in read:
                read[user_name] = await self._fetch_rows(entry.request.user_name)
            assessment = self._assess(entry, read[user_name], calibration)
            if assessment.verdict is Verdict.BACK_IN:
                await self._require_exact_search(entry.request.user_name)
            return assessment
        except NoProofError as error:
            words = f"The login history proves nothing here: {error}. {ASK_PERSON_ADVICE}"
        except UnreadableTimeError as error:
            words = (
                f"The sign-in times of {self._instance.name} cannot be read: {error}. Set time_zone and "
                f"date_format in the config. {ASK_PERSON_ADVICE}"
            )
        return Assessment(Verdict.UNCLEAR, explanation=words)

    async def _require_exact_search(self, user_name: str) -> None:
        """Raise NoProofError if a search for a user name also finds longer ones: it may be a namesake's row.

        This is tried once, with prefixes of this user name, which has a sign-in. Raises CrmError.
        """
        if self._is_search_exact is None:
            prefixes = user_name_prefixes(user_name)
            if not prefixes:
                raise NoProofError(
                    "the user name is too short to find out whether the CRM searches for exactly that name"
                )
            self._is_search_exact = await self._has_name_without_sign_ins(prefixes)
        if not self._is_search_exact:
            raise NoProofError(
                "the CRM also finds longer user names than the one searched for, maybe a namesake's"
            )

    async def _has_name_without_sign_ins(self, user_names: Sequence[str]) -> bool:
        """Return whether one of these user names has no sign-ins. Raises CrmError."""
        for user_name in user_names:
            if not await self._fetch_rows(user_name):
                return True
        return False

    async def _read_clock(self) -> datetime:
        """Return the time by the history's clock. A server is asked for it in a thread, the first time."""
        return self._store.now() if self._store.is_local else await to_thread(self._store.now)

    async def _fetch_rows(self, user_name: str) -> tuple[LoginHistoryRow, ...]:
        before = await self._read_clock()
        history = await self._client.fetch_login_history(user_name)
        if history.server_time is not None:
            # An upper bound: dating the reset too late can never produce a wrong proof.
            self._skew = history.server_time + _SERVER_TIME_PRECISION - before
        return history.rows

    async def _get_calibration(self) -> TimeCalibration:
        """Return how times are read, determined once per sign-in. Raises UnreadableTimeError, CrmError."""
        signed_in_at = self._client.signed_in_at
        if self._calibration is None or signed_in_at != self._calibrated_for:
            try:
                self._calibration = await calibrate_instance(self._instance, self._client, self._store.now)
            except UnreadableTimeError as error:
                # The calibration from an earlier sign-in of the same account is still right.
                if not isinstance(self._calibration, TimeCalibration):
                    self._calibration = str(error)
            self._calibrated_for = signed_in_at
        if isinstance(self._calibration, str):
            raise UnreadableTimeError(self._calibration)
        return self._calibration

    def _require_provable(self, entry: HistoryEntry, now: datetime) -> None:
        """Raise NoProofError if no sign-in could prove anything about this reset."""
        request, instance = entry.request, self._instance
        if not request.user_name:
            raise NoProofError("the user name is not known")
        if request.user_name.casefold() == instance.username.casefold():
            raise NoProofError("it is the account that you are signed in with")
        if (request.instance, request.host) != (instance.name, instance.host):
            raise NoProofError(f"the link was sent in {request.instance} at {request.host}")
        if entry.requested_at > now + _BASELINE_WINDOW:
            raise NoProofError("this machine's clock was ahead when the link was requested")

    def _assess(
        self, entry: HistoryEntry, rows: tuple[LoginHistoryRow, ...], calibration: TimeCalibration
    ) -> Assessment:
        others = [row.name for row in rows if not is_row_of_user(row, entry.request)]
        if others:
            user_name = entry.request.user_name
            raise NoProofError(f"searched for {user_name}, the CRM shows sign-ins of “{others[0]}”")
        baseline = self._baselines.get(entry.id)
        return assess(entry.requested_at + self._skew, rows, calibration, self._now, baseline)

    async def _record(self, entry: HistoryEntry, assessment: Assessment) -> Verification:
        """Record that the person is back in, if so, and return what is known."""
        unseen = (
            SIGN_INS_NOT_LISTED
            if assessment.verdict is Verdict.WAITING and has_unlisted_sign_ins(entry)
            else ""
        )
        words = " ".join(filter(None, (assessment.explanation, unseen, self._clock_skew_note())))
        if assessment.at is None:
            return Verification(entry, assessment.verdict, words)
        self._baselines.pop(entry.id, None)
        at = max(entry.requested_at, assessment.at - self._skew)
        row = await to_thread(self._store.record_back_in, entry.id, BackIn(at, BackInProof.SIGN_IN))
        return Verification(row, assessment.verdict, words)

    @property
    def _now(self) -> datetime:
        return self._store.now() + self._skew

    def _clock_skew_note(self) -> str:
        if abs(self._skew) < _NOTABLE_SKEW:
            return ""
        minutes = round(abs(self._skew) / timedelta(minutes=1))
        way = "behind" if self._skew > timedelta(0) else "ahead of"
        whose = "This machine's" if self._store.is_local else "The history's"
        return f"{whose} clock is {minutes} min {way} the CRM's; times were compared by the CRM's."

    def _is_suspect(
        self, entry: HistoryEntry, rows: tuple[LoginHistoryRow, ...], calibration: TimeCalibration
    ) -> bool:
        """Return whether a page of everybody's sign-ins may show this person back in; ignores odd times."""
        requested_at = entry.requested_at + self._skew
        rows = tuple(row for row in rows if not is_implausible(row.signed_in, self._now))
        touching = [row for row in rows if is_possibly_later(row, requested_at, calibration, self._now)]
        seen = self._seen_rows.get(entry.id)
        reaches_back = len(touching) < len(rows) or (seen is not None and self._newest_key in row_keys(rows))
        if entry.id in self._reported:
            # A sign-in that may have failed was reported already.
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

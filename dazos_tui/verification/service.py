"""Who is back in since their reset: seen in the CRM's login history, and recorded."""

from asyncio import to_thread
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.login_times import Reckoning, UnreadableTime, is_odd
from dazos_tui.crm.models import SignInRow
from dazos_tui.history.models import Action, BackIn, Entry, Outcome, Proof, later
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.system.event_log import log
from dazos_tui.verification.calibration import reckoning_of
from dazos_tui.verification.evidence import (
    BY_WORD,
    Finding,
    NoProof,
    Verdict,
    beginnings_of,
    is_of,
    is_touching,
    judge,
    keys_of,
)
from dazos_tui.verification.next_step import UNSEEN, is_unseen

__all__ = ["BackInService", "Verdict", "Verification", "later"]

_Keys = Counter[tuple[str, str, str]]
_Looked = Counter[tuple[str, str, str, bool]]
"""As the keys of rows, with whether they are known to have succeeded."""

_RIGHT_AFTER = timedelta(minutes=1)
"""So long after a link was asked for nobody can have got its mail, set a password and signed in with it."""
_NOTABLE = timedelta(minutes=2)
"""From so much on it is told that this machine's clock and the server's differ."""
_AT_ONCE = 5
"""So many people are looked for in one glance: the others have their turn in the next."""
_TICK = timedelta(seconds=1)
"""How exact the server tells its time (HTTP header Date)."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What is known of one reset: its row as it now is in the history, and one sentence, if there is need."""

    entry: Entry
    verdict: Verdict
    words: str = ""


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
        self._reckoning: Reckoning | str | None = None
        self._reckoned_at: datetime | None = None
        self._baselines: dict[int, _Keys] = {}
        self._looked: dict[int, _Looked] = {}
        self._newest: tuple[str, str, str] | None = None
        self._told: dict[int, str] = {}
        # Who is to be checked, by the ids of the rows of the history, in turn.
        self._due: list[int] = []
        # Whether a search for a user name finds just that one, once it was asked.
        self._is_exact: bool | None = None

    async def check(self, entries: Sequence[Entry]) -> list[Verification]:
        """Look for the sign-ins of each of these people, by user name, and record who is back in.

        Rows that are no reset whose link went out, or may have, are left out; who is known to be back in is
        not asked for. In the order of their ids. Raises CrmError (what was recorded before it stays),
        HistoryError.
        """
        found: list[Verification] = []
        read: dict[str, tuple[SignInRow, ...]] = {}
        for entry in sorted(filter(_went_out, entries), key=lambda entry: entry.id):
            if entry.back_in is not None:
                found.append(Verification(entry, Verdict.BACK_IN))
            else:
                found.append(await self._noted(entry, await self._looked_up(entry, read)))
        log("checked sign-ins", verdicts=[str(one.verdict) for one in found])
        return found

    async def glance(self, entries: Sequence[Entry]) -> list[Verification]:
        """Look at everybody's newest sign-ins, and return what is new: who is back in, or has become unclear.

        One request, as long as no sign-in can be of somebody who waits and the page reaches back to the last
        glance; else these people are checked one by one, since a name may be that of several, a few in each
        glance. Before the first one the own sign-in is asked for, too. Raises CrmError, HistoryError.
        """
        waiting = [entry for entry in entries if _went_out(entry) and entry.back_in is None]
        if not waiting:
            return []
        rows = await self._rows("")
        try:
            reckoning = await self._read_times()
            suspects = [entry for entry in waiting if self._is_suspect(entry, rows, reckoning)]
        except UnreadableTime:
            suspects = waiting
        found = await self.check(self._in_turn(waiting, suspects))
        self._due = self._due[_AT_ONCE:]
        for entry in waiting:
            self._looked[entry.id] = _fitting(entry, rows)
        self._newest = next(iter(keys_of(rows)), None)
        return [one for one in found if self._is_news(one)]

    def _in_turn(self, waiting: Sequence[Entry], suspects: Sequence[Entry]) -> list[Entry]:
        """Return whom to check now: who had to wait for it longest."""
        by_id = {entry.id: entry for entry in waiting}
        due = dict.fromkeys([*self._due, *(entry.id for entry in suspects)])
        self._due = [one for one in due if one in by_id]
        return [by_id[one] for one in self._due[:_AT_ONCE]]

    async def note_baseline(self, entry: Entry) -> None:
        """Remember this person's sign-ins right after a send: any other one is later.

        It helps to tell those in the very minute of the send, and does nothing more than a minute after it.
        Raises CrmError.
        """
        if entry.request.user_name:
            rows = await self._rows(entry.request.user_name)
            if timedelta(0) <= self._clock() - entry.requested_at <= _RIGHT_AFTER:
                self._baselines[entry.id] = keys_of(rows)

    async def _looked_up(self, entry: Entry, read: dict[str, tuple[SignInRow, ...]]) -> Finding:
        """Return what the login history proves. `read` holds what was asked for before, by user name."""
        user_name = entry.request.user_name.casefold()
        try:
            self._refuse(entry)
            reckoning = await self._read_times()
            if user_name not in read:
                read[user_name] = await self._rows(entry.request.user_name)
            finding = self._judged(entry, read[user_name], reckoning)
            if finding.verdict is Verdict.BACK_IN:
                await self._require_exact(entry.request.user_name)
            return finding
        except NoProof as error:
            words = f"The login history proves nothing here: {error}. {BY_WORD}"
        except UnreadableTime as error:
            words = (
                f"The sign-in times of {self._instance.name} cannot be read: {error}. Set time_zone and "
                f"date_format in the config. {BY_WORD}"
            )
        return Finding(Verdict.UNCLEAR, words=words)

    async def _require_exact(self, user_name: str) -> None:
        """Raise NoProof if a search for a user name finds longer ones, too: then it may be a namesake's row.

        Asked once, by beginnings of this user name, of which there is a sign-in. Raises CrmError.
        """
        if self._is_exact is None:
            beginnings = beginnings_of(user_name)
            if not beginnings:
                raise NoProof(
                    "the user name is too short to find out whether the CRM looks for just that one"
                )
            self._is_exact = await self._is_nobodys(beginnings)
        if not self._is_exact:
            raise NoProof("the CRM also finds longer user names than the one asked for, maybe a namesake's")

    async def _is_nobodys(self, user_names: Sequence[str]) -> bool:
        """Tell whether of one of these there is no sign-in. Raises CrmError."""
        for user_name in user_names:
            if not await self._rows(user_name):
                return True
        return False

    async def _rows(self, user_name: str) -> tuple[SignInRow, ...]:
        before = self._clock()
        history = await self._client.login_history(user_name)
        if history.server_time is not None:
            # At most so much: too late a reset proves nothing wrong.
            self._skew = history.server_time + _TICK - before
        return history.rows

    async def _read_times(self) -> Reckoning:
        """Return how times are read, found out once a sign-in. Raises UnreadableTime, CrmError."""
        moment = self._client.signed_in_at
        if self._reckoning is None or moment != self._reckoned_at:
            try:
                self._reckoning = await reckoning_of(self._instance, self._client, self._clock)
            except UnreadableTime as error:
                # What an earlier sign-in of the same account told still holds.
                if not isinstance(self._reckoning, Reckoning):
                    self._reckoning = str(error)
            self._reckoned_at = moment
        if isinstance(self._reckoning, str):
            raise UnreadableTime(self._reckoning)
        return self._reckoning

    def _refuse(self, entry: Entry) -> None:
        """Raise NoProof if no sign-in could tell anything about this reset."""
        request, instance = entry.request, self._instance
        if not request.user_name:
            raise NoProof("the user name is not known")
        if request.user_name.casefold() == instance.username.casefold():
            raise NoProof("it is the account that is signed in from here")
        if (request.instance, request.host) != (instance.name, instance.host):
            raise NoProof(f"the link was sent in {request.instance} at {request.host}")
        if entry.requested_at > self._clock() + _RIGHT_AFTER:
            raise NoProof("this machine's clock was ahead when the link was asked for")

    def _judged(self, entry: Entry, rows: tuple[SignInRow, ...], reckoning: Reckoning) -> Finding:
        strangers = [row.name for row in rows if not is_of(row, entry.request)]
        if strangers:
            asked = entry.request.user_name
            raise NoProof(f"asked for {asked}, the CRM shows sign-ins of “{strangers[0]}”")
        baseline = self._baselines.get(entry.id)
        return judge(entry.requested_at + self._skew, rows, reckoning, self._now, baseline)

    async def _noted(self, entry: Entry, finding: Finding) -> Verification:
        """Record who is back in, and return what is known."""
        unseen = UNSEEN if finding.verdict is Verdict.WAITING and is_unseen(entry) else ""
        words = " ".join(filter(None, (finding.words, unseen, self._clocks())))
        if finding.at is None:
            return Verification(entry, finding.verdict, words)
        at = max(entry.requested_at, finding.at - self._skew)
        row = await to_thread(self._store.note_back_in, entry.id, BackIn(at, Proof.SIGN_IN))
        return Verification(row, finding.verdict, words)

    @property
    def _now(self) -> datetime:
        return self._clock() + self._skew

    def _clocks(self) -> str:
        if abs(self._skew) < _NOTABLE:
            return ""
        minutes = round(abs(self._skew) / timedelta(minutes=1))
        way = "behind" if self._skew > timedelta(0) else "ahead of"
        return f"This machine's clock is {minutes} min {way} the CRM's, by which the times were compared."

    def _is_suspect(self, entry: Entry, rows: tuple[SignInRow, ...], reckoning: Reckoning) -> bool:
        """Tell whether somebody may be back in by a page of everybody's sign-ins. Odd times tell nothing."""
        asked = entry.requested_at + self._skew
        rows = tuple(row for row in rows if not is_odd(row.signed_in, self._now))
        touching = [row for row in rows if is_touching(row, asked, reckoning, self._now)]
        seen = self._looked.get(entry.id)
        reaches_back = len(touching) < len(rows) or (seen is not None and self._newest in keys_of(rows))
        if entry.id in self._told:
            # Of those that may have failed, the first was told.
            touching = [row for row in touching if row.succeeded]
        return not reaches_back or bool(_fitting(entry, touching) - (seen or Counter()))

    def _is_news(self, one: Verification) -> bool:
        if one.verdict is Verdict.UNCLEAR:
            before, self._told[one.entry.id] = self._told.get(one.entry.id), one.words
            return before != one.words
        return one.verdict is Verdict.BACK_IN


def _went_out(entry: Entry) -> bool:
    return entry.action is Action.RESET_LINK and entry.outcome in {Outcome.SENT, Outcome.UNKNOWN}


def _fitting(entry: Entry, rows: Sequence[SignInRow]) -> _Looked:
    fitting = [row for row in rows if is_of(row, entry.request)]
    return Counter((row.name, row.ip, row.signed_in, row.succeeded) for row in fitting)

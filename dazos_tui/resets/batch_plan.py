"""The plan of a batch: who gets a link, who does not, and why. Making it changes nothing in the CRM."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dazos_tui.config.models import Instance
from dazos_tui.crm.errors import PermissionDeniedError, UserNotFoundError
from dazos_tui.crm.models import User
from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.resets.findings import SENT_RECENTLY, Finding
from dazos_tui.resets.people_file import IdentifierKind, WantedPerson
from dazos_tui.resets.service import PreparedReset


class PlanVerdict(StrEnum):
    """What will happen to one named person. Scripts rely on these words."""

    LINK = "link"
    """They get a link."""
    STOPPED = "stopped"
    """A guard stops it; the user can override that."""
    SKIPPED = "skipped"
    """They cannot get one: inactive, no e-mail, no menu item."""
    DONE = "done"
    """They got one in this batch, or may have (*unknown*)."""
    AMBIGUOUS = "ambiguous"
    """The text matches more than one person."""
    UNKNOWN_PERSON = "unknown person"
    """The text matches nobody."""
    REPEATED = "repeated"
    """An earlier row names the same person."""


GUARDED = frozenset({PlanVerdict.STOPPED, PlanVerdict.SKIPPED})
"""Verdicts of people whom a guard stops."""
UNMATCHED = frozenset({PlanVerdict.AMBIGUOUS, PlanVerdict.UNKNOWN_PERSON})
"""Verdicts of rows that do not name one person."""

_SPECIFIC_KINDS = (IdentifierKind.EMAIL, IdentifierKind.USER_NAME, IdentifierKind.RECORD_ID)
_MAX_NAMED = 5
"""The most people that a reason names."""

Check = Callable[[User], Awaitable[PreparedReset]]
"""Reads a person's profile afresh and runs the guards, signing in again if needed: `ResetService.prepare`
with what was seen of the person. Raises CrmError, HistoryError."""


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A named person, and the users whom the name matches; `problem` is why nobody does, if that is known."""

    wanted: WantedPerson
    candidates: tuple[User, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """One named person in a plan. `reason` is a sentence, empty for a link that nothing speaks against.

    `user` is the person as the profile has them, else as the list does; None if nobody, or several, match:
    these are the `candidates`. `findings` are those of the guards, `allowed` the codes overridden for this
    person. `last_batch` is the batch of the newest earlier link, empty if it had none. `entry` is the row in
    the history of somebody who is DONE.
    """

    wanted: WantedPerson
    verdict: PlanVerdict
    reason: str = ""
    user: User | None = None
    candidates: tuple[User, ...] = ()
    findings: tuple[Finding, ...] = ()
    allowed: frozenset[str] = frozenset()
    last_batch: str = ""
    entry: HistoryEntry | None = None


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What a batch would do, in the order in which people are named. It is immutable."""

    id: str
    instance: Instance
    people: tuple[PlannedPerson, ...]
    _counts: Counter[PlanVerdict] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_counts", Counter(person.verdict for person in self.people))

    def count(self, *verdicts: PlanVerdict) -> int:
        """Return how many people have one of these verdicts."""
        return sum(self._counts[verdict] for verdict in verdicts)

    @property
    def links(self) -> tuple[PlannedPerson, ...]:
        """Return who gets a link, in order."""
        return self.having(PlanVerdict.LINK)

    def having(self, *verdicts: PlanVerdict) -> tuple[PlannedPerson, ...]:
        """Return the people with one of these verdicts, in order."""
        return tuple(person for person in self.people if person.verdict in verdicts)

    @property
    def other_batch(self) -> str:
        """Return the other batch in which most of the stopped people got their link; empty if none did."""
        batches = Counter(person.last_batch for person in self.having(PlanVerdict.STOPPED))
        del batches[""], batches[self.id]
        return batches.most_common(1)[0][0] if batches else ""

    def with_stopped_taken_in(self, user_ids: Collection[str]) -> "BatchPlan":
        """Return the plan in which these people, whom a guard stopped, get a link anyway."""
        people = (_taken_in(one) if _is_in(one, user_ids) else one for one in self.people)
        return replace(self, people=tuple(people))

    def without(self, user_ids: Collection[str]) -> "BatchPlan":
        """Return the plan without these people."""
        return replace(self, people=tuple(one for one in self.people if not _is_in(one, user_ids)))


def _is_in(person: PlannedPerson, user_ids: Collection[str]) -> bool:
    return person.user is not None and person.user.id in user_ids


def _taken_in(person: PlannedPerson) -> PlannedPerson:
    if person.verdict is not PlanVerdict.STOPPED:
        return person
    codes = {finding.code for finding in person.findings if finding.is_overridable}
    return replace(person, verdict=PlanVerdict.LINK, allowed=person.allowed | codes)


def picked_people(users: Iterable[User]) -> list[FoundPerson]:
    """Return people chosen from the list, who need no search, each named by the user name."""
    return [FoundPerson(WantedPerson(user.user_name or user.id), (user,)) for user in users]


def match_people(wanted: Sequence[WantedPerson], users: Iterable[User]) -> list[FoundPerson]:
    """Return for each named person the users whose e-mail, user name or record id the text is.

    Case is ignored. What the text can be is its `kind`. Of several with one e-mail, the row's user name
    decides, if it has one.
    """
    index: dict[tuple[IdentifierKind, str], dict[str, User]] = {}
    for user in users:
        for kind, text in _identifiers(user):
            index.setdefault((kind, text.casefold()), {})[user.id] = user
    return [FoundPerson(one, _candidates(one, index)) for one in wanted]


def _identifiers(user: User) -> tuple[tuple[IdentifierKind, str], ...]:
    return (
        (IdentifierKind.EMAIL, user.email),
        (IdentifierKind.USER_NAME, user.user_name),
        (IdentifierKind.RECORD_ID, user.id),
    )


def _candidates(
    wanted: WantedPerson, index: Mapping[tuple[IdentifierKind, str], Mapping[str, User]]
) -> tuple[User, ...]:
    kinds = _SPECIFIC_KINDS if wanted.kind is IdentifierKind.ANY else (wanted.kind,)
    found: dict[str, User] = {}
    for text in filter(None, (wanted.written, wanted.text)):
        for kind in kinds:
            found |= index.get((kind, text.casefold()), {})
        if found:
            break
    named = [user for user in found.values() if user.user_name.casefold() == wanted.user_name.casefold()]
    return tuple(named) if wanted.user_name and len(named) == 1 else tuple(found.values())


async def plan_batch(  # noqa: PLR0913 - one argument for each thing that decides
    instance: Instance,
    found: Sequence[FoundPerson],
    check: Check,
    *,
    batch_id: str,
    done: Mapping[str, HistoryEntry],
    allowed: Set[str] = frozenset(),
    on_progress: Callable[[int, int], object] = lambda looked, total: None,
) -> BatchPlan:
    """Return the plan of a batch, after reading the profile of everybody who may get a link.

    `done` is the batch's state in the history, from `batch_state`. `allowed` are the codes of the findings
    that the user overrides for everybody. `on_progress` gets how many of how many people were looked at.
    Raises what `check` raises, except that a profile does not exist or may not be read.
    """
    planned: list[PlannedPerson] = []
    named: dict[str, WantedPerson] = {}
    mailboxes: dict[str, User] = {}
    for number, one in enumerate(found):
        on_progress(number, len(found))
        person = _plan_unmatched(one) or _plan_repeated(one, named) or _plan_done(one, done)
        if person is None:
            person = await _plan_by_profile(one, check, frozenset(allowed), mailboxes)
        planned.append(person)
    on_progress(len(found), len(found))
    return BatchPlan(batch_id, instance, tuple(planned))


def _plan_unmatched(found: FoundPerson) -> PlannedPerson | None:
    wanted, candidates = found.wanted, found.candidates
    if len(candidates) == 1:
        return None
    if not candidates:
        nobody = f"Nobody matches “{wanted.text}”." if wanted.text else "The row names nobody."
        reason = found.problem or nobody
        return PlannedPerson(wanted, PlanVerdict.UNKNOWN_PERSON, reason)
    ways = [_kind_of_match(user, wanted.text) for user in candidates]
    if wanted.kind is IdentifierKind.ANY and len(set(ways)) > 1:
        owners = [
            f"the {way} of {user.name or user.user_name}" for way, user in zip(ways, candidates, strict=True)
        ]
        reason = f"“{wanted.text}” is {', and '.join(owners)}."
    else:
        names = ", ".join(user.user_name or user.id for user in candidates[:_MAX_NAMED])
        more = ", …" if len(candidates) > _MAX_NAMED else ""
        reason = f"{len(candidates)} people match “{wanted.text}”: {names}{more}."
    return PlannedPerson(wanted, PlanVerdict.AMBIGUOUS, reason, candidates=candidates)


def _kind_of_match(user: User, text: str) -> str:
    """Return what a text is of a user whom it matches."""
    return next((kind for kind, own in _identifiers(user) if own.casefold() == text.casefold()), "name")


def _plan_repeated(found: FoundPerson, named: dict[str, WantedPerson]) -> PlannedPerson | None:
    """Return the plan for somebody named before, else note who is named here."""
    [user] = found.candidates
    earlier = named.setdefault(user.id, found.wanted)
    if earlier is found.wanted:
        return None
    place = f" in {earlier.place}" if earlier.place else ""
    reason = f"The same person as “{earlier.text}”{place}."
    return PlannedPerson(found.wanted, PlanVerdict.REPEATED, reason, user)


def _plan_done(found: FoundPerson, done: Mapping[str, HistoryEntry]) -> PlannedPerson | None:
    [user] = found.candidates
    entry = done.get(user.id)
    return None if entry is None else done_person(found.wanted, user, entry)


def done_person(wanted: WantedPerson, user: User, entry: HistoryEntry) -> PlannedPerson:
    """Return the plan for somebody whose link went out in this batch, or may have."""
    if entry.outcome is Outcome.SENT:
        reason = f"A link was sent in this batch (row {entry.id} of the history)."
    else:
        reason = (
            f"A link may have been sent in this batch (row {entry.id} of the history): look in the mailbox "
            "and in the login history."
        )
    return PlannedPerson(wanted, PlanVerdict.DONE, reason, user, entry=entry)


async def _plan_by_profile(
    found: FoundPerson, check: Check, allowed: frozenset[str], mailboxes: dict[str, User]
) -> PlannedPerson:
    wanted, [user] = found.wanted, found.candidates
    try:
        prepared = await check(user)
    except UserNotFoundError as error:
        return PlannedPerson(wanted, PlanVerdict.UNKNOWN_PERSON, str(error), user)
    except PermissionDeniedError as error:
        return PlannedPerson(wanted, PlanVerdict.SKIPPED, str(error), user)
    user, findings = prepared.profile.user, prepared.findings
    if other := mailboxes.get(user.email.casefold()):
        findings = (*findings, _shared_mailbox_finding(other))
    stopping = [one for one in findings if one.stops(allowed)]
    verdict = (
        PlanVerdict.SKIPPED if prepared.blockers else PlanVerdict.STOPPED if stopping else PlanVerdict.LINK
    )
    if verdict is PlanVerdict.LINK and user.email:
        mailboxes.setdefault(user.email.casefold(), user)
    last = prepared.last_reset
    return PlannedPerson(
        wanted,
        verdict,
        " ".join(dict.fromkeys(finding.message for finding in stopping or findings)),
        user,
        findings=findings,
        allowed=allowed,
        last_batch=last.request.batch if last is not None else "",
    )


def _shared_mailbox_finding(other: User) -> Finding:
    """Return what the guards will find once the other person with this e-mail has got a link."""
    words = f"{other.name or other.user_name} has the same e-mail, and gets a link in this batch."
    return Finding(SENT_RECENTLY, words)

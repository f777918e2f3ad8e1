"""What was seen so far in the recording of a walk."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from dazos_tui.config.models import Instance
from dazos_tui.crm.models import MenuItem
from dazos_tui.learning.json_list import LearnedUserList, RecordedUserLists
from dazos_tui.learning.recorded_sends import RecordedSends
from dazos_tui.learning.recording import RecordedExchange, RecordingError
from dazos_tui.learning.request_fields import KnownPerson, RecordedSession
from dazos_tui.learning.request_lesson import path_within
from dazos_tui.learning.sights import (
    ListSight,
    ProfileSight,
    SignInSight,
    see_form,
    see_list,
    see_profile,
    see_submission,
    see_token,
    shows_signed_out,
)

_MAX_PEOPLE = 5_000
_MAX_LISTS = 100
"""The most pages of the list that are read, as each takes some ten milliseconds."""


def crm_address(exchange: RecordedExchange) -> str:
    """Return the address of the CRM of a request: the folder of a page like vtiger's; empty for others."""
    parts = exchange.request.parts
    query = dict(parse_qsl(parts.query))
    fields = dict(exchange.request.body.fields) if exchange.request.body is not None else {}
    folder, _, script = parts.path.rpartition("/")
    if script not in {"", "index.php"}:
        return ""
    is_crm = ("module" in query and {"view", "action"} & query.keys()) or fields.get("module") == "Users"
    return f"{parts.scheme}://{parts.netloc}{folder}/" if is_crm else ""


@dataclass
class WalkObservations:
    """What the exchanges of a recording show of one instance. No page is kept, only what was read in it."""

    instance: Instance
    addresses: set[str] = field(default_factory=set)
    count: int = 0
    has_bodies: bool = False
    sign_in: SignInSight | None = None
    users: ListSight | None = None
    inactive: ListSight | None = None
    profile: ProfileSight | None = None
    is_signed_out_seen: bool = False
    json_lists: RecordedUserLists = field(default_factory=RecordedUserLists, repr=False)
    menu: list[MenuItem] = field(default_factory=list, repr=False)
    sends: RecordedSends = field(default_factory=RecordedSends, repr=False)
    _people: list[KnownPerson] = field(default_factory=list, repr=False)
    _lists: int = 0
    _tokens: set[str] = field(default_factory=set, repr=False)

    @property
    def session(self) -> RecordedSession:
        """Return the people and tokens that were seen."""
        return RecordedSession(tuple(self._people), frozenset(self._tokens))

    def see(self, exchange: RecordedExchange) -> None:
        """Look at one exchange, in the order of the recording."""
        if address := crm_address(exchange):
            self.addresses.add(address)
        try:
            relative = path_within(self.instance, exchange.request)
        except RecordingError:
            self.sends.add_foreign(exchange)
            return
        self.count += 1
        response, paths = exchange.response, self.instance.paths
        self.has_bodies = self.has_bodies or bool(response.text)
        if shows_signed_out(exchange, relative, paths.index):
            self.is_signed_out_seen = True
        if token := see_token(response):
            self._tokens.add(token)
        if not self._see_page(exchange, relative):
            self.sends.add(exchange, relative)

    def _see_page(self, exchange: RecordedExchange, relative: str) -> bool:
        labels = self.instance.labels
        if (submission := see_submission(exchange, relative)) is not None:
            self._add_sign_in(submission)
        elif self._lists < _MAX_LISTS and (users := see_list(exchange, relative, labels)) is not None:
            self._lists += 1
            self._add_list(users)
        elif (profile := see_profile(exchange, relative, labels)) is not None:
            self.profile = profile
            self._people.append(profile.person)
            self._add_menu(profile.menu)
        elif (form := see_form(exchange, relative)) is not None:
            self._add_sign_in(form)
        else:
            return self.json_lists.add(exchange, relative)
        return True

    def learn_json_list(self) -> LearnedUserList | None:
        """Return what was seen of a list in JSON, if any. Its people are known from then on."""
        learned = self.json_lists.lesson(self.profile.person if self.profile is not None else None)
        if learned is not None:
            self._add_people(learned.people)
        return learned

    def _add_sign_in(self, sign_in: SignInSight) -> None:
        before = self.sign_in
        fields = (*(before.further_fields if before is not None else ()), *sign_in.further_fields)
        has_captcha = sign_in.has_captcha or (before is not None and before.has_captcha)
        self.sign_in = SignInSight(sign_in.path, tuple(dict.fromkeys(fields)), has_captcha)

    def _add_list(self, users: ListSight) -> None:
        if users.status_value:
            self.inactive = users
        else:
            self.users = users
        self._add_people(users.people)
        self._add_menu(users.menu)

    def _add_people(self, people: tuple[KnownPerson, ...]) -> None:
        # Before the profiles, the last of which is the person whom the link goes to.
        self._people[:0] = people[: max(0, _MAX_PEOPLE - len(self._people))]

    def _add_menu(self, items: Iterable[MenuItem]) -> None:
        known = {(item.label, item.href) for item in self.menu}
        self.menu += [item for item in items if (item.label, item.href) not in known]

    def require_one_instance(self) -> None:
        """Raise RecordingError if the recording is of another site, or of several CRMs."""
        if not self.count:
            raise RecordingError(
                f"The recording has no request to {self.instance.url}, the address of {self.instance.name}.",
                advice="Record the walk on this instance, or choose the one it belongs to with -i NAME.",
            )
        if len(self.addresses) > 1:
            raise RecordingError(
                f"The recording shows {len(self.addresses)} different CRMs.",
                advice="Close the others, clear the browser's network list, and record the walk on one only.",
            )

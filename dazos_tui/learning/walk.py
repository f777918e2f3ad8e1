"""Learns an instance from the recording of a whole walk: sign in, list, person, menu, send."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from pydantic import ValidationError

from dazos_tui.config.models import Instance
from dazos_tui.config.toml_edit import Keys, Value
from dazos_tui.crm.dialect import Labels, is_same_label
from dazos_tui.crm.errors import WrongHostError
from dazos_tui.crm.menu_item_urls import with_problems
from dazos_tui.crm.models import MenuItem, MenuItemKind
from dazos_tui.learning.config_changes import with_known, without_known
from dazos_tui.learning.recorded_sends import RecordedSend
from dazos_tui.learning.recording import RecordedExchange, RecordingError, reads_recording
from dazos_tui.learning.request_fields import is_plain_address
from dazos_tui.learning.request_lesson import LearnedRequest, learn_request, origin_of
from dazos_tui.learning.sights import is_same_page
from dazos_tui.learning.walk_observations import WalkObservations, crm_address

_WALK = "sign in, open the list of users, open a person's profile, and send the link to yourself"
_BODIES_ADVICE = (
    "Record it with the answers: in Firefox “Save All As HAR” has them, in Chrome “Save all as HAR” does "
    "while the developer tools are open during the whole walk."
)
_SHOWN_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class LearnedPart:
    """One thing that was recognised, in words; or was not, and then `advice` says what to do."""

    topic: str
    words: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class LearnedWalk:
    """What a recording says about an instance, without anything of its session or of a person.

    `changes` are the values for the config, by the keys within the instance's table; empty if the config
    says all of it already. `reset` is the request that sends a link, None if the recording has none. If it
    has `candidates`, `learn_walk` has to be called again with a `person_field`.
    """

    recognised: tuple[LearnedPart, ...]
    missing: tuple[LearnedPart, ...]
    changes: dict[Keys, Value]
    reset: LearnedRequest | None = None


@reads_recording
def crm_addresses(exchanges: Iterable[RecordedExchange]) -> tuple[str, ...]:
    """Return the addresses of the CRMs in a recording, for a config that has none yet."""
    return tuple(sorted({address for one in exchanges if (address := crm_address(one))}))


@reads_recording
def learn_walk(
    instance: Instance, exchanges: Iterable[RecordedExchange], *, person_field: str | None = None
) -> LearnedWalk:
    """Return what a recording says about an instance. Raises RecordingError if it cannot be learned from."""
    seen = WalkObservations(instance)
    for exchange in exchanges:
        seen.see(exchange)
    seen.require_one_instance()
    report = _Report(instance, seen)
    report.add("address", instance.url)
    report.sign_in()
    report.users()
    report.profile()
    report.menu()
    report.reset(person_field)
    report.enable_login()
    report.signed_out()
    changes = without_known(instance, report.changes)
    return LearnedWalk(tuple(report.recognised), tuple(report.missing), changes, report.lesson)


@dataclass
class _Report:
    """What is said of the observations, and what follows for the config."""

    instance: Instance
    seen: WalkObservations
    recognised: list[LearnedPart] = field(default_factory=list)
    missing: list[LearnedPart] = field(default_factory=list)
    changes: dict[Keys, Value] = field(default_factory=dict)
    lesson: LearnedRequest | None = None

    def add(self, topic: str, words: str) -> None:
        """Say that something was recognised."""
        self.recognised.append(LearnedPart(topic, words))

    def miss(self, topic: str, words: str, advice: str) -> None:
        """Say that something was not recognised."""
        # Without the answers, the advice about a single page would not help.
        self.missing.append(LearnedPart(topic, words, advice if self.seen.has_bodies else _BODIES_ADVICE))

    def sign_in(self) -> None:
        """Report the sign-in form."""
        sign_in = self.seen.sign_in
        if sign_in is None:
            self.miss("sign-in", "the recording begins after it", f"To learn it too, {_WALK}.")
            return
        fields = ", ".join(sign_in.further_fields)
        words = (
            f"user name and password, and further fields: {fields}" if fields else "user name and password"
        )
        self.add("sign-in", words)
        if sign_in.has_captcha:
            self.miss(
                "captcha",
                "the sign-in form has one, which only a browser can show",
                'Set auth = "cookie" for this instance.',
            )
        self._set_path("index", sign_in.path)

    def users(self) -> None:
        """Report the list of users, and where the inactive accounts are."""
        users, inactive = self.seen.users, self.seen.inactive
        if users is None:
            self._json_list()
            return
        size = f", {users.size} a page" if users.size else ""
        columns = ", ".join(users.columns[:_SHOWN_COLUMNS])
        self.add("list of users", f"columns {columns}{size}")
        self._set_path("users", users.path)
        if inactive is not None:
            self.add("inactive accounts", "a list of their own, by the status")
        elif users.shows_inactive:
            self.add("inactive accounts", "in the same list")
        else:
            self._miss_inactive()

    def _miss_inactive(self) -> None:
        self.miss("inactive accounts", "not in the recording", "To learn where they are, open that list too.")

    def _json_list(self) -> None:
        """Report a list of users that comes as JSON beside the pages."""
        learned = self.seen.learn_json_list()
        if learned is None:
            self.miss("list of users", "no page of it was read", f"To learn it, {_WALK}.")
        elif learned.table is None:
            self.miss("list of users", f"{learned.words}, but {learned.problem}", learned.advice)
        else:
            self.add("list of users", learned.words)
            self.changes["user_list",] = learned.table
            if "inactive_path" in learned.table:
                self.add("inactive accounts", "a list of their own")
            elif "status" in learned.table["fields"]:
                self.add("inactive accounts", "in the same list")
            else:
                self._miss_inactive()

    def profile(self) -> None:
        """Report the address of profiles."""
        profile = self.seen.profile
        if profile is None:
            self.miss("profile", "no profile was read", f"To learn it, {_WALK}.")
            return
        self.add("profile", "a page with the usual fields")
        self._set_path("profile", profile.path)

    def _set_path(self, key: str, found: str) -> None:
        if not found or is_same_page(found, getattr(self.instance.paths, key)):
            return
        if is_plain_address(found, self.seen.session.people):
            self.changes["paths", key] = found
            self.add(f"paths.{key}", found)
        else:
            self.miss(
                f"paths.{key}",
                "the address has something of a session or a person in it",
                f"Write {key} into the instance's paths yourself, without that.",
            )

    def menu(self) -> None:
        """Report the menu's labels; propose the item's own label if it is another."""
        item = self._item(MenuItemKind.SEND_RESET_LINK)
        if item is not None:
            how = "with an address" if item.href else "a script without an address"
            self.add("menu item", f"“{item.label}”, {how}")
        elif (label := self._other_label()) is not None:
            self.changes["labels", "send_reset_link"] = label
            self.add("menu item", f"“{label}”, another label than “{self.instance.labels.send_reset_link}”")
        elif self.seen.profile is not None:
            self.miss(
                "menu item",
                f"no menu has “{self.instance.labels.send_reset_link}”",
                "If the item is called something else, write labels.send_reset_link into the config.",
            )
        if (item := self._item(MenuItemKind.ENABLE_LOGIN)) is not None:
            self.add("menu item", f"“{item.label}”")

    def _item(self, kind: MenuItemKind) -> MenuItem | None:
        return next((item for item in self.seen.menu if item.kind is kind), None)

    def _other_label(self) -> str | None:
        """Return the label of the item that must have sent the link; None if it cannot be told."""
        sends = self.seen.sends.find_reset(self.seen.session.people)
        if not sends:
            return None
        leading = [item for item in self.seen.menu if item.href and self._leads_to(item, sends[0])]
        scripted = [item for item in self.seen.menu if not item.href]
        labels = {item.label for item in leading or scripted if self._is_usable_label(item.label)}
        return labels.pop() if len(labels) == 1 else None

    def _leads_to(self, item: MenuItem, send: RecordedSend) -> bool:
        try:
            url = self._resolve(item.href)
        except (WrongHostError, ValueError):
            return False
        return is_same_page(url, urljoin(self.instance.url, send.relative))

    def _is_usable_label(self, label: str) -> bool:
        try:
            Labels(send_reset_link=label)
        except ValidationError:
            return False
        words = {word.casefold() for word in label.split()}
        return not any(words & person.texts for person in self.seen.session.people) and not any(
            is_same_label(label, other) for other in (self.instance.labels.enable_login, "Enable Login")
        )

    def reset(self, person_field: str | None) -> None:
        """Report the request that sends a link. Raises RecordingError if it cannot be repeated."""
        sends = self.seen.sends.find_reset(self.seen.session.people)
        if not sends:
            self.missing.append(LearnedPart("reset request", *self._why_no_reset()))
            return
        self.lesson = self._learn_newest(sends, person_field)
        self.add("reset request", self.lesson.summary)
        if self.lesson.template is None:
            return
        if self._item_suffices(MenuItemKind.SEND_RESET_LINK, sends[0], self.lesson.template):
            self.add("request in the config", "not needed: the menu item's own address does the same")
            return
        template = dict(self.lesson.template)
        has_item = self._item(MenuItemKind.SEND_RESET_LINK) or ("labels", "send_reset_link") in self.changes
        if self.seen.profile is not None and not has_item:
            template["offered"] = "always"
            self.add("offered", "always, since no menu has the item")
        if "success" in template:
            rule = template["success"]
            self.add("success answer", f"{rule['pointer']} is {str(rule['equals']).lower()}")
        self._change_request("reset_request", template, self.lesson)

    def _why_no_reset(self) -> tuple[str, str]:
        """Return why there is no request that sends a link, and what to do."""
        if self.seen.sends.uses_public_form:
            return (
                "the link was sent with the public form for a forgotten password",
                'Set reset_route = "forgot_password" for this instance: it uses that form.',
            )
        if self.seen.sends.has_foreign:
            return (
                "the one that seems to send the link went to another site",
                "Only requests to the instance itself can be run. Ask the CRM's vendor for one.",
            )
        return (
            "the recording has none",
            "Record it while you send a link to yourself, or copy that request as cURL.",
        )

    def _learn_newest(self, sends: list[RecordedSend], person_field: str | None) -> LearnedRequest:
        """Learn from the newest send that worked. Raises RecordingError, of the newest, if none did."""
        failures: list[RecordingError] = []
        for send in sends:
            try:
                return self._learn(send, person_field)
            except RecordingError as error:
                failures.append(error)
        raise failures[0]

    def _learn(self, send: RecordedSend, person_field: str | None) -> LearnedRequest:
        exchange = send.exchange
        return learn_request(
            self.instance,
            exchange.request,
            exchange.response,
            person_field=person_field,
            session=self.seen.session,
        )

    def _item_suffices(self, kind: MenuItemKind, send: RecordedSend, template: dict[str, Any]) -> bool:
        """Return whether running the address in the menu makes the same request."""
        items = [item for item in self.seen.menu if item.kind is kind and self._leads_to(item, send)]
        checked = with_problems(items, self._resolve)
        fields = set(template.get("form", {})) - {"__vtrftk"}
        is_usual = not fields and not {"json", "success", "method"} & template.keys()
        return is_usual and any(not item.problem for item in checked)

    def _resolve(self, href: str) -> str:
        """Return an item's absolute URL. Raises WrongHostError, and ValueError if the address is damaged."""
        url = urljoin(self.instance.url, href)
        if origin_of(url) != origin_of(self.instance.url):
            raise WrongHostError("another host")
        return url

    def signed_out(self) -> None:
        """Report how a page looks without a session."""
        if self.seen.is_signed_out_seen:
            self.add("signed-out answer", "a page leads to the sign-in page")
        else:
            self.missing.append(
                LearnedPart(
                    "signed-out answer",
                    "not in the recording, so the usual ones are expected",
                    "To check it, sign out and open a person's address again before you save the recording.",
                )
            )

    def enable_login(self) -> None:
        """Report the request that enables a locked login, if there is one."""
        send = self.seen.sends.find_enable()
        if send is None:
            return
        try:
            lesson = self._learn(send, None)
        except RecordingError as error:
            self.miss("enable-login request", str(error), error.advice)
            return
        self.add("enable-login request", lesson.summary)
        if lesson.template and not self._item_suffices(MenuItemKind.ENABLE_LOGIN, send, lesson.template):
            self._change_request("enable_login_request", lesson.template, lesson)

    def _change_request(self, key: str, template: dict[str, Any], lesson: LearnedRequest) -> None:
        # A menu that has the item does not show that all menus do.
        unseen = ("offered",) if lesson.shows_answer else ("offered", "success")
        self.changes[key,] = with_known(self.instance, key, template, unseen)

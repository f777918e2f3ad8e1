"""The dialog that confirms a reset link before it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from dazos_tui.config.models import Instance, ResetRoute
from dazos_tui.crm.models import Profile
from dazos_tui.history.times import utc_now
from dazos_tui.resets.findings import NO_MENU_ITEM
from dazos_tui.resets.service import PreparedReset
from dazos_tui.tui.dialogs.guarded_dialog import GuardedDialog
from dazos_tui.tui.dialogs.guarded_layout import GuardedContent, KeyHint
from dazos_tui.tui.formatting import format_age, format_count, format_last_attempt
from dazos_tui.tui.job_errors import JobError
from dazos_tui.tui.target import ResetTarget


@dataclass(frozen=True, slots=True)
class SendConfirmed:
    """The user confirmed this send; `ticket` is empty without one.

    `allowed` are the codes of the findings that the user read and chose to override.
    """

    check: PreparedReset
    ticket: str
    allowed: frozenset[str]


@dataclass(frozen=True, slots=True)
class EnableLoginFirst:
    """The user chose to unlock the login before sending."""

    profile: Profile
    ticket: str


@dataclass(frozen=True, slots=True)
class CheckAgain:
    """The user chose to repeat a failed check."""

    ticket: str


@dataclass(frozen=True, slots=True)
class TeachFirst:
    """The user chose to teach the request that sends links; `is_in_menu` if a menu shows the item."""

    is_in_menu: bool
    ticket: str


ConfirmAnswer = TeachFirst | SendConfirmed | ResetRoute | EnableLoginFirst | CheckAgain


class ConfirmDialog(GuardedDialog[ConfirmAnswer]):
    """Shows the recipient and the instance of a link, and the findings once the profile has been read.

    Returns exactly the check it showed, with the ticket; or the route to use from now on in this instance, if
    no menu offers the link and no route was chosen yet; or that the login should be unlocked first, the
    request be taught, or the failed check be repeated; or None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "enable_first", "Enable login"),
        Binding("f", "take_route('forgot_password')", "Use the form"),
        Binding("v", "take_route('menu')", "Never here"),
        Binding("l", "teach", "Teach it"),
        Binding("r", "try_again", "Try again"),
    ]
    confirm_label, busy_label, override_label = "send", "Sending …", "send anyway"
    nothing_done = "Nothing was sent"

    def __init__(
        self, instance: Instance, target: ResetTarget, *, ticket: str = "", last_ticket: str = ""
    ) -> None:
        content = GuardedContent(
            title="Send a reset link?",
            short_title="Send?",
            environment=instance.environment,
            person=target.name,
            email=target.email or "—",
            place=f"{instance.name} · {instance.host}",
            notes=("Reading the profile …",),
            undone="Not sent yet.",
        )
        super().__init__(content, ticket=ticket, last_ticket=last_ticket)
        self._check: PreparedReset | None = None
        self._alternatives: tuple[KeyHint, ...] = ()

    def show_check(self, check: PreparedReset) -> None:
        """Show the result of the check, and accept an answer."""
        self._check = check
        content = _with_profile(self._guarded_content, check)
        if check.blockers:
            form = _FORM_HINT if check.needs_forgot_password_form else ()
            self._alternatives = (*form, *(_TEACH if check.can_be_taught else ()))
            title = "No menu sends links here" if check.needs_forgot_password_form else _CANNOT_SEND
            self.show_content(
                replace(_cannot_send(content, title), refusals=_finding_sentences(check, blocks=True))
            )
        else:
            self._alternatives = _ENABLE if check.profile.is_locked else ()
            self.show_content(replace(content, asks=True))

    def show_trouble(self, trouble: JobError) -> None:
        """Show why the check failed."""
        self._alternatives = _TRY_AGAIN
        self.show_content(
            replace(
                _cannot_send(self._guarded_content, _CANNOT_SEND),
                refusals=(str(trouble),),
                notes=(trouble.advice,) if trouble.advice else (),
            )
        )

    def confirmed_result(self) -> SendConfirmed | None:
        """Return the check that was shown, with the ticket and the overridden findings."""
        if self._check is None:
            return None
        return SendConfirmed(
            self._check, self.ticket, frozenset(finding.code for finding in self._check.overridable)
        )

    def alternative_hints(self) -> Sequence[KeyHint]:
        """Return the keys of what else can be done for this user."""
        return self._alternatives

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable these letters where they do nothing, or too early: they then count as any other letter."""
        if action in _ROUTE_HINTS:
            offered = any(hint.action.startswith(action) for hint in self._alternatives)
            return offered and self.guard.is_armed and self.fits and not self.guard.is_confirmed
        return super().check_action(action, parameters)

    def action_take_route(self, route: str) -> None:
        """Send nothing yet: use this route in this instance from now on, and check again."""
        self.leave(ResetRoute(route))

    def action_enable_first(self) -> None:
        """Send nothing yet: unlock the login first."""
        if self._check is not None:
            self.leave(EnableLoginFirst(self._check.profile, self.ticket))

    def action_teach(self) -> None:
        """Send nothing: teach the request that sends links."""
        if self._check is not None:
            codes = {finding.code for finding in self._check.blockers}
            self.leave(TeachFirst(NO_MENU_ITEM not in codes, self.ticket))

    def action_try_again(self) -> None:
        """Repeat the check."""
        self.leave(CheckAgain(self.ticket))


_CANNOT_SEND = "No link can be sent"
_ROUTE_HINTS = frozenset({"take_route", "enable_first", "try_again", "teach"})
_TEACH = (KeyHint("l", "teach it", "teach", "teach"),)
_ENABLE = (KeyHint("e", "enable login first", "enable first", "enable_first"),)
_TRY_AGAIN = (KeyHint("r", "try again", action="try_again"),)
_FORM_HINT = (
    KeyHint("f", "form from now on", "use form", "take_route('forgot_password')"),
    KeyHint("v", "never here", "never", "take_route('menu')"),
)


def _with_profile(content: GuardedContent, check: PreparedReset) -> GuardedContent:
    """Return the content of the dialog once the profile has been read."""
    user = check.profile.user
    stops = tuple(finding.message for finding in check.overridable)
    return replace(
        content,
        person=user.name or user.user_name,
        email=user.email or "—",
        user_name=user.user_name,
        details=f"{user.status.label} · {user.role or 'no role'} · last link: {_last_reset_text(check)}",
        stops=stops,
        notes=_finding_sentences(check, blocks=False),
        question=f"Send despite {format_count(len(stops), 'warning')}?",
    )


def _finding_sentences(check: PreparedReset, *, blocks: bool) -> tuple[str, ...]:
    """Return the messages of findings that block the send, or of those that are only worth knowing."""
    found = (finding for finding in check.findings if not finding.is_overridable or check.blockers)
    return tuple(finding.message for finding in found if finding.is_blocking is blocks)


def _cannot_send(content: GuardedContent, title: str) -> GuardedContent:
    """Return the content without a question, stops or ticket: there is nothing to answer."""
    return replace(content, title=title, short_title=_CANNOT_SEND, stops=(), has_ticket=False)


def _last_reset_text(check: PreparedReset) -> str:
    now, entry = utc_now(), check.last_reset
    parts = (
        [f"{entry.outcome}, {format_age(entry.requested_at, now)} by {entry.request.operator}"]
        if entry
        else []
    )
    if check.last_failed is not None:
        parts.append(format_last_attempt(check.last_failed, now))
    return "; ".join(parts) or "never from here"

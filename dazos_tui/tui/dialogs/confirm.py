"""The last look before a link goes out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from dazos_tui.config.models import Instance, ResetRoute
from dazos_tui.crm.models import Profile
from dazos_tui.history.store import utc_now
from dazos_tui.resets.service import PreparedReset
from dazos_tui.tui.dialogs.guarded_dialog import GuardedDialog
from dazos_tui.tui.dialogs.guarded_layout import GuardedContent, KeyHint
from dazos_tui.tui.formatting import format_age, format_count, format_last_attempt
from dazos_tui.tui.job_errors import Trouble
from dazos_tui.tui.target import ResetTarget


@dataclass(frozen=True, slots=True)
class SendConfirmed:
    """That this link is to be sent, for this ticket (empty: for none).

    `allowed` are the codes of the findings that somebody read and decided against.
    """

    check: PreparedReset
    ticket: str
    allowed: frozenset[str]


@dataclass(frozen=True, slots=True)
class EnableLoginFirst:
    """That the locked login of this profile is to be let in again first, for this ticket."""

    profile: Profile
    ticket: str


@dataclass(frozen=True, slots=True)
class CheckAgain:
    """That the look that failed is to be taken again, with this ticket."""

    ticket: str


ConfirmAnswer = SendConfirmed | ResetRoute | EnableLoginFirst | CheckAgain


class ConfirmDialog(GuardedDialog[ConfirmAnswer]):
    """Shows whom and where a link is for, and what speaks against it as soon as the profile was read.

    Gives back the very check it showed, with the
    ticket; or the route to take from now on in this instance, where no menu offers the link and none was
    chosen yet; or that a locked login is to be enabled first, or a failed look taken again; or None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "enable_first", "Enable login"),
        Binding("f", "take_route('forgot_password')", "Use the form"),
        Binding("v", "take_route('menu')", "Never here"),
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
        self._ways: tuple[KeyHint, ...] = ()

    def show_check(self, check: PreparedReset) -> None:
        """Show what was found, and take an answer."""
        self._check = check
        content = _with_profile(self._guarded_content, check)
        if check.blockers:
            self._ways = _FORM_HINT if check.needs_forgot_password_form else ()
            title = "No menu sends links here" if check.needs_forgot_password_form else _CANNOT_SEND
            self.show_content(
                replace(_cannot_send(content, title), refusals=_finding_sentences(check, blocks=True))
            )
        else:
            self._ways = _ENABLE if check.profile.is_locked else ()
            self.show_content(replace(content, asks=True))

    def show_trouble(self, trouble: Trouble) -> None:
        """Show why nothing was found out."""
        self._ways = _TRY_AGAIN
        self.show_content(
            replace(
                _cannot_send(self._guarded_content, _CANNOT_SEND),
                refusals=(str(trouble),),
                notes=(trouble.advice,) if trouble.advice else (),
            )
        )

    def confirmed_result(self) -> SendConfirmed | None:
        """Return the check that was shown, with the ticket, and what was decided against."""
        if self._check is None:
            return None
        return SendConfirmed(
            self._check, self.ticket, frozenset(finding.code for finding in self._check.overridable)
        )

    def alternative_hints(self) -> Sequence[KeyHint]:
        """Return the ways that there are for this person."""
        return self._ways

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take e, f, v and r for letters like any other where they mean nothing, or too early."""
        if action in _ROUTE_HINTS:
            offered = any(hint.action.startswith(action) for hint in self._ways)
            return offered and self.guard.is_armed and self.fits and not self.guard.is_confirmed
        return super().check_action(action, parameters)

    def action_take_route(self, route: str) -> None:
        """Send nothing yet: ask for links in this way from now on, in this instance, and look again."""
        self.leave(ResetRoute(route))

    def action_enable_first(self) -> None:
        """Send nothing yet: ask to enable the locked login first."""
        if self._check is not None:
            self.leave(EnableLoginFirst(self._check.profile, self.ticket))

    def action_try_again(self) -> None:
        """Look at the person again."""
        self.leave(CheckAgain(self.ticket))


_CANNOT_SEND = "No link can be sent"
_ROUTE_HINTS = frozenset({"take_route", "enable_first", "try_again"})
_ENABLE = (KeyHint("e", "enable login first", "enable first", "enable_first"),)
_TRY_AGAIN = (KeyHint("r", "try again", action="try_again"),)
_FORM_HINT = (
    KeyHint("f", "form from now on", "use form", "take_route('forgot_password')"),
    KeyHint("v", "never here", "never", "take_route('menu')"),
)


def _with_profile(content: GuardedContent, check: PreparedReset) -> GuardedContent:
    """Return what the box says once the profile was read."""
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
    """Return what forbids the send, or what is only worth knowing."""
    found = (finding for finding in check.findings if not finding.is_overridable or check.blockers)
    return tuple(finding.message for finding in found if finding.is_blocking is blocks)


def _cannot_send(content: GuardedContent, title: str) -> GuardedContent:
    """Return the box without anything that could be answered: no stop is to be read one by one then."""
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

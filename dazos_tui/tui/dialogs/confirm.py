"""The last look before a link goes out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from dazos_tui.config.models import Instance, ResetRoute
from dazos_tui.crm.models import Profile
from dazos_tui.history.store import utc_now
from dazos_tui.resets.service import Check
from dazos_tui.tui.dialogs.guarded_dialog import GuardedDialog
from dazos_tui.tui.dialogs.guarded_layout import KeyHint, Matter
from dazos_tui.tui.formatting import ago, counted, last_attempt
from dazos_tui.tui.job_errors import Trouble
from dazos_tui.tui.target import ResetTarget


@dataclass(frozen=True, slots=True)
class Confirmed:
    """That this link is to be sent, for this ticket (empty: for none).

    `allowed` are the codes of the findings that somebody read and decided against.
    """

    check: Check
    ticket: str
    allowed: frozenset[str]


@dataclass(frozen=True, slots=True)
class EnableFirst:
    """That the locked login of this profile is to be let in again first, for this ticket."""

    profile: Profile
    ticket: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """That the look that failed is to be taken again, with this ticket."""

    ticket: str


Answer = Confirmed | ResetRoute | EnableFirst | TryAgain


class ConfirmDialog(GuardedDialog[Answer]):
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
    yes_label, busy_label, against_label = "send", "Sending …", "send anyway"
    untouched = "Nothing was sent"

    def __init__(
        self, instance: Instance, target: ResetTarget, *, ticket: str = "", last_ticket: str = ""
    ) -> None:
        matter = Matter(
            title="Send a reset link?",
            short_title="Send?",
            environment=instance.environment,
            person=target.name,
            email=target.email or "—",
            place=f"{instance.name} · {instance.host}",
            notes=("Reading the profile …",),
            undone="Not sent yet.",
        )
        super().__init__(matter, ticket=ticket, last_ticket=last_ticket)
        self._check: Check | None = None
        self._ways: tuple[KeyHint, ...] = ()

    def show_check(self, check: Check) -> None:
        """Show what was found, and take an answer."""
        self._check = check
        matter = _known(self._matter, check)
        if check.blockers:
            self._ways = _BY_FORM if check.needs_form else ()
            title = "No menu sends links here" if check.needs_form else _IMPOSSIBLE
            self.show(replace(_forbidden(matter, title), refusals=_sentences(check, blocks=True)))
        else:
            self._ways = _ENABLE if check.profile.locked else ()
            self.show(replace(matter, asks=True))

    def show_trouble(self, trouble: Trouble) -> None:
        """Show why nothing was found out."""
        self._ways = _TRY_AGAIN
        self.show(
            replace(
                _forbidden(self._matter, _IMPOSSIBLE),
                refusals=(str(trouble),),
                notes=(trouble.advice,) if trouble.advice else (),
            )
        )

    def yes(self) -> Confirmed | None:
        """Return the check that was shown, with the ticket, and what was decided against."""
        if self._check is None:
            return None
        return Confirmed(self._check, self.ticket, frozenset(finding.code for finding in self._check.holds))

    def other_ways(self) -> Sequence[KeyHint]:
        """Return the ways that there are for this person."""
        return self._ways

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take e, f, v and r for letters like any other where they mean nothing, or too early."""
        if action in _WAYS:
            offered = any(hint.action.startswith(action) for hint in self._ways)
            return offered and self.guard.is_armed and self.fits and not self.guard.is_leaving
        return super().check_action(action, parameters)

    def action_take_route(self, route: str) -> None:
        """Send nothing yet: ask for links in this way from now on, in this instance, and look again."""
        self.leave(ResetRoute(route))

    def action_enable_first(self) -> None:
        """Send nothing yet: ask to enable the locked login first."""
        if self._check is not None:
            self.leave(EnableFirst(self._check.profile, self.ticket))

    def action_try_again(self) -> None:
        """Look at the person again."""
        self.leave(TryAgain(self.ticket))


_IMPOSSIBLE = "No link can be sent"
_WAYS = frozenset({"take_route", "enable_first", "try_again"})
_ENABLE = (KeyHint("e", "enable login first", "enable first", "enable_first"),)
_TRY_AGAIN = (KeyHint("r", "try again", action="try_again"),)
_BY_FORM = (
    KeyHint("f", "form from now on", "use form", "take_route('forgot_password')"),
    KeyHint("v", "never here", "never", "take_route('menu')"),
)


def _known(matter: Matter, check: Check) -> Matter:
    """Return what the box says once the profile was read."""
    user = check.profile.user
    stops = tuple(finding.sentence for finding in check.holds)
    return replace(
        matter,
        person=user.name or user.user_name,
        email=user.email or "—",
        user_name=user.user_name,
        details=f"{user.status.words} · {user.role or 'no role'} · last link: {_last(check)}",
        stops=stops,
        notes=_sentences(check, blocks=False),
        question=f"Send against {counted(len(stops), 'warning')}?",
    )


def _sentences(check: Check, *, blocks: bool) -> tuple[str, ...]:
    """Return what forbids the send, or what is only worth knowing."""
    found = (finding for finding in check.findings if not finding.is_overridable or check.blockers)
    return tuple(finding.sentence for finding in found if finding.blocks is blocks)


def _forbidden(matter: Matter, title: str) -> Matter:
    """Return the box without anything that could be answered: no stop is to be read one by one then."""
    return replace(matter, title=title, short_title=_IMPOSSIBLE, stops=(), has_ticket=False)


def _last(check: Check) -> str:
    now, entry = utc_now(), check.last
    parts = [f"{entry.outcome}, {ago(entry.requested_at, now)} by {entry.request.operator}"] if entry else []
    if check.failed is not None:
        parts.append(last_attempt(check.failed, now))
    return "; ".join(parts) or "never from here"

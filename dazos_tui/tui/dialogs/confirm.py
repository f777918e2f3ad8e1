"""The last look before a link goes out."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from dazos_tui.config import Instance, ResetRoute
from dazos_tui.crm.models import Profile
from dazos_tui.history.store import utc_now
from dazos_tui.resets.service import Check
from dazos_tui.tui import messages
from dazos_tui.tui.dialogs.deliberate import READING_SECONDS, TicketedDialog
from dazos_tui.tui.phrases import ago, fitted, last_attempt


@dataclass(frozen=True, slots=True)
class Confirmed:
    """That this link is to be sent, for this ticket (empty: for none)."""

    check: Check
    ticket: str


@dataclass(frozen=True, slots=True)
class EnableFirst:
    """That the locked login of this profile is to be let in again first, for this ticket."""

    profile: Profile
    ticket: str


Answer = Confirmed | ResetRoute | EnableFirst


class ConfirmDialog(TicketedDialog[Answer]):
    """Shows whom and where a link is for, as soon as the profile was read.

    Its own check, and no other, comes to it as a message. Gives back the very check it showed, with the
    ticket; or the route to take from now on in this instance, where no menu offers the link and none was
    chosen yet; or that a locked login is to be enabled first; or None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "enable_first", "Enable login"),
        Binding("f", "take_route('forgot_password')", "Use the form"),
        Binding("v", "take_route('menu')", "Never here"),
    ]
    yes_label, busy_label = "Send (y)", "Sending …"
    untouched = "Nothing was sent: another key than y was pressed."

    def __init__(self, instance: Instance, name: str, *, ticket: str = "", last_ticket: str = "") -> None:
        super().__init__(classes=f"env-{instance.environment}", ticket=ticket, last_ticket=last_ticket)
        self._instance = instance
        self._name = name
        self._check: Check | None = None

    def compose(self) -> ComposeResult:
        """Lay out target, warnings and buttons."""
        with Vertical(classes="box"):
            yield Static("Send a reset link?", classes="title", id="title", markup=False)
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(Content(f"Reading the profile of {self._name} …"), id="target")
            yield Static("", id="findings", markup=False)
            yield from self.ticket_line()
            with Horizontal(classes="buttons"):
                yield Button("Cancel (Esc)", id="cancel")
                yield Button(f"{self._instance.labels.enable_login} first (e)", id="enable", disabled=True)
                yield Button("Send …", id="yes", disabled=True)
                yield Button("Never here (v)", id="never", classes="route", disabled=True)
                yield Button("Form from now on (f)", id="form", classes="route", disabled=True)

    def on_mount(self) -> None:
        """Keep the question about the form, and the way out of a lock, to where they are needed."""
        self.query(".route, #enable").set(display=False)

    @on(messages.CheckReady)
    def _show_check(self, message: messages.CheckReady) -> None:
        message.stop()
        self._check = check = message.check
        target = self.query_one("#target", Static)
        target.update(target_of(check, target.size.width))
        if check.blockers:
            self._give_up("No menu sends links here" if check.needs_form else "No link can be sent")
            if check.needs_form:
                self._offer(".route")
        else:
            self.arm()
            if check.profile.locked:
                self._offer("#enable")
        self._show_findings(
            [f"{'✗' if finding.blocks else '!'} {finding.sentence}" for finding in check.findings]
        )

    def _offer(self, buttons: str) -> None:
        """Show these buttons besides, and take a press of them once the target could be read."""
        self.query_one(".buttons").add_class("many")
        offered = self.query(buttons)
        offered.set(display=True)
        self.set_timer(READING_SECONDS, partial(offered.set, disabled=False))

    def _give_up(self, title: str) -> None:
        self.query_one("#title", Static).update(title)
        self.query("#yes, #ticket-line").set(display=False)
        self.query_one("#cancel", Button).label = "Close (Esc)"

    @on(messages.CheckFailed)
    def _show_trouble(self, message: messages.CheckFailed) -> None:
        message.stop()
        self.query_one("#target", Static).update(Content("Nothing can be sent: the look before it failed."))
        self._show_findings([f"✗ {message.trouble}", message.trouble.advice])
        self._give_up("No link can be sent")

    def _show_findings(self, sentences: list[str]) -> None:
        findings = self.query_one("#findings", Static)
        findings.update("\n".join(filter(None, sentences)))
        findings.display = bool(sentences)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id in {"form", "never"}:
            self.action_take_route("forgot_password" if event.button.id == "form" else "menu")
        elif event.button.id == "enable":
            self.action_enable_first()

    def yes(self) -> Confirmed | None:
        """Return the check that was shown, with the ticket."""
        return Confirmed(self._check, self.ticket) if self._check is not None else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take e, f and v for letters like any other where they mean nothing."""
        match action:
            case "take_route":
                return not self.query_one("#form").disabled
            case "enable_first":
                return not self.query_one("#enable").disabled and not self.is_leaving
        return super().check_action(action, parameters)

    def action_take_route(self, route: str) -> None:
        """Send nothing yet: ask for links in this way from now on, in this instance, and look again."""
        self.leave(ResetRoute(route))

    def action_enable_first(self) -> None:
        """Send nothing yet: ask to enable the locked login first."""
        if self._check is not None:
            self.leave(EnableFirst(self._check.profile, self.ticket))


def target_of(check: Check, width: int) -> Content:
    """Return the target of a reset as aligned lines of label and value, the name cut to `width` cells."""
    user, instance = check.profile.user, check.instance
    env = instance.environment
    pieces: list[tuple[str, str] | str] = [
        ("Name      ", "dim"), (f"{fitted(user.name or '—', width - 10)}\n", "bold"),
        ("E-mail    ", "dim"), (f"{user.email or '—'}\n", "bold"),
        ("Instance  ", "dim"), (instance.name, "bold"), " ",
        (f" {env.upper()} ", f"$env-{env}-text on $env-{env} bold"), f"\n          {instance.host}\n",
        ("User name ", "dim"), f"{user.user_name}\n",
        ("Status    ", "dim"), f"{user.status.words}\n",
        ("Role      ", "dim"), f"{user.role or '—'}\n",
        ("Last link ", "dim"), _last(check),
    ]  # fmt: skip
    return Content.assemble(*pieces)


def _last(check: Check) -> str:
    now, entry = utc_now(), check.last
    parts = [f"{entry.outcome}, {ago(entry.requested_at, now)} by {entry.request.operator}"] if entry else []
    if check.failed is not None:
        parts.append(last_attempt(check.failed, now))
    return "; ".join(parts) or "never from here"

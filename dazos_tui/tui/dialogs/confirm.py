"""The last look before a link goes out."""

from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Static

from dazos_tui.config import Instance, ResetRoute
from dazos_tui.history.models import Entry
from dazos_tui.history.store import utc_now
from dazos_tui.resets.service import Check
from dazos_tui.tui import messages
from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.phrases import ago, fitted

READING_SECONDS = 0.3
"""For so long after the target is shown no key sends: one typed ahead cannot be meant for it."""

REGRET_SECONDS = 0.3
"""For so long after the yes another letter takes it back: then it was the first one of a name."""


class ConfirmDialog(Dialog[Check | ResetRoute | None]):
    """Shows whom and where a link is for, as soon as the profile was read.

    Its own check, and no other, comes to it as a message. Gives back the very check it showed, or None; or
    the route to take from now on in this instance, where no menu offers the link and none was chosen yet.
    Starts on Cancel: only ``y`` or the Send button sends, and only after the target could be read. Any other
    letter cancels: whoever types a name here believes to be in the filter.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "send", "Send"),
        Binding("f", "take_route('forgot_password')", "Use the form"),
        Binding("v", "take_route('menu')", "Never here"),
        Binding("n,escape,q", "cancel", "Cancel"),
        Binding("left,right", "app.focus_next", "Other button", show=False),
    ]
    AUTO_FOCUS = "#cancel"

    def __init__(self, instance: Instance, name: str) -> None:
        super().__init__(classes=f"env-{instance.environment}")
        self._name = name
        self._check: Check | None = None
        self._armed = False
        self._yes: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out target, warnings and buttons."""
        with Vertical(classes="box"):
            yield Static("Send a reset link?", classes="title", id="title", markup=False)
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(Content(f"Reading the profile of {self._name} …"), id="target")
            yield Static("", id="findings", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel (Esc)", id="cancel")
                yield Button("Send …", id="send", disabled=True)
                yield Button("Never here (v)", id="never", classes="route", disabled=True)
                yield Button("Form from now on (f)", id="form", classes="route", disabled=True)

    def on_mount(self) -> None:
        """Keep the question about the form to where it is needed."""
        self.query(".route").set(display=False)

    @on(messages.CheckReady)
    def _show_check(self, message: messages.CheckReady) -> None:
        message.stop()
        self._check = check = message.check
        target = self.query_one("#target", Static)
        target.update(target_of(check, target.size.width))
        if check.blockers:
            self._give_up("No menu sends links here" if check.needs_form else "No link can be sent")
            self._offer_form(check)
        else:
            self.set_timer(READING_SECONDS, self._arm)
        self._show_findings(
            [f"{'✗' if finding.blocks else '!'} {finding.sentence}" for finding in check.findings]
        )

    def _offer_form(self, check: Check) -> None:
        if check.needs_form:
            self.query_one(".buttons").add_class("many")
            routes = self.query(".route")
            routes.set(display=True)
            self.set_timer(READING_SECONDS, partial(routes.set, disabled=False))

    def _arm(self) -> None:
        self._armed = True
        send = self.query_one("#send", Button)
        send.label, send.disabled = "Send (y)", False

    def _give_up(self, title: str) -> None:
        self.query_one("#title", Static).update(title)
        self.query_one("#send").display = False
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
        if event.button.id == "send":
            self.action_send()
        elif event.button.id in {"form", "never"}:
            self.action_take_route("forgot_password" if event.button.id == "form" else "menu")
        else:
            self.action_cancel()

    def take_stray(self, key: events.Key) -> bool:
        """Cancel at a letter that means nothing here, also just after the yes."""
        if key.is_printable:
            words = "Nothing was sent: another key than y was pressed."
            self.notify(words, severity="warning", markup=False)
            self.action_cancel()
        return key.is_printable

    def action_send(self) -> None:
        """Give the check back in a moment, once it could be read."""
        if self._armed and self._yes is None:
            self.query_one("#send", Button).label = "Sending …"
            self._yes = self.set_timer(REGRET_SECONDS, partial(self.leave, self._check))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take f and v for letters like any other, unless the form is offered."""
        return action != "take_route" or not self.query_one("#form").disabled

    def action_take_route(self, route: str) -> None:
        """Send nothing yet: ask for links in this way from now on, in this instance, and look again."""
        self.leave(ResetRoute(route))

    def action_cancel(self) -> None:
        """Send nothing."""
        self._armed = False
        if self._yes is not None:
            self._yes.stop()
        self.leave()


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
        ("Status    ", "dim"), f"{user.status}\n",
        ("Role      ", "dim"), f"{user.role or '—'}\n",
        ("Last link ", "dim"), _last(check.last),
    ]  # fmt: skip
    return Content.assemble(*pieces)


def _last(entry: Entry | None) -> str:
    if entry is None:
        return "never from here"
    return f"{entry.outcome}, {ago(entry.requested_at, utc_now())} by {entry.request.operator}"

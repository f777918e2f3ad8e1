"""The dialog that searches the other instances for a person."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from dazos_tui.config.models import Instance
from dazos_tui.crm.models import User
from dazos_tui.instances.find_user import FindAnswer, find_user
from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.formatting import format_count
from dazos_tui.tui.widgets.choice_list import ChoiceList
from dazos_tui.tui.widgets.titled_box import TitledBox

FoundUser = tuple[str, str]
"""The name of an instance, and a user name there."""

_MAX_TROUBLES = 5
"""Most instances whose problem is shown: with hundreds, the people found must stay in sight."""


class FindUserDialog(Dialog[FoundUser | None]):
    """Searches each instance and shows matches as they arrive; returns the chosen user, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Close"),
        Binding("enter", "choose", "Go there", show=False, priority=True),
        Binding("j", "move('down')", "Down", show=False),
        Binding("k", "move('up')", "Up", show=False),
    ]
    AUTO_FOCUS = "OptionList"

    def __init__(self, instances: Sequence[Instance], *texts: str) -> None:
        """Build the dialog; a person is found by one of the texts."""
        super().__init__()
        self._instances, self._texts = instances, texts
        self._places: list[FoundUser] = []

    def compose(self) -> ComposeResult:
        """Lay out the dialog."""
        what = f"“{self._texts[0]}”" if len(self._texts) == 1 else f"{len(self._texts)} addresses"
        with TitledBox(f"{what} in the other instances"):
            yield ChoiceList(classes="body")
            yield Static("", id="state", classes="note", markup=False)
            yield Static("Enter goes there · Esc closes", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Start the search."""
        self.run_job(self._search)

    async def _search(self) -> None:
        troubles: list[str] = []
        looked = 0
        self._show_status(f"Looking in {format_count(len(self._instances), 'instance')} …", troubles)
        async with aclosing(find_user(self._instances, *self._texts)) as answers:
            async for found in answers:
                looked += 1
                for user in found.value or ():
                    self._add(found.instance, user)
                if found.error is not None:
                    troubles.append(_failure_reason(found))
                self._show_status(f"Looked in {looked} of {len(self._instances)} …", troubles)
        no_match = "No match in what could be searched." if troubles else "No match there."
        portal = "Portal users are not in the Users list of any instance."
        self._show_status("" if self._places else f"{no_match} {portal}", troubles)

    def _add(self, instance: Instance, user: User) -> None:
        options = self.query_one(OptionList)
        options.add_option(Option(_option_text(instance, user)))
        self._places.append((instance.name, user.user_name))
        if options.highlighted is None:
            options.highlighted = 0

    def _show_status(self, words: str, troubles: Sequence[str]) -> None:
        more = len(troubles) - _MAX_TROUBLES
        shown = [
            words,
            *troubles[:_MAX_TROUBLES],
            f"… and {more} more that could not be asked" if more > 0 else "",
        ]
        self.query_one("#state", Static).update("\n".join(filter(None, shown)))

    def on_option_list_option_selected(self) -> None:
        """Choose the user that was clicked."""
        self.action_choose()

    def action_choose(self) -> None:
        """Return the user under the cursor."""
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self.leave(self._places[index])

    def action_move(self, where: str) -> None:
        """Move the cursor with the vi keys."""
        options = self.query_one(OptionList)
        if where == "down":
            options.action_cursor_down()
        else:
            options.action_cursor_up()


def _option_text(instance: Instance, user: User) -> Content:
    env = instance.environment
    return Content.assemble(
        (instance.name, "bold"), " ", (f" {env.upper()} ", f"$env-{env}-text on $env-{env} bold"), "\n  ",
        user.name or user.user_name,
        (f" · {user.user_name} · {user.email or '—'} · {user.status.label}", "dim"),
    )  # fmt: skip


def _failure_reason(found: FindAnswer) -> str:
    advice = found.error.advice if found.error is not None else ""
    return f"{found.instance.name}: {found.error} {advice}".strip()

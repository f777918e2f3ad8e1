"""What a flow sees of the screen it is on."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from dazos_tui.config.keymap import CommandName
from dazos_tui.config.models import Config
from dazos_tui.crm.models import User
from dazos_tui.tui.jobs import InstanceJobs
from dazos_tui.tui.presenter import Presenter
from dazos_tui.tui.session_status import SessionStatus

Job = Callable[[], Awaitable[None]]
"""A coroutine to run beside the screen. An error that it lets through ends the app."""


class FlowView(Protocol):
    """The screen of an instance, as far as it is no flow's business what it looks like."""

    jobs: InstanceJobs
    presenter: Presenter
    status: SessionStatus

    @property
    def config(self) -> Config:
        """Return the config in force."""

    def run(self, group: str, job: Job, *, exclusive: bool = True) -> None:
        """Run a job that ends with the screen; if `exclusive`, in place of any other of its group."""

    def stop(self, group: str) -> None:
        """End the jobs of a group."""

    def run_until_quit(self, job: Job) -> None:
        """Run a job that nothing ends but quitting."""

    def in_turn(self, change: Callable[..., object], *args: Any) -> None:  # noqa: ANN401 - those of `change`
        """Make a change in the screen's own turn, after the messages that it got before."""

    def go_to(self, widget_id: str) -> None:
        """Go to a widget, by its id, before the next key is looked at."""

    def key_in_pane(self, name: CommandName) -> str:
        """Return the keys of a command, for a sentence."""

    def key_while_typing(self, name: CommandName) -> str:
        """Return the key of a command that acts wherever the focus is, for a sentence."""

    def loaded_users(self) -> Sequence[User]:
        """Return the people read so far."""

    def show_history(self) -> None:
        """Show what the history holds, in its pane, beside the people, and of the person shown."""

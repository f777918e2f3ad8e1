"""What a flow may use of its screen."""

from collections.abc import Callable
from typing import Any, Protocol

from dazos_tui.config.keymap import CommandName
from dazos_tui.config.models import Config
from dazos_tui.directory.packed_people import PackedPeople
from dazos_tui.tui.job_end import Job
from dazos_tui.tui.jobs import InstanceJobs
from dazos_tui.tui.presenter import Presenter
from dazos_tui.tui.session_status import SessionStatus


class FlowView(Protocol):
    """A work screen as the flows see it, independent of its layout."""

    jobs: InstanceJobs
    presenter: Presenter
    status: SessionStatus

    @property
    def config(self) -> Config:
        """Return the config in force."""

    def run(self, group: str, job: Job, *, exclusive: bool = True) -> None:
        """Run a job that ends with the screen; if `exclusive`, cancel the other jobs of its group."""

    def stop(self, group: str) -> None:
        """Cancel the jobs of a group."""

    def run_until_quit(self, job: Job) -> None:
        """Run a job that only quitting the app cancels."""

    def in_turn(self, change: Callable[..., object], *args: Any) -> None:  # noqa: ANN401 - those of `change`
        """Run a change as a message of the screen, after the messages that it already received."""

    def go_to(self, widget_id: str) -> None:
        """Go to a widget, by its id, before the next key is handled."""

    def key_in_pane(self, name: CommandName) -> str:
        """Return a command's keys in a pane, for use in a sentence."""

    def key_while_typing(self, name: CommandName) -> str:
        """Return a command's key that works wherever the focus is, for use in a sentence."""

    def loaded_users(self) -> PackedPeople:
        """Return the users loaded so far."""

    def show_history(self) -> None:
        """Refresh everything that comes from the history: its pane, the list and the card."""

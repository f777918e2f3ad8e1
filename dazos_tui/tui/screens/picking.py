"""The commands that pick people in the list, for a batch."""

from dazos_tui.resets.people_file import MAX_PEOPLE
from dazos_tui.tui.commands import CommandRun, CommandTable
from dazos_tui.tui.formatting import format_count
from dazos_tui.tui.layout import Pane
from dazos_tui.tui.screens.instance_flows import WorkFlows, WorkView


class PickCommands:
    """Picks people in the list of users, and opens the plan for them."""

    def __init__(self, view: WorkView, flows: WorkFlows) -> None:
        self._view, self._panes, self._flows = view, view.panes, flows

    def table(self) -> CommandTable:
        """Return the commands that pick."""
        return {
            "pick": CommandRun(self._pick, self._pick_disabled_reason),
            "pick_all": CommandRun(self._pick_all, self._pick_all_disabled_reason),
            "pick_none": CommandRun(self._pick_none, self._none_disabled_reason),
            "plan": CommandRun(self.plan, self.plan_disabled_reason),
        }

    @property
    def applies(self) -> bool:
        """Return whether somebody is picked, and the list has the focus."""
        return self._panes.in_focus is Pane.USERS and bool(self._panes.users.picks)

    def plan_disabled_reason(self) -> str:
        """Return why there can be no plan; empty if there can."""
        most = f"At most {MAX_PEOPLE:,} people can be sent to at once: pick fewer."
        too_many = most if len(self._panes.users.picks) > MAX_PEOPLE else ""
        return self._nobody_reason or too_many

    def plan(self) -> None:
        """Open the plan for everybody picked."""
        self._flows.batch.start()

    @property
    def _elsewhere_reason(self) -> str:
        back = self._view.key_in_pane("back")
        return "" if self._panes.in_focus is Pane.USERS else f"Go to the list first: {back}."

    def _pick_disabled_reason(self) -> str:
        nobody = "" if self._panes.users.current is not None else "No person selected."
        return self._elsewhere_reason or nobody

    def _pick(self) -> None:
        self._panes.users.pick()
        self._view.refresh_bindings()

    def _pick_all_disabled_reason(self) -> str:
        return self._elsewhere_reason or self._panes.users.pick_all_disabled_reason

    def _pick_all(self) -> None:
        users = self._panes.users
        users.pick_all()
        if not users.is_whole:
            picked = format_count(len(users.picks), "person", "people")
            words = f"The list is not complete: {picked} picked so far."
            self._view.presenter.notify(words, severity="warning")
        self._view.refresh_bindings()

    def _none_disabled_reason(self) -> str:
        return self._elsewhere_reason or self._nobody_reason

    @property
    def _nobody_reason(self) -> str:
        pick = self._view.key_in_pane("pick")
        return "" if self._panes.users.picks else f"Nobody is picked: {pick} in the list picks."

    def _pick_none(self) -> None:
        users = self._panes.users
        users.picks.clear()
        users.show_picks()
        self._view.refresh_bindings()

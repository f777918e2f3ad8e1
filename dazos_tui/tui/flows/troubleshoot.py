"""Troubleshooting: what may keep a person from signing in, here and in the other instances."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from dazos_tui.config.models import Instance
from dazos_tui.crm.models import Profile
from dazos_tui.directory.email_typos import count_domains
from dazos_tui.history.models import HistoryEntry
from dazos_tui.notes.note import mask_emails_in
from dazos_tui.troubleshooting.steps import Remedy, TroubleshootingStep, diagnose_missing_user, summarize
from dazos_tui.tui.dialogs.find_user import FindUserDialog, FoundUser
from dazos_tui.tui.dialogs.note import NoteDialog
from dazos_tui.tui.dialogs.troubleshooter import RemedyChosen, TroubleshooterDialog
from dazos_tui.tui.flows.open_profile import OpenProfileFlow
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.instance_history import InstanceHistory
from dazos_tui.tui.job_errors import JOB_ERRORS
from dazos_tui.tui.target import ResetTarget


class TroubleshootFlow:
    """Shows the possible causes in a box, and runs the remedy that is chosen there.

    `remedies` maps each remedy to a function of the profile; `go_to` opens a person in another instance.
    """

    def __init__(
        self,
        view: FlowView,
        history: InstanceHistory,
        profiles: OpenProfileFlow,
        *,
        remedies: Mapping[Remedy, Callable[[Profile], None]],
        go_to: Callable[[FoundUser], object],
    ) -> None:
        self._view, self._history, self._profiles = view, history, profiles
        self._remedies, self._go_to = remedies, go_to

    def start(self, target: ResetTarget, row: HistoryEntry | None = None) -> None:
        """Read a person's profile and diagnose it; `row` is the reset they were chosen by, if any."""
        gone = self._steps_for_missing(target.user_name or target.name)
        box = TroubleshooterDialog(
            self._view.jobs.instance, target.name, gone=gone, only_instance=not self._other_instances
        )
        self._view.presenter.show(box, self._chosen)
        self._view.run("trouble", partial(self._diagnose, box, target, row))

    def start_for_missing(self, text: str) -> None:
        """Show what to try for a person that this instance does not have."""
        box = TroubleshooterDialog(self._view.jobs.instance, text, self._steps_for_missing(text))
        self._view.presenter.show(box, self._chosen)

    async def _diagnose(
        self, box: TroubleshooterDialog, target: ResetTarget, row: HistoryEntry | None
    ) -> None:
        try:
            domains = count_domains(self._view.loaded_users())
            profile, steps = await self._view.jobs.troubleshoot(target, domains, row)
        except JOB_ERRORS as error:
            box.call_later(box.show_trouble, error)
        else:
            box.call_later(box.show_found, profile, steps)
            self._profiles.show(profile)

    def _chosen(self, chosen: RemedyChosen | None) -> None:
        if chosen is None:
            return
        if chosen.remedy is Remedy.OTHER_INSTANCES:
            self._find(chosen.name)
        elif chosen.profile is not None and chosen.remedy is not None:
            self._remedies[chosen.remedy](chosen.profile)
        elif chosen.profile is not None:
            self._show_summary(chosen.profile, chosen.steps)

    def _show_summary(self, profile: Profile, steps: Sequence[TroubleshootingStep]) -> None:
        text = summarize(profile, steps)

        def text_of(masked: bool) -> str:  # noqa: FBT001 - given by place
            return mask_emails_in(text) if masked else text

        def show(last: HistoryEntry | None) -> None:
            self._view.presenter.show(NoteDialog("Note for the ticket", text_of, last, self._view.config))

        self._history.last_reset(profile.user, show)

    def _steps_for_missing(self, text: str) -> tuple[TroubleshootingStep, ...]:
        # It is offered where the list is whole, or the CRM has no such person any longer.
        others = [instance.name for instance in self._other_instances]
        return diagnose_missing_user(text, others, is_certain=True)

    @property
    def _other_instances(self) -> list[Instance]:
        here = self._view.jobs.instance.name
        return [instance for name, instance in self._view.config.instances.items() if name != here]

    def _find(self, text: str) -> None:
        def go(place: FoundUser | None) -> None:
            if place is not None:
                self._go_to(place)

        self._view.presenter.show(FindUserDialog(self._other_instances, text), go)

"""Teaching the open instance the request of a menu item."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from textual.message import Message

from dazos_tui.crm.models import MenuItemKind
from dazos_tui.instances.doctor import StepResult
from dazos_tui.tui.dialogs.teach import TeachDialog
from dazos_tui.tui.dialogs.teach_pages import TeachSubject, Template
from dazos_tui.tui.flows.open_profile import OpenProfileFlow
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.jobs import InstanceJobs
from dazos_tui.tui.messages import RequestTaught
from dazos_tui.tui.panes import Panes


class TeachFlow:
    """Opens the dialog, and then reads the profile shown again: its menu items can be run now."""

    def __init__(
        self,
        view: FlowView,
        panes: Panes,
        profiles: OpenProfileFlow,
        *,
        config_path: Path | None,
        post: Callable[[Message], None],
    ) -> None:
        """Build the flow. `post` posts a message to the app, which writes the config."""
        self._view, self._panes, self._profiles = view, panes, profiles
        self._config_path, self._post = config_path, post

    def disabled_reason(self) -> str:
        """Return why nothing can be taught; empty if it can."""
        if self._config_path is not None:
            return ""
        return "Nothing can be taught here: as in the demo, there is no config file to write it to."

    def start(
        self, kind: MenuItemKind = MenuItemKind.SEND_RESET_LINK, *, is_in_menu: bool | None = None
    ) -> None:
        """Open the dialog for this menu item; `is_in_menu` says whether a menu shows it, if that is known."""
        instance, path = self._view.jobs.instance, self._config_path
        if path is None:
            self._view.presenter.notify(self.disabled_reason(), severity="warning")
            return
        subject = TeachSubject(instance, kind, path, f"Teach {instance.name}", is_in_menu=is_in_menu)
        box = TeachDialog(subject, _OpenInstanceTeacher(self._view.jobs, subject, self._post))
        self._view.presenter.show(box, self._closed)

    def _closed(self, template: Template | None) -> None:
        shown = self._panes.profile.user
        if template is not None and shown is not None:
            self._profiles.read_again(shown.id)


class _OpenInstanceTeacher:
    """Writes a request into the config of an open instance, and checks the instance in its session."""

    def __init__(self, jobs: InstanceJobs, subject: TeachSubject, post: Callable[[Message], None]) -> None:
        self._jobs, self._subject, self._post = jobs, subject, post

    async def save(self, template: Template) -> None:
        """Write the request to the config and apply it. Raises ConfigError; then nothing was written."""
        saved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        name, key = self._subject.instance.name, self._subject.key
        self._post(RequestTaught(name, key, template, saved))
        await saved

    def check(self) -> AsyncGenerator[StepResult, None]:
        """Yield each step of a check in the open session. Raises CrmError, SecretError."""
        return self._jobs.check_instance()

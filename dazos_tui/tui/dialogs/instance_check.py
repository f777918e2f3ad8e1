"""The check of an instance being edited. It keeps its session for further checks of the same account."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from dazos_tui.config.models import Instance
from dazos_tui.instances.doctor import OpenedInstance, StepResult, run_doctor
from dazos_tui.instances.factory import Prompts


class InstanceCheck:
    """Checks an instance any number of times with one sign-in, and so one code.

    The caller must close it, or take the session.
    """

    def __init__(self) -> None:
        self._opened: OpenedInstance | None = None

    @property
    def account(self) -> tuple[str, str] | None:
        """Return the URL and the user name of the open session; None without one."""
        if self._opened is None:
            return None
        return self._opened.instance.url, self._opened.instance.username

    def take(self) -> OpenedInstance | None:
        """Return the session, once. The caller must close it."""
        opened, self._opened = self._opened, None
        return opened

    async def close(self) -> None:
        """End the session, if one is open."""
        if (opened := self.take()) is not None:
            await opened.close()

    async def run(self, instance: Instance, prompts: Prompts) -> AsyncGenerator[StepResult, None]:
        """Yield each step as `run_doctor` does, reusing the open session of the same account."""
        if self.account not in (None, (instance.url, instance.username)):
            await self.close()
        before = self._opened
        if before is not None:
            before.use_instance(instance)
        async with aclosing(run_doctor(instance, prompts, self._keep, before)) as steps:
            async for step in steps:
                yield step
                if before is not None and before.has_ended:
                    if self._opened is before:
                        self._opened = None
                    await before.close()
                    before = None

    def _keep(self, opened: OpenedInstance) -> None:
        self._opened = opened

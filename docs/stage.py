"""The app on its demo CRM, with a manual clock, so that it looks the same in each run."""

import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from unittest.mock import patch

from textual._context import visible_screen_stack
from textual.widgets._toast import Toast

from dazos_tui.config.models import Instance
from dazos_tui.demo.clock import ManualClock
from dazos_tui.demo.server import DemoServer
from dazos_tui.history import store, times
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.startup import AppContext
from docs.drawing import Frame
from tests.browser_user import set_password, signs_in
from tests.support import demo_config_of
from tests.tui.app_driver import Desk

BEGIN = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)

INSTANCE = "harbor-prod"
"""The instance of the pictures."""


@dataclass(frozen=True)
class Stage:
    """The admin at the app, the people who cannot sign in, and the clock."""

    desk: Desk
    demo: DemoServer
    clock: ManualClock

    async def frame(self) -> Frame:
        """Wait until the screen no longer changes, and return what it shows."""
        await self.desk.settled()
        visible_screen_stack.set(self.desk.app._background_screens)
        return Frame.of(self.desk.app.screen._compositor.render_full_update().strips)

    async def go_in(self) -> None:
        """Choose the instance, and wait until all people are in the list."""
        await self.desk.pick(INSTANCE)
        await self.desk.loaded()

    async def ask(self, query: str) -> None:
        """Find a person and open the confirmation of a send."""
        await self.desk.filter(query)
        await self.desk.open()
        await self.desk.press("s")
        await self.desk.sees("y send")

    async def send(self) -> None:
        """Confirm the send, and see that the link was sent."""
        await self.desk.confirm()
        await self.desk.sees("Success")

    def wait(self, seconds: float) -> None:
        """Move the clock, and remove the notices: when they disappear by themselves is not exact."""
        self.clock.advance(seconds)
        for notice in self.desk.app.screen.query(Toast):
            # Done like a click on it, because Textual's clear_notifications leaves empty places.
            notice._expire()

    async def gets_in(self, user_name: str, *, after: float) -> None:
        """Let a person follow the mailed link and sign in `after` seconds, then check the sign-ins."""
        self.wait(after)
        instance = self.demo.instance(INSTANCE)
        [mail] = [mail for mail in instance.outbox if mail.user_name == user_name]
        set_password(mail.link, user_name, "a-new-password")  # type: ignore[no-untyped-call]
        if not signs_in(instance.url, user_name, "a-new-password"):  # type: ignore[no-untyped-call]
            raise RuntimeError(f"{user_name} could not sign in.")
        await self.desk.press("f8")
        await self.desk.sees("Back in", "min later")


@asynccontextmanager
async def on_stage(size: tuple[int, int]) -> AsyncIterator[Stage]:
    """Start the app on the demo CRM, in a terminal of `size` (columns, lines), and close both at the end."""
    clock = ManualClock(BEGIN.timestamp())
    with _same_in_each_run(clock), DemoServer(clock=clock) as demo, tempfile.TemporaryDirectory() as state:
        history = store.HistoryStore(Path(state) / "history.db")
        config = demo_config_of(demo).model_copy(update={"sign_in_check_seconds": 0})
        app = DazosApp(lambda: AppContext(config, history))
        try:
            async with app.run_test(size=size, notifications=True) as pilot:
                yield Stage(Desk(app, pilot), demo, clock)
        finally:
            history.close()


@contextmanager
def _same_in_each_run(clock: ManualClock) -> Iterator[None]:
    """Make pictures independent of time, time zone, the free port, and settings that turn colours off."""

    class _Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(clock(), tz)

    host = property(lambda instance: f"{instance.name.partition('-')[0]}.example.com")
    with (
        patch.dict(os.environ, TZ="UTC"),
        patch.object(times, "datetime", _Then),
        patch.object(Instance, "host", host),
    ):
        os.environ.pop("NO_COLOR", None)
        time.tzset()
        yield
    time.tzset()

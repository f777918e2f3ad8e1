"""The app on its demo CRM, in a world where no time passes by itself: it looks the same in each run."""

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
from dazos_tui.history import store
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.startup import AppContext
from docs.drawing import Frame
from tests.browser_user import set_password, signs_in
from tests.support import demo_config_of
from tests.tui.app_driver import Desk

BEGIN = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)

INSTANCE = "harbor-prod"
"""Where the stories of the pictures take place."""


@dataclass(frozen=True)
class Stage:
    """Somebody at the app, those who cannot sign in, and the time."""

    desk: Desk
    demo: DemoServer
    clock: ManualClock

    async def frame(self) -> Frame:
        """Wait until the screen has come to rest, and return what it shows."""
        await self.desk.settled()
        visible_screen_stack.set(self.desk.app._background_screens)
        return Frame.of(self.desk.app.screen._compositor.render_full_update().strips)

    async def go_in(self) -> None:
        """Choose the instance, and wait until everybody is in the list."""
        await self.desk.pick(INSTANCE)
        await self.desk.loaded()

    async def ask(self, query: str) -> None:
        """Find somebody and ask for a link, up to the last look before it is sent."""
        await self.desk.filter(query)
        await self.desk.open()
        await self.desk.press("s")
        await self.desk.sees("y send")

    async def send(self) -> None:
        """Say yes to it, and see that it was sent."""
        await self.desk.confirm()
        await self.desk.sees("Success")

    def wait(self, seconds: float) -> None:
        """Let some seconds pass, until the notices are gone: when they go by themselves is not exact."""
        self.clock.advance(seconds)
        for notice in self.desk.app.screen.query(Toast):
            # As a click on it does: Textual's clear_notifications leaves their places empty.
            notice._expire()

    async def gets_in(self, user_name: str, *, after: float) -> None:
        """Let somebody, some seconds later, follow the mailed link and sign in; then look who has."""
        self.wait(after)
        instance = self.demo.instance(INSTANCE)
        [mail] = [mail for mail in instance.outbox if mail.user_name == user_name]
        set_password(mail.link, user_name, "a-new-password")  # type: ignore[no-untyped-call]
        if not signs_in(instance.url, user_name, "a-new-password"):  # type: ignore[no-untyped-call]
            raise RuntimeError(f"{user_name} does not get in.")
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
    """Have no picture depend on the moment, the time zone, the port that was free, or colours being off."""

    class _Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(clock(), tz)

    host = property(lambda instance: f"{instance.name.partition('-')[0]}.example.com")
    with (
        patch.dict(os.environ, TZ="UTC"),
        patch.object(store, "datetime", _Then),
        patch.object(Instance, "host", host),
    ):
        os.environ.pop("NO_COLOR", None)
        time.tzset()
        yield
    time.tzset()

"""A small language in which tests of the app read as stories.

await desk.pick("harbor-prod")
await desk.filter("ann bell")
await desk.open()
await desk.press("s", "y")
await desk.sees("has been sent")
"""

import asyncio
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from dazos_tui.config.models import Config
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.dialogs.guarded_dialog import GuardedDialog
from dazos_tui.tui.dialogs.yes_no import YesNoDialog
from dazos_tui.tui.screens.instance import WorkScreen
from dazos_tui.tui.session_status import SessionState
from dazos_tui.tui.startup import AppContext
from dazos_tui.tui.widgets.inputs import FilterInput
from tests.patience import patience

QUIET = 0.4
"""Seconds without a change after which the screen has come to rest."""

PATIENCE = 8.0
"""Seconds, on a quick machine at leisure, after which something that should show has not."""


class Desk:
    """A person at the app: types, and reads the screen."""

    def __init__(self, app: DazosApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def text(self) -> str:
        """Return what the screen shows, as lines of plain text."""
        strips = self.app.screen._compositor.render_strips(self.app.size)
        return "\n".join(strip.text for strip in strips)

    @property
    def work(self) -> WorkScreen:
        """Return the work screen that is on top."""
        return next(screen for screen in reversed(self.app.screen_stack) if isinstance(screen, WorkScreen))

    async def until(self, holds, what: str) -> None:
        """Wait until `holds()`, or fail with what the screen shows."""
        deadline = time.monotonic() + patience(PATIENCE)
        while not holds():
            assert time.monotonic() < deadline, f"{what}; the screen shows:\n{self.text}"
            await self.pilot.pause()
            await asyncio.sleep(0.01)

    async def sees(self, *words: str) -> None:
        """Wait until the screen shows all these words."""
        await self.until(lambda: all(map(self._shows, words)), f"never saw {words}")

    def _shows(self, word: str) -> bool:
        """Return whether the screen shows this word, in a notice however that is wrapped."""
        said = (f"{notice.title}\n{notice.message}" for notice in self.app._notifications)
        return word in self.text or any(word in words for words in said)

    async def sees_no(self, word: str) -> None:
        """Wait until the screen no longer shows this word."""
        await self.until(lambda: word not in self.text, f"still sees {word!r}")

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.send(key)
        await self.pilot.pause()

    def send(self, key: str) -> None:
        """Press a key and wait for nothing, as when several arrive at once."""
        char = key if len(key) == 1 else "\r" if key == "enter" else None
        self.app.post_message(events.Key(_character_to_key(key) if len(key) == 1 else key, char))

    async def click(self, words: str) -> None:
        """Click on words that the screen shows."""
        await self.sees(words)
        rows = self.text.splitlines()
        row = next(number for number, line in enumerate(rows) if words in line)
        await self.pilot.click(offset=(rows[row].index(words), row))

    async def type(self, text: str) -> None:
        """Type text where the focus is."""
        await self.press(*text)

    async def pick(self, name: str) -> None:
        """Choose an instance in the picker."""
        await self.sees("Which CRM instance?")
        # Nobody chooses in the middle of a word: that would not be taken for a choice.
        await self.until(lambda: self.app.type_ahead.is_quiet, "it is never quiet")
        names = list(self.app.start.config.instances)
        await self.press(*["home"], *["down"] * names.index(name), "enter")

    async def fill_in(self, name: str, address: str, user_name: str, *, environment: int) -> None:
        """Answer the steps of the form for an instance, from the first one to the environment.

        Enter then checks it. With -1 no environment is chosen.
        """
        for text in (address, name, user_name):
            await self.type(text)
            await self.press("enter")
        await self.press(*["right"] * (environment + 1))

    async def write_anyway(self) -> None:
        """Wait until a check failed that need not be the fault of what was typed, and write it."""
        await self.sees("w write")
        await self.press("w")

    async def loaded(self) -> None:
        """Wait until everybody is in the list."""
        await self.sees(" active")
        await self.sees_no("reading …")

    async def signed_in(self) -> None:
        """Wait until somebody is signed in: the top line then says nothing of it, as that is normal."""

        def holds() -> bool:
            works = [screen for screen in self.app.screen_stack if isinstance(screen, WorkScreen)]
            return any(one.status.state is SessionState.IN and not one.panes.bar.state for one in works)

        await self.until(holds, "nobody is signed in")

    async def filter(self, text: str) -> None:
        """Go to the filter and type."""
        await self.press("escape", "escape")
        await self.type(text)

    async def look_for(self, text: str) -> None:
        """Put `text` into the filter at once, as by pasting."""
        await self.press("escape")
        self.work.query_one("#filter", FilterInput).value = text
        await self.pilot.pause()

    @property
    def asking(self) -> GuardedDialog[Any]:
        """Return the box on top, which asks before the CRM does something."""
        assert isinstance(self.app.screen, GuardedDialog), f"nothing is asked:\n{self.text}"
        return self.app.screen

    @property
    def box(self) -> str:
        """Return what the box on top shows, as lines of plain text; empty if nothing is asked."""
        return "\n".join(self.frame) if isinstance(self.app.screen, GuardedDialog) else ""

    @property
    def frame(self) -> list[str]:
        """Return the rows of the framed box on top, from its title to its keys; none if there is none."""
        frames = list(self.app.screen.query(".frame"))
        if not frames:
            return []
        x, y, width, height = frames[0].region
        strips = self.app.screen._compositor.render_strips(self.app.size)[y : y + height]
        return [strip.crop(x, x + width).text for strip in strips]

    async def reads(self, *words: str) -> None:
        """Wait until the framed box on top says all these words, however they are wrapped."""

        def holds() -> bool:
            said = " ".join(" ".join(self.frame).replace("│", " ").split())
            return all(word in said for word in words)

        await self.until(holds, f"never read {words}")

    async def asked(self, *words: str) -> None:
        """Wait until the box that asks before the CRM does something shows all these words."""
        holds = lambda: all(word in self.box for word in words)  # noqa: E731
        await self.until(holds, f"was never asked {words}")

    async def armed(self) -> None:
        """Wait until the box on top takes an answer."""

        def holds() -> bool:
            box = self.app.screen
            if isinstance(box, GuardedDialog):
                return box.guard.is_armed and bool(box.confirm_key or box.alternative_hints())
            return isinstance(box, YesNoDialog) and box.guard.is_armed

        await self.until(holds, "no yes is taken")

    async def confirm(self) -> None:
        """Wait until the confirm dialog takes a yes, give it, and see the dialog go."""
        dialog = self.app.screen
        await self.armed()
        await self.press("y")
        await self.until(lambda: dialog not in self.app.screen_stack, "the dialog stays")

    async def yes_again(self) -> None:
        """Press y once more, so much later that it is not taken for a key that is being held."""
        dialog = self.app.screen
        assert isinstance(dialog, GuardedDialog | YesNoDialog)
        await self.armed()
        await self.until(lambda: not dialog.guard.is_key_repeat("y"), "the key is never let go")
        await self.press("y")

    async def confirm_against(self) -> None:
        """Read one warning of the confirm dialog after the other, send against them, and see it go."""
        dialog = self.asking
        await self.armed()
        while dialog.confirm_key != "A":
            await self.yes_again()
            await self.armed()
        await self.press("A")
        await self.until(lambda: dialog not in self.app.screen_stack, "the dialog stays")

    async def settled(self) -> None:
        """Wait until the screen, its colours too, stays the same for a while."""
        seen, since = None, time.monotonic()

        def quiet() -> bool:
            nonlocal seen, since
            now = [list(strip) for strip in self.app.screen._compositor.render_strips(self.app.size)]
            if now != seen:
                seen, since = now, time.monotonic()
            return time.monotonic() - since > QUIET

        await self.until(quiet, "it never comes to rest")

    async def choose_route(self, key: str) -> None:
        """Wait until the confirm dialog takes an answer about the form, and give it."""
        await self.armed()
        await self.press(key)

    async def open(self) -> None:
        """Open the person under the cursor and wait for the profile."""
        await self.press("enter")
        await self.until(lambda: self.work.panes.profile.profile is not None, "no profile came")


@asynccontextmanager
async def at_desk(
    config: Config,
    state: Path,
    *,
    size=(120, 40),
    instance: str | None = None,
    config_path: Path | None = None,
):
    """Sit somebody down at the app, with toasts and tooltips on as in real life."""
    store = HistoryStore(state / "history.db")
    app = DazosApp(lambda: AppContext(config, store, instance=instance, config_path=config_path))
    try:
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            yield Desk(app, pilot)
    finally:
        store.close()

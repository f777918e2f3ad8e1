"""A small language in which tests of the app read as stories.

await desk.pick("harbor-prod")
await desk.ask_to_send("ann bell").confirm()
await desk.sees("has been sent")
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual import events
from textual.geometry import Region
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from dazos_tui.config.models import Config
from dazos_tui.crm.models import User
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.dialogs.guarded_dialog import GuardedDialog
from dazos_tui.tui.dialogs.yes_no import YesNoDialog
from dazos_tui.tui.screens.instance import WorkScreen
from dazos_tui.tui.session_status import SessionState
from dazos_tui.tui.startup import AppContext
from dazos_tui.tui.widgets.inputs import FilterInput
from tests.patience import patience
from tests.tui.pages import ConfirmBox, FullHistoryPage, HistoryPane, UserListPage
from tests.tui.quick_textual import spare_work, strips_of

spare_work()

QUIET = 0.4
"""Seconds without a change after which the screen counts as settled."""

REST = 3
"""How many times as long as a look at the screen a test waits for the next look."""

PATIENCE = 8.0
"""Seconds, on a fast idle machine, after which something that should appear has failed to."""


class Desk:
    """A user of the app: types, and reads the screen."""

    def __init__(self, app: DazosApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot
        self.users = UserListPage(self)
        self.history = HistoryPane(self)
        self.full_history = FullHistoryPage(self)

    # -- what the screen shows ---------------------------------------------------------------------------

    @property
    def strips(self) -> list[Strip]:
        """Return the rows of the screen with their styles."""
        return strips_of(self.app)

    def crop(self, region: Region) -> list[Strip]:
        """Return the part of the screen in a region."""
        return [strip.crop(region.x, region.right) for strip in self.strips[region.y : region.bottom]]

    @property
    def lines(self) -> list[str]:
        """Return the rows of the screen as plain text."""
        return [strip.text for strip in self.strips]

    @property
    def text(self) -> str:
        """Return the screen as lines of plain text."""
        return "\n".join(self.lines)

    @property
    def toasts(self) -> list[str]:
        """Return title and message of each toast, without wrapping."""
        return [f"{toast.title}\n{toast.message}" for toast in self.app._notifications]

    @property
    def work(self) -> WorkScreen:
        """Return the topmost work screen."""
        return next(screen for screen in reversed(self.app.screen_stack) if isinstance(screen, WorkScreen))

    @property
    def current(self) -> User:
        """Return the person under the cursor of the list."""
        user = self.work.panes.users.current
        assert user is not None, f"nobody is under the cursor:\n{self.text}"
        return user

    @property
    def person_shown(self) -> User:
        """Return the person whose card or profile is shown."""
        user = self.work.panes.profile.user
        assert user is not None, f"nobody is shown:\n{self.text}"
        return user

    @property
    def focus(self) -> str:
        """Return the id of the focused part of the work screen; empty if nothing is focused."""
        focused = self.work.focused
        return str(focused.id) if focused is not None else ""

    def value(self, selector: str) -> str:
        """Return the text of a field of the screen on top."""
        return self.app.screen.query_one(selector, Input).value

    @property
    def asking(self) -> GuardedDialog[Any]:
        """Return the dialog on top, which asks before the CRM does something."""
        assert isinstance(self.app.screen, GuardedDialog), f"nothing is asked:\n{self.text}"
        return self.app.screen

    @property
    def box(self) -> str:
        """Return the dialog on top that asks before the CRM does something, as plain text; else empty."""
        return "\n".join(self.frame) if isinstance(self.app.screen, GuardedDialog) else ""

    @property
    def frame(self) -> list[str]:
        """Return the rows of the framed dialog on top, from its title to its keys; empty without one."""
        frames = list(self.app.screen.query(".frame"))
        return [strip.text for strip in self.crop(frames[0].region)] if frames else []

    # -- waiting -----------------------------------------------------------------------------------------

    async def until(self, holds: Callable[..., object], what: str) -> None:
        """Wait until `holds()`, or fail with what the screen shows."""
        deadline = time.monotonic() + patience(PATIENCE)
        looked = time.monotonic()
        while not holds():
            spent = time.monotonic() - looked
            assert looked < deadline, f"{what}; the screen shows:\n{self.text}"
            await self.pilot.pause()
            # To look takes a share of the time only: it draws the whole screen, while the app has work to do.
            await asyncio.sleep(max(0.01, spent * REST))
            looked = time.monotonic()

    async def sees(self, *words: str) -> None:
        """Wait until the screen shows all these words."""
        await self.until(lambda: all(map(self._shows, words)), f"never saw {words}")

    def _shows(self, word: str) -> bool:
        """Return whether the screen shows this word, also wrapped in a toast."""
        return word in self.text or any(word in toast for toast in self.toasts)

    async def sees_no(self, word: str) -> None:
        """Wait until the screen no longer shows this word."""
        await self.until(lambda: word not in self.text, f"still sees {word!r}")

    async def reads(self, *words: str) -> None:
        """Wait until the framed dialog on top shows all these words, however they are wrapped."""

        def holds() -> bool:
            shown = " ".join(" ".join(self.frame).replace("│", " ").split())
            return all(word in shown for word in words)

        await self.until(holds, f"never read {words}")

    async def asked(self, *words: str) -> None:
        """Wait until the dialog that asks before the CRM does something shows all these words."""
        holds = lambda: all(word in self.box for word in words)  # noqa: E731
        await self.until(holds, f"was never asked {words}")

    async def drawn(self) -> None:
        """Wait until the screen has been laid out for the size of the terminal."""
        await self.until(lambda: self.app.screen._compositor.size == self.app.size, "it is never drawn again")

    async def settled(self) -> None:
        """Wait until the screen, colours included, stays the same for a while."""
        seen, since = self.strips, time.monotonic()

        def is_quiet() -> bool:
            nonlocal seen, since
            now = self.strips
            if now is not seen and now != seen:
                since = time.monotonic()
            seen = now
            return time.monotonic() - since > QUIET

        await self.until(is_quiet, "it never settles")

    async def pauses(self) -> None:
        """Type nothing for long enough that the next key does not belong to a word."""
        await self.until(lambda: self.app.type_ahead.is_quiet, "it is never quiet")

    async def loaded(self) -> None:
        """Wait until everybody is in the list."""
        await self.sees(" active")
        await self.sees_no("reading …")

    async def signed_in(self) -> None:
        """Wait until a session is open: the top line does not mention that, as it is normal."""

        def holds() -> bool:
            works = [screen for screen in self.app.screen_stack if isinstance(screen, WorkScreen)]
            return any(one.status.state is SessionState.IN and not one.panes.bar.state for one in works)

        await self.until(holds, "nobody is signed in")

    # -- keys and mouse ----------------------------------------------------------------------------------

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.send(key)
        await self.pilot.pause()

    def send(self, key: str) -> None:
        """Press a key without waiting, as when several arrive at once."""
        char = key if len(key) == 1 else "\r" if key == "enter" else None
        self.app.post_message(events.Key(_character_to_key(key) if len(key) == 1 else key, char))

    def paste(self, text: str) -> None:
        """Paste text, as from the terminal's clipboard."""
        self.app.post_message(events.Paste(text))

    async def type(self, text: str) -> None:
        """Type text where the focus is."""
        await self.press(*text)

    async def run_from_palette(self, words: str) -> None:
        """Search for a command in the palette, and run it."""
        await self.press("ctrl+p")
        await self.sees("Search for commands")
        await self.type(words)
        await self.press("enter")

    async def click(self, words: str) -> None:
        """Click on words that the screen shows."""
        await self.sees(words)
        row = next(number for number, line in enumerate(self.lines) if words in line)
        await self.pilot.click(offset=(self.lines[row].index(words), row))

    async def turn_wheel(self, selector: str, steps: int) -> None:
        """Turn the mouse wheel down over a part of the screen."""
        await self.pilot._post_mouse_events([events.MouseScrollDown] * steps, selector, offset=(5, 5))

    # -- instances ---------------------------------------------------------------------------------------

    async def pick(self, name: str) -> None:
        """Choose an instance in the picker."""
        await self.sees("Which CRM instance?")
        # An Enter in the middle of a word does not choose.
        await self.pauses()
        names = list(self.app.context.config.instances)
        await self.press(*["home"], *["down"] * names.index(name), "enter")

    async def fill_in(self, name: str, address: str, user_name: str, *, environment: int) -> None:
        """Fill in the instance form from the first step to the environment; Enter then checks it.

        With -1 no environment is chosen.
        """
        for text in (address, name, user_name):
            await self.type(text)
            await self.press("enter")
        await self.press(*["right"] * (environment + 1))

    async def keep_lists(self) -> None:
        """Answer the question that follows the first instance: lists of people are kept."""
        await self.sees("Keep the list of people here?")
        await self.pauses()
        await self.press("enter")

    async def write_anyway(self) -> None:
        """Wait until a check fails that may be ignored, and write the instance."""
        await self.sees("w write")
        await self.press("w")

    # -- people ------------------------------------------------------------------------------------------

    async def filter(self, text: str) -> None:
        """Clear the filter, and type."""
        await self.press("escape", "escape")
        await self.type(text)

    async def look_for(self, text: str) -> None:
        """Put `text` into the filter at once, as by pasting."""
        await self.press("escape")
        self.work.query_one("#filter", FilterInput).value = text
        await self.pilot.pause()

    async def open(self) -> None:
        """Open the person under the cursor and wait for the profile."""
        await self.press("enter")
        await self.until(lambda: self.work.panes.profile.profile is not None, "no profile came")

    async def open_full_history(self) -> FullHistoryPage:
        """Leave the filter, open the whole history, and wait for its rows."""
        await self.press("tab", "H")
        await self.until(lambda: self.full_history.is_shown, "the whole history is never shown")
        await self.full_history.up_to_date()
        return self.full_history

    # -- questions ---------------------------------------------------------------------------------------

    def ask_to_send(self, text: str) -> ConfirmBox:
        """Open the person that `text` finds, and press the key that sends a link."""

        async def ask() -> None:
            await self.filter(text)
            await self.open()
            await self.press("s")

        return ConfirmBox(self, ask)

    def ask_again(self) -> ConfirmBox:
        """Press the key that sends a link to the person that is open."""

        async def ask() -> None:
            await self.press("s")

        return ConfirmBox(self, ask)

    async def armed(self) -> None:
        """Wait until the dialog on top accepts an answer."""
        await self.until(lambda: self.is_armed, "no confirmation is accepted")

    @property
    def is_armed(self) -> bool:
        """Return whether a dialog is on top that accepts an answer."""
        box = self.app.screen
        if isinstance(box, GuardedDialog):
            return box.guard.is_armed and bool(box.confirm_key or box.alternative_hints())
        return isinstance(box, YesNoDialog) and box.guard.is_armed

    async def confirm(self) -> None:
        """Wait until the dialog on top accepts a confirmation, give it, and see the dialog close."""
        dialog = self.app.screen
        await self.armed()
        await self.press("y")
        await self.until(lambda: dialog not in self.app.screen_stack, "the dialog stays")

    async def yes_again(self) -> None:
        """Press y once more, so much later that it does not count as held down."""
        dialog = self.app.screen
        assert isinstance(dialog, GuardedDialog | YesNoDialog)
        await self.armed()
        await self.until(lambda: not dialog.guard.is_key_repeat("y"), "the key is never released")
        await self.press("y")

    async def confirm_despite_warnings(self) -> None:
        """Read one warning of the dialog after the other, confirm despite them, and see it close."""
        dialog = self.asking
        await self.armed()
        while dialog.confirm_key != "A":
            await self.yes_again()
            await self.armed()
        await self.press("A")
        await self.until(lambda: dialog not in self.app.screen_stack, "the dialog stays")

    async def choose_route(self, key: str) -> None:
        """Answer the question about the form, once the dialog accepts an answer."""
        await self.armed()
        await self.press(key)


@asynccontextmanager
async def at_desk(
    config: Config,
    state: Path,
    *,
    size: tuple[int, int] = (120, 40),
    instance: str | None = None,
    config_path: Path | None = None,
    store: HistoryStore | None = None,
) -> AsyncIterator[Desk]:
    """Run the app with a user at it, with toasts and tooltips as in real life."""
    store = store or HistoryStore(state / "history.db")
    context = AppContext(config, store, instance=instance, config_path=config_path, state_dir=state)
    app = DazosApp(lambda: context)
    try:
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            yield Desk(app, pilot)
    finally:
        store.close()

"""Every user action, once. Keys, footer, palette and help are all made from this list."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can do.

    `name` is the handler's: ``command_NAME`` on the screen, else ``action_NAME`` of the app. `label` stands
    in the footer, `help` in palette and help. `keys` are Textual's key names. Single letters act
    wherever no text is typed.
    """

    name: str
    label: str
    help: str
    keys: tuple[str, ...]
    in_footer: bool = True

    @property
    def action(self) -> str:
        """Return the action that runs this command on its screen."""
        return f"command('{self.name}')"

    @property
    def binding(self) -> Binding:
        """Return the key binding of this command."""
        return Binding(
            ",".join(self.keys),
            self.action,
            self.label,
            show=self.in_footer,
            tooltip=self.help,
            priority=True,
        )

    @property
    def typing_key(self) -> str:
        """Return the key that acts even where text is typed; empty if all are characters."""
        return next((key for key in self.keys if len(_KEY_NAMES.get(key, key)) > 1), "")

    @property
    def shown_keys(self) -> str:
        """Return the keys as a person writes them."""
        return " or ".join(_KEY_NAMES.get(key, key) for key in self.keys)


_KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "ctrl+p": "Ctrl+P",
    "f1": "F1",
    "f2": "F2",
    "f3": "F3",
    "f4": "F4",
    "f5": "F5",
    "f6": "F6",
    "f7": "F7",
    "f8": "F8",
    "f9": "F9",
    "ctrl+c": "Ctrl+C",
    "f10": "F10",
}

COMMANDS: tuple[Command, ...] = (
    Command("open", "Open", "Open the person, or the history row, under the cursor", ("enter",)),
    Command("send", "Send link", "Send a reset link to the person in focus, after a last look", ("s",)),
    Command("more", "More", "Open the person's More menu", ("m",)),
    Command("filter", "Filter", "Go to the filter; type to find somebody", ("slash",)),
    Command("history", "History", "Go to the resets asked for in this instance", ("h", "f3")),
    Command("note", "Ticket note", "Show the note for the ticket about a link", ("n", "f4")),
    Command("trouble", "Can't get in", "Walk through what may keep the person in focus out", ("w", "f9")),
    Command(
        "waiting", "Waiting", "Show who is not back in yet, the oldest first", ("l", "f7"), in_footer=False
    ),
    Command(
        "check_sign_ins",
        "Check sign-ins",
        "See who is back in since their link",
        ("v", "f8"),
        in_footer=False,
    ),
    Command("browser", "Browser", "Open the person's profile in the browser", ("o",), in_footer=False),
    Command("instances", "Instances", "Go to another CRM instance", ("i", "f2")),
    Command(
        "reload", "Reload", "Read the list again, or what is missing of it", ("r", "f5"), in_footer=False
    ),
    Command("stop", "Stop", "Stop reading the list", ("ctrl+c",), in_footer=False),
    Command("sort", "Sort", "Sort the list by another column", ("c", "f6"), in_footer=False),
    Command("back", "Back", "Clear the filter, or go back to it", ("escape",), in_footer=False),
    Command("previous_pane", "Previous pane", "Go to the pane before", ("shift+tab",), in_footer=False),
    Command("help", "Help", "Show all keys and the steps of a reset", ("question_mark", "f1")),
    Command("command_palette", "Palette", "Find a command by its name", ("ctrl+p",)),
    Command("next_pane", "Next pane", "Go to the next pane", ("tab",)),
    Command("quit", "Quit", "Sign out and leave", ("q", "f10")),
)

MOVEMENTS: tuple[tuple[str, str], ...] = (
    ("↑ ↓ or k j", "Move in a list; ↑ ↓ also while you type in the filter"),
    ("Page Up, Page Down", "Move by a screenful"),
    ("Home End or g G", "Go to the first or last row"),
)
"""Keys of the lists themselves, for the help."""


class CommandProvider(Provider):
    """Offers the commands in the palette."""

    async def discover(self) -> Hits:
        """Offer everything before anything is typed."""
        for command in self._offered():
            yield DiscoveryHit(
                command.label, self._runner(command), help=f"{command.help} ({command.shown_keys})"
            )

    async def search(self, query: str) -> Hits:
        """Offer what matches."""
        matcher = self.matcher(query)
        for command in self._offered():
            score = max(matcher.match(command.label), matcher.match(command.help))
            if score > 0:
                hint = f"{command.help} ({command.shown_keys})"
                yield Hit(score, matcher.highlight(command.label), self._runner(command), help=hint)

    def _offered(self) -> list[Command]:
        able = hasattr(self.screen, "action_command")
        return [command for command in COMMANDS if able and command.name != "command_palette"]

    def _runner(self, command: Command) -> Callable[[], Awaitable[None]]:
        screen = self.screen

        async def run() -> None:
            await screen.action_command(command.name)  # type: ignore[attr-defined]

        return run

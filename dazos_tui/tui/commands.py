"""Every user action, once. Keys, footer, palette and help are all made from this list."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from textual.binding import Binding

from dazos_tui.config.keymap import DEFAULT_KEYS, CommandName, Keys, display_key, is_character_key
from dazos_tui.tui.layout import Pane

_ALL_PANES: frozenset[Pane] = frozenset()
_PERSON = frozenset(Pane)


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can do.

    By its `name` the screen finds what it runs, and the config its keys. `label` stands in the footer,
    `help` in palette and help, and `detail` after it in the documents. `panes` are those it is for, none if
    it does not matter where one is. `keys` are Textual's key names. Single letters act wherever no text is
    typed.
    """

    name: CommandName
    label: str
    help: str
    detail: str = ""
    panes: frozenset[Pane] = _ALL_PANES
    keys: Keys = ()

    @property
    def action(self) -> str:
        """Return the action that runs this command on its screen."""
        return f"command('{self.name}')"

    @property
    def binding(self) -> Binding:
        """Return the key binding of this command, which must have a key."""
        return Binding(
            ",".join(self.keys),
            self.action,
            self.label,
            tooltip=self.help,
            priority=True,
        )

    @property
    def typing_key(self) -> str:
        """Return the key that acts even where text is typed; empty if all are characters."""
        return next((key for key in self.keys if not is_character_key(key)), "")

    @property
    def shown_keys(self) -> str:
        """Return the keys as a person writes them; empty if there are none."""
        return " or ".join(map(display_key, self.keys))

    @property
    def key_in_pane(self) -> str:
        """Return its keys for a sentence; the label, by which the palette finds it, if it has none."""
        return self.shown_keys or f"“{self.label}”"

    @property
    def key_while_typing(self) -> str:
        """Return for a sentence the key that acts also where text is typed; without one, what `way` says."""
        return display_key(self.typing_key) if self.typing_key else self.key_in_pane

    @property
    def hint(self) -> str:
        """Return what it does, and its keys if it has any."""
        return f"{self.help} ({self.shown_keys})" if self.keys else self.help


def commands_with(keys: Mapping[CommandName, Keys]) -> tuple[Command, ...]:
    """Return all commands with these keys, by the command's name."""
    return tuple(replace(command, keys=keys[command.name]) for command in _COMMANDS)


_COMMANDS = (
    Command(
        "open", "Open", "Open the person, or the history row, under the cursor",
        "A row of the history shows everything about it, and what you can do",
        panes=frozenset({Pane.USERS, Pane.HISTORY}),
    ),
    Command(
        "send", "Send link", "Send a reset link to the person in focus, after a last look",
        "You see the target and all warnings: `t` goes to the ticket, `y` sends, `A` sends despite warnings, "
        "no other letter sends, Esc cancels",
        panes=_PERSON,
    ),
    Command(
        "more", "More", "Open the person's More menu",
        "*Send Reset Link* and *Enable Login* can be run from here, after a last look",
        panes=frozenset({Pane.PROFILE}),
    ),
    Command("filter", "Filter", "Go to the filter; type to find somebody"),
    Command("history", "History", "Go to the resets asked for in this instance"),
    Command(
        "note", "Ticket note", "Show the note for the ticket about a link",
        "`y` copies it, `m` masks the address, `h` passes it to your `note_command`",
        panes=frozenset({Pane.PROFILE, Pane.HISTORY}),
    ),
    Command(
        "trouble", "Can't get in", "Walk through what may keep the person in focus out",
        "It goes through one reason at a time; if the filter finds nobody, also in the other instances",
        panes=_PERSON,
    ),
    Command(
        "waiting", "Waiting", "Show who is not back in yet, the oldest first",
        "Each row names the next step",
    ),
    Command(
        "check_sign_ins", "Check sign-ins", "See who is back in since their link",
        "The CRM's login history shows it",
    ),
    Command(
        "browser", "Browser", "Open the person's profile in the browser",
        "Over SSH, the address is shown and copied",
        panes=_PERSON,
    ),
    Command(
        "copy_email", "Copy", "Copy the e-mail of the person in focus; in the history, the row",
        "A row is copied as one line for the ticket",
        panes=_PERSON,
    ),
    Command(
        "copy_more", "Copy …", "Choose what to copy of the person in focus",
        "There are e-mail, user name, name, address of the profile, and a line for the ticket",
        panes=_PERSON,
    ),
    Command("instances", "Instances", "Go to another CRM instance"),
    Command("reload", "Reload", "Read the list again, or what is missing of it"),
    Command("stop", "Stop", "Stop reading the list", "Reading it again continues from there"),
    Command(
        "sort", "Sort", "Sort the list by another column",
        "The same column again reverses the order; a click on its title sorts, too",
        panes=frozenset({Pane.USERS}),
    ),
    Command("theme", "Theme", "Choose how the screen looks, and see it before"),
    Command("back", "Back", "Clear the filter, or go back to it"),
    Command(
        "zoom",
        "Zoom",
        "Show the pane in focus alone, or the others again",
        "Tab still goes from pane to pane",
    ),
    Command(
        "redraw", "Redraw", "Draw the whole screen anew",
        "This helps after another program wrote over it",
    ),
    Command("previous_pane", "Previous pane", "Go to the pane before"),
    Command("help", "Help", "Show all keys and the steps of a reset"),
    Command("command_palette", "Palette", "Find a command by its name"),
    Command("next_pane", "Next pane", "Go to the next pane"),
    Command("quit", "Quit", "Sign out and leave"),
)  # fmt: skip

ALWAYS_IN_FOOTER: tuple[CommandName, ...] = ("help", "command_palette", "quit")
"""The commands at the right end of the footer, in every pane and however narrow it is."""

FOOTERS: Mapping[Pane, tuple[CommandName, ...]] = {
    Pane.USERS: ("open", "send", "history", "instances", "waiting", "trouble"),
    Pane.PROFILE: ("send", "more", "trouble", "note", "copy_email", "filter"),
    Pane.HISTORY: ("open", "note", "check_sign_ins", "waiting", "zoom", "filter"),
}
"""The commands on the left of a pane's footer, the most needed first: as many as fit, five at most."""

COMMANDS = commands_with(DEFAULT_KEYS)
"""All commands, with the keys they have where the config says nothing."""


@dataclass(frozen=True, slots=True)
class CommandRun:
    """What a command does where it is run, and why it cannot do it now, as a sentence; empty if it can."""

    run: Callable[[], Awaitable[None] | None]
    disabled_reason: Callable[[], str] = lambda: ""


CommandTable = Mapping[CommandName, CommandRun]
"""What the commands do. What draws none of it makes the table: the list above knows no screen."""


def quit_hint(commands: Iterable[Command]) -> str:
    """Return the sentence that says which keys leave."""
    [keys] = [command.keys for command in commands if command.name == "quit"]
    letters = " or ".join(display_key(key) for key in keys if is_character_key(key))
    others = " or ".join(display_key(key) for key in keys if not is_character_key(key))
    return (
        f"{letters} leaves; while you type in the filter, {others} does." if letters else f"{others} leaves."
    )


MOVEMENTS: tuple[tuple[str, str], ...] = (
    ("↑ ↓ or k j", "Move in a list; ↑ ↓ also while you type in the filter"),
    ("Page Up, Page Down", "Move by a screenful"),
    ("Home End or g G", "Go to the first or last row"),
)
"""Keys of the lists themselves, for the help."""

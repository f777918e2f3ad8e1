"""The list of all user commands. Key bindings, footer, palette and help are made from it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from textual.binding import Binding

from dazos_tui.config.keymap import DEFAULT_KEYS, CommandName, Keys, display_key, is_character_key
from dazos_tui.tui.layout import Pane

_ALL_PANES: frozenset[Pane] = frozenset()
_PERSON_PANES = frozenset(Pane)


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that the user can do.

    The screen finds what to run by `name`, and the config the keys. `label` is shown in the footer, `help` in
    the palette and the help, and `detail` after it in the documentation. `panes` are the panes in which the
    command applies; empty means everywhere. `keys` are Textual's key names. Single characters act only while
    no text is being typed.
    """

    name: CommandName
    label: str
    help: str
    detail: str = ""
    panes: frozenset[Pane] = _ALL_PANES
    keys: Keys = ()

    @property
    def action(self) -> str:
        """Return the Textual action that runs this command."""
        return f"command('{self.name}')"

    @property
    def binding(self) -> Binding:
        """Return the key binding of this command. The command must have a key."""
        return Binding(
            ",".join(self.keys),
            self.action,
            self.label,
            tooltip=self.help,
            priority=True,
        )

    @property
    def typing_key(self) -> str:
        """Return the key that also works while typing; empty if all keys are characters."""
        return next((key for key in self.keys if not is_character_key(key)), "")

    @property
    def shown_keys(self) -> str:
        """Return the keys as shown to the user; empty if there are none."""
        return " or ".join(map(display_key, self.keys))

    @property
    def key_in_pane(self) -> str:
        """Return the keys for use in a sentence; without keys, the label, which the palette finds."""
        return self.shown_keys or f"“{self.label}”"

    @property
    def key_while_typing(self) -> str:
        """Return for a sentence the key that also works while typing; without one, `key_in_pane`."""
        return display_key(self.typing_key) if self.typing_key else self.key_in_pane

    @property
    def hint(self) -> str:
        """Return the help text, with the keys if there are any."""
        return f"{self.help} ({self.shown_keys})" if self.keys else self.help


def commands_with(keys: Mapping[CommandName, Keys]) -> tuple[Command, ...]:
    """Return all commands, with the keys that `keys` gives for each name."""
    return tuple(replace(command, keys=keys[command.name]) for command in _COMMANDS)


_COMMANDS = (
    Command(
        "open", "Open", "Open the person or the history row; in the profile, show more or less",
        "A row of the history shows all its details, and what you can do next",
        panes=frozenset(Pane),
    ),
    Command(
        "send", "Send link", "Send a reset link to the selected person, after a confirmation",
        "You see the target and all warnings: `t` goes to the ticket, `y` sends, `A` sends despite warnings, "
        "no other letter sends, Esc cancels",
        panes=_PERSON_PANES,
    ),
    Command(
        "pick", "Pick", "Pick the person for a batch, or not, and go on",
        "In the filter too, where a space means nothing: while it is empty, or after another space",
        panes=frozenset({Pane.USERS}),
    ),
    Command(
        "pick_all", "Pick all", "Pick everybody whom the filter finds",
        "People marked ≈ are not among them",
        panes=frozenset({Pane.USERS}),
    ),
    Command(
        "pick_none", "Pick none", "Unpick everybody",
        panes=frozenset({Pane.USERS}),
    ),
    Command(
        "plan", "Plan", "Look at all picked people, then send to them after a confirmation",
        "In the list, `s` does the same while somebody is picked. `x` leaves a person out, `A` takes one in "
        "despite warnings; the number of links, then Enter, sends",
    ),
    Command(
        "more", "More", "Open the person's More menu",
        "*Send Reset Link* and *Enable Login* can be run from here, after a confirmation",
        panes=frozenset({Pane.PROFILE}),
    ),
    Command("filter", "Filter", "Go to the filter and type a name"),
    Command(
        "ticket", "Ticket", "Begin with a ticket: see its links and the people in it",
        "A ticket typed into the filter does the same",
    ),
    Command(
        "history", "History", "Go to the history of this instance",
        "In the history, the same key opens all of it",
    ),
    Command(
        "full_history", "Whole history", "Search everything that was sent, and leave it again",
        "Rows by day, with totals and the course of each send",
    ),
    Command(
        "note", "Ticket note", "Show the note for the ticket",
        "`y` copies it, `m` masks the address, `h` passes it to your `note_command`",
        panes=frozenset({Pane.PROFILE, Pane.HISTORY, Pane.FULL_HISTORY}),
    ),
    Command(
        "trouble", "Can't get in", "Check what may keep the person from signing in",
        "One possible cause at a time; if the filter finds nobody, the other instances too",
        panes=_PERSON_PANES,
    ),
    Command(
        "waiting", "Waiting", "Show who is not back in yet, oldest first",
        "Each row names the next step",
    ),
    Command(
        "check_sign_ins", "Check sign-ins", "Check who is back in since their link",
        "It reads the CRM's login history; in the whole history, only for the selected row",
    ),
    Command(
        "browser", "Browser", "Open the person's profile in the browser",
        "Over SSH, the address is shown and copied",
        panes=_PERSON_PANES,
    ),
    Command(
        "copy_email", "Copy", "Copy the e-mail of the selected person; in the history, the row",
        "A row is copied as one line for the ticket",
        panes=_PERSON_PANES,
    ),
    Command(
        "copy_more", "Copy …", "Choose what to copy about the selected person",
        "E-mail, user name, name, profile address, or a line for the ticket; in the whole history, "
        "all rows as a table",
        panes=_PERSON_PANES,
    ),
    Command(
        "person", "Person", "Go to the person of a history row",
        "It offers to change to the instance of the row",
        panes=frozenset({Pane.HISTORY, Pane.FULL_HISTORY}),
    ),
    Command(
        "scope", "All or one", "Show the history of all instances, or of this one",
        panes=frozenset({Pane.FULL_HISTORY}),
    ),
    Command(
        "statistics", "Statistics", "Show what the search finds as charts, or as rows again",
        panes=frozenset({Pane.FULL_HISTORY}),
    ),
    Command(
        "export", "Export", "Save what the search finds as CSV or JSON Lines",
        "In the state folder; a message says the path",
        panes=frozenset({Pane.FULL_HISTORY}),
    ),
    Command("instances", "Instances", "Go to another CRM instance"),
    Command("reload", "Reload", "Read the list again, or the missing part"),
    Command("stop", "Stop", "Stop reading the list", "Reading it again continues from there"),
    Command(
        "sort", "Sort", "Sort the list by another column",
        "Choosing the same column again reverses the order; you can also click its title",
        panes=frozenset({Pane.USERS, Pane.FULL_HISTORY}),
    ),
    Command("theme", "Theme", "Choose a theme, with a preview"),
    Command(
        "teach", "Teach instance", "Show it the request that sends a link, copied from your browser",
        "For an instance whose menu has no address for it",
    ),
    Command("back", "Back", "Clear the filter, or return to it"),
    Command(
        "zoom",
        "Zoom",
        "Show only the pane in focus, or all panes again",
        "Tab still moves between the panes",
    ),
    Command(
        "redraw", "Redraw", "Redraw the whole screen",
        "Use it after another program wrote over the screen",
    ),
    Command("previous_pane", "Previous pane", "Go to the previous pane"),
    Command("help", "Help", "Show all keys and the steps of a reset"),
    Command("command_palette", "Palette", "Search for a command by name"),
    Command("next_pane", "Next pane", "Go to the next pane"),
    Command("quit", "Quit", "Sign out and quit"),
)  # fmt: skip

ALWAYS_IN_FOOTER: tuple[CommandName, ...] = ("help", "command_palette", "quit")
"""The commands at the right end of the footer, in every pane and at any width."""

FOOTERS: Mapping[Pane, tuple[CommandName, ...]] = {
    Pane.USERS: ("open", "send", "pick", "history", "instances", "waiting", "trouble"),
    Pane.PROFILE: ("send", "more", "trouble", "note", "copy_email", "filter"),
    Pane.HISTORY: ("open", "note", "full_history", "check_sign_ins", "waiting", "filter"),
    Pane.FULL_HISTORY: ("open", "note", "statistics", "person", "trouble", "copy_email", "filter"),
}
"""The commands on the left of a pane's footer, the most needed first: as many as fit, at most five."""

PICKED_FOOTER: tuple[CommandName, ...] = ("send", "plan", "pick", "pick_all", "pick_none")
"""Those of the list while somebody is picked."""

PICKED_LABELS: Mapping[CommandName, str] = {"send": "Plan"}
"""Labels in that footer which differ: there, the key does the same as `plan`."""

CHARTS_FOOTER: tuple[CommandName, ...] = ("statistics", "scope", "export", "filter", "back")
"""Those of the whole history while it shows charts."""

CHARTS_LABELS: Mapping[CommandName, str] = {"statistics": "Rows"}
"""Labels in that footer which differ: there, the key leads back."""

COMMANDS = commands_with(DEFAULT_KEYS)
"""All commands with their default keys."""


@dataclass(frozen=True, slots=True)
class CommandRun:
    """What a command runs, and why it is disabled now, as a sentence; empty if it is enabled."""

    run: Callable[[], Awaitable[None] | None]
    disabled_reason: Callable[[], str] = lambda: ""


CommandTable = Mapping[CommandName, CommandRun]
"""What each command runs. The app and the screens build it, so that the list above imports no screen."""


def quit_hint(commands: Iterable[Command]) -> str:
    """Return the sentence that says which keys quit."""
    [keys] = [command.keys for command in commands if command.name == "quit"]
    letters = " or ".join(display_key(key) for key in keys if is_character_key(key))
    others = " or ".join(display_key(key) for key in keys if not is_character_key(key))
    return f"{letters} quits; while you type in the filter, {others} does." if letters else f"{others} quits."


MOVEMENTS: tuple[tuple[str, str], ...] = (
    ("↑ ↓ or k j", "Move in a list; ↑ ↓ also while you type in the filter"),
    ("Page Up, Page Down", "Move by a screenful"),
    ("Home End or g G", "Go to the first or last row"),
)
"""Keys that the lists handle themselves, for the help."""

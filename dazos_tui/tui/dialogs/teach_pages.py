"""What the dialog that teaches an instance shows at each stage: rows to read, and the keys that act."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.content import Content

from dazos_tui.config.models import Instance
from dazos_tui.config.toml_edit import table_text
from dazos_tui.crm.models import MenuItemKind
from dazos_tui.instances.doctor import StepResult
from dazos_tui.learning.request_lesson import LearnedRequest, PersonCandidate
from dazos_tui.text.sanitize import safe_text
from dazos_tui.tui.dialogs.guarded_layout import KeyHint
from dazos_tui.tui.dialogs.search_box import CURSOR_STYLE, section
from dazos_tui.tui.formatting import short_path
from dazos_tui.tui.widgets.reflowed_rows import QUIET, Draw, Rows, as_rows, wrap_text
from dazos_tui.tui.widgets.step_row import DONE, FAILED, HERE, hanging

Template = dict[str, Any]
"""A request as the config describes it: the content of ``[instances.NAME.reset_request]``."""

_KEYS = {
    MenuItemKind.SEND_RESET_LINK: "reset_request",
    MenuItemKind.ENABLE_LOGIN: "enable_login_request",
}

_CANCEL = KeyHint("Esc", "cancel", action="leave")
_FIRST_USE = {
    MenuItemKind.SEND_RESET_LINK: (
        "Send the first link to yourself: type your own name, then s and y, as for anybody. It is proven "
        "only once that mail has arrived."
    ),
    MenuItemKind.ENABLE_LOGIN: (
        "After the first use, look in the browser whether the login is really enabled."
    ),
}

_PASTE = KeyHint("Paste", "the request", "it")
_PASTE_AGAIN = KeyHint("Ctrl+U", "paste again", "again", action="again")
_CLOSE = KeyHint("Esc", "close", action="leave")


@dataclass(frozen=True, slots=True)
class TeachSubject:
    """Which menu item of which instance is taught.

    `is_in_menu` says whether a menu shows the item, None if that is not known; if none does, the request is
    offered for everybody. `path` is the config file. `title` is that of the dialog.
    """

    instance: Instance
    kind: MenuItemKind
    path: Path
    title: str
    is_in_menu: bool | None = None

    @property
    def label(self) -> str:
        """Return the label of the item."""
        labels = self.instance.labels
        return labels.enable_login if self.kind is MenuItemKind.ENABLE_LOGIN else labels.send_reset_link

    @property
    def key(self) -> str:
        """Return the config's key of the request."""
        return _KEYS[self.kind]

    def template(self, learned: Template) -> Template:
        """Return what is written for a learned request."""
        always = self.is_in_menu is False and self.kind is MenuItemKind.SEND_RESET_LINK
        return {**learned, "offered": "always"} if always else learned


@dataclass(frozen=True, slots=True)
class TeachPage:
    """Rows to read, and the keys that act, the one that goes on first."""

    draw: Draw
    hints: tuple[KeyHint, ...]


@dataclass(slots=True)
class TeachCheck:
    """The results of the check after a request was written."""

    steps: list[StepResult] = field(default_factory=list)
    is_done: bool = False
    problem: str = ""
    """Why the check could not be finished, if it could not."""
    advice: str = ""

    @property
    def is_well(self) -> bool:
        """Return whether all steps passed."""
        return self.is_done and not self.problem and all(step.ok for step in self.steps)


def _page(write: Callable[[int], Iterator[Content]], *hints: KeyHint) -> TeachPage:
    def draw(width: int) -> Rows:
        return list(write(width))

    return TeachPage(draw, hints)


def waiting_page(subject: TeachSubject) -> TeachPage:
    """Return the page that says what to copy in the browser, and waits for it."""
    is_link = subject.kind is MenuItemKind.SEND_RESET_LINK
    at_whom = "yourself" if is_link else "a locked login"
    host = subject.instance.host

    def rows(width: int) -> Iterator[Content]:
        yield from _lines(_why(subject), width)
        yield Content()
        yield from hanging(f"1 In a browser, sign in to {host}; open F12, “Network”.", width)
        yield from hanging(f"2 Choose “{subject.label}” once, for {at_whom}.", width)
        yield from hanging("3 Right-click the request that appears: Copy, “Copy as cURL”.", width)
        yield from hanging("4 Paste it here. It is read at once, never shown, kept or logged.", width)
        yield Content()
        yield Content.styled(f"{HERE} Waiting for the paste ", "reverse bold")

    return _page(rows, _PASTE, _CANCEL)


def _why(subject: TeachSubject) -> str:
    if subject.is_in_menu is None:
        return f"dazos-tui can send the same request as your browser does for “{subject.label}”."
    what = "shows" if not subject.is_in_menu else "has an address for"
    return f"No menu of {subject.instance.name} {what} “{subject.label}”. Your browser knows the request."


def typing_page() -> TeachPage:
    """Return the page while a text arrives as keys: not even its length is shown."""

    def rows(width: int) -> Iterator[Content]:
        yield from hanging(f"{HERE} Reading …", width, "bold")
        words = "The text comes as typed keys, so this terminal does not mark a paste. It is read at its end."
        yield from _lines(words, width, QUIET)

    return _page(rows, _CANCEL)


def refused_page(reason: str, advice: str, *, was_typed: bool, name: str) -> TeachPage:
    """Return the page that says why a paste is not used."""

    def rows(width: int) -> Iterator[Content]:
        yield section("nothing was kept", width)
        yield from hanging(f"{FAILED} {safe_text(reason)}", width, "$text-error bold")
        if advice:
            yield from hanging(f"→ {safe_text(advice)}", width, "$text-accent")
        if was_typed:
            words = (
                "It came as typed keys, not as a paste, and may be incomplete. If your terminal cannot "
                f"paste, save the text to a file, run “dazos-tui learn -i {name} --curl FILE”, "
                "and delete the file."
            )
            yield from hanging(f"· {words}", width, QUIET)
        yield Content()
        yield Content.styled(f"{HERE} Waiting for the next paste ", "reverse bold")

    return _page(rows, _PASTE, KeyHint("Ctrl+U", "how", action="again"), _CANCEL)


def choice_page(candidates: Sequence[PersonCandidate], at: int) -> TeachPage:
    """Return the page that asks which of two fields is the person."""

    def rows(width: int) -> Iterator[Content]:
        yield section("who is the person?", width)
        words = (
            "Each of these may be the person's record. In the browser, the address of the person's page has "
            "it after “record=”."
        )
        yield from _lines(words, width)
        yield Content()
        for number, one in enumerate(candidates):
            mark, style = (HERE, CURSOR_STYLE) if number == at else (" ", "")
            yield from hanging(f"{mark} {safe_text(one.name)} = {safe_text(one.number)}", width, style)

    choose = KeyHint("↑↓", "choose")
    return _page(rows, choose, KeyHint("Enter", "this one", action="next"), _PASTE_AGAIN, _CANCEL)


def lesson_page(subject: TeachSubject, lesson: LearnedRequest, template: Template) -> TeachPage:
    """Return the page that shows what was understood, and what would be written."""

    def rows(width: int) -> Iterator[Content]:
        yield section("pasted", width)
        yield from hanging(safe_text(lesson.summary), width, "bold")
        yield from hanging(f"kept: {_listed(lesson.kept)}", width)
        yield from hanging(f"dropped: {_listed(lesson.dropped)}", width, QUIET)
        yield section("would be written, not sent", width)
        yield from _lines(short_path(subject.path), width, QUIET)
        for line in table_text(("instances", subject.instance.name, subject.key), template).splitlines():
            yield from hanging(safe_text(line), width)
        if getattr(subject.instance, subject.key) is not None:
            yield from hanging("· It replaces the request that the config has now.", width, QUIET)
        if "offered" in template:
            words = "No menu shows the item, so the link is offered for every active person."
            yield from hanging(f"· {words}", width, QUIET)
        yield from hanging(f"· {_FIRST_USE[subject.kind]}", width, QUIET)
        yield from hanging("· Your clipboard still has a live session: copy something else.", width, QUIET)
        for note in lesson.notes:
            yield from hanging(f"· {safe_text(note)}", width, QUIET)

    keep = KeyHint("Enter", "keep and check", "keep", action="next")
    return _page(rows, keep, _PASTE_AGAIN, _CANCEL)


def check_page(subject: TeachSubject, check: TeachCheck, *, may_offer_always: bool) -> TeachPage:
    """Return the page with the results of the check so far; at its end it says what comes next."""

    def rows(width: int) -> Iterator[Content]:
        yield from hanging(f"{DONE} Written, and all comments are kept.", width)
        yield section("check, nothing is sent", width)
        if not check.is_done:
            yield from _lines(f"Checking {subject.instance.host} …", width)
        for one in check.steps:
            yield from hanging(f"{DONE if one.ok else FAILED} {one.message}", width, "" if one.ok else _BAD)
            if not one.ok and one.advice:
                yield from hanging(f"→ {one.advice}", width, "$text-accent")
        if check.problem:
            yield from hanging(f"{FAILED} {check.problem}", width, _BAD)
            yield from hanging(f"→ {check.advice}", width, "$text-accent")
        if may_offer_always:
            words = "Press a to offer the link for every active person, whatever the menus show."
            yield from hanging(f"→ {words}", width, "$text-accent bold")
        elif check.is_well:
            yield section("next", width)
            yield from _lines(_FIRST_USE[subject.kind], width, "bold")

    always = (KeyHint("a", "offer it always", "always", action="always"),) if may_offer_always else ()
    if check.is_well:
        return _page(rows, KeyHint("Enter", "done", action="next"), _PASTE_AGAIN)
    again = (KeyHint("Enter", "check again", "again", action="next"),) if check.is_done else ()
    return _page(rows, *always, *again, *((_PASTE_AGAIN,) if check.is_done else ()), _CLOSE)


_BAD = "$text-error bold"


def _listed(words: Sequence[str]) -> str:
    return safe_text(", ".join(words)) or "nothing"


def _lines(words: str, width: int, style: str = "") -> Iterator[Content]:
    return as_rows(wrap_text(words, width), style)

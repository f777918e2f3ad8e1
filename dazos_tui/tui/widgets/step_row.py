"""The parts of a form with steps: a step is one row, or its fields while it is current."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from dazos_tui.text.sanitize import safe_text
from dazos_tui.tui.formatting import truncate_middle
from dazos_tui.tui.widgets.reflowed_rows import ReflowedRows, wrap_text

LABEL_CELLS = 15
"""Width of the column with marks and labels, as in the style sheet."""

HERE, DONE, FAILED = "▸", "✓", "✗"
_STYLES = {HERE: "bold", DONE: "$text-success", FAILED: "$text-error"}
_QUIET = "$foreground 67%"


def hanging(words: str, width: int, style: str = "") -> Iterator[Content]:
    """Yield a text in rows of `width` cells; the later ones are indented past the mark."""
    lines = wrap_text(words, width, hanging=2)
    for number, line in enumerate(lines):
        yield Content.styled(f"  {line}" if number else line, style)


class StepNote(ReflowedRows, can_focus=True):
    """The text of a step without an input. Its letter keys act only here."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "screen.again", "Check again", show=False),
        Binding("w", "screen.anyway", "Write anyway", show=False),
        Binding("l", "screen.teach", "Teach it", show=False),
    ]

    def __init__(self, key: str) -> None:
        super().__init__(id=key, classes="prompt")


class StepField(Vertical):
    """A label, the input beside it (below it on a narrow screen), and a line of text under that."""

    def __init__(self, label: str, prompt: Widget, *, further: bool = False) -> None:
        """Build the field; `further` if it is not the first one of its step."""
        super().__init__(classes="further" if further else "")
        self.prompt = prompt
        self._text = label
        self._label = Static(f"  {label}", classes="label", markup=False)
        self._below = ReflowedRows(classes="below")

    def compose(self) -> ComposeResult:
        """Lay out label, input and line."""
        yield self._label
        with Vertical(classes="beside"):
            yield self.prompt
            yield self._below

    def show(self, mark: str, *, here: bool, hint: str = "", problem: str = "") -> None:
        """Mark the current field, and show its problem below it, else the hint."""
        # A note has no cursor that would show the focus.
        reverse = " reverse" if here and isinstance(self.prompt, StepNote) else ""
        self._label.update(Content.styled(f"{mark} {self._text}", f"{_STYLES.get(mark, '')}{reverse}"))
        words, style = (f"{FAILED} {problem}", "$text-error") if problem else (hint, _QUIET)
        self._below.set_content(lambda width: list(hanging(words, width, style)))
        self._below.display = bool(words)


class StepRow(Vertical):
    """A step: one row with its answer, or its fields while it is current."""

    class StepChosen(Message):
        """The row was clicked."""

        def __init__(self, step: str) -> None:
            super().__init__()
            self.step = step

    def __init__(self, step: str, label: str, *fields: StepField) -> None:
        super().__init__(id=f"step-{step}")
        self.step = step
        self._text, self._fields = label, fields
        self._row = ReflowedRows(classes="row")

    def compose(self) -> ComposeResult:
        """Lay out the row and the fields; only one of both is visible at a time."""
        yield self._row
        yield from self._fields

    def show(self, mark: str, answer: str, hint: str) -> None:
        """Show the answer, or a hint of what the step asks for."""
        label, text, style = (
            f"{self._text:{LABEL_CELLS - 2}}",
            safe_text(answer or hint),
            "" if answer else _QUIET,
        )

        def row(width: int) -> list[Content]:
            words = truncate_middle(text, max(0, width - LABEL_CELLS))
            return [Content.assemble((f"{mark} ", _STYLES.get(mark, "")), label, (words, style))]

        self._row.set_content(row)

    def open(self, *, current: bool, shown: bool) -> None:
        """Show the fields; on a narrow screen only of the current step."""
        self.set_class(current, "current")
        self.set_class(current or shown, "open")

    def on_click(self) -> None:
        """Post that the step was chosen."""
        if not self.has_class("current"):
            self.post_message(self.StepChosen(self.step))

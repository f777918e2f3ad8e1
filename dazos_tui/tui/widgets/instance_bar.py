"""The line that is always visible: the instance, and what is wrong, if anything."""

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from dazos_tui.config.models import Instance
from dazos_tui.tui.formatting import fit_width, truncate_middle

_MIN_NAME_WIDTH = 5
"""Minimum cells of the instance name."""
_MAX_TICKET_WIDTH = 20
"""Most cells of the ticket."""


class InstanceBar(Widget):
    """Instance and environment; on the right the ticket for the next link, the account and the host.

    A normal state is not shown. Where narrow, the host is left out first, then the account, then the ticket;
    then the name is cut in the middle. The environment is never cut.
    """

    state: reactive[str] = reactive("")
    """What is wrong with the session, or what it is doing; empty if all is normal."""

    incomplete: reactive[str] = reactive("")
    """That the list is incomplete; else empty. The session state has priority."""

    ticket: reactive[str] = reactive("")
    """The ticket for the next link, or an empty text."""

    def __init__(self, instance: Instance, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes=f"env-{instance.environment}")
        self._instance = instance

    def render(self) -> RenderResult:
        """Draw as much as fits in one row."""
        instance, width = self._instance, self.content_size.width
        words = self.state or self.incomplete
        badge = f" {instance.environment.upper()} "
        said = f" {words}" if words else ""
        room = width - cell_len(f"  {badge} {said}")
        name = truncate_middle(instance.name, max(_MIN_NAME_WIDTH, room))
        right = self._right(room - cell_len(name) - 1)
        gap = " " * max(0, room - cell_len(f"{name}{right}"))
        style = f"$env-{instance.environment}-text on $env-{instance.environment} bold"
        # A state in capitals is a problem.
        tone = "bold $text-warning" if words.partition(" · ")[0].isupper() else ""
        return Content.assemble((f" {name} ", "bold"), (badge, style), (said, tone), gap, (right, ""), " ")

    def _right(self, width: int) -> str:
        """Return ticket, account and host, as far as they fit."""
        operator, host = self._instance.operator, self._instance.host
        ticket = fit_width(self.ticket, _MAX_TICKET_WIDTH)
        for parts in ((ticket, operator, host), (ticket, operator), (ticket,)):
            words = " · ".join(filter(None, parts))
            if cell_len(words) <= width:
                return words
        return ""

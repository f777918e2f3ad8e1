"""The line that is always there: which instance this is, and who is signed in."""

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from dazos_tui.config import Instance


class InstanceBar(Widget):
    """Instance, environment in colour and words, host, account, state of the session."""

    state: reactive[str] = reactive("")
    """What the session is doing, in words."""

    def __init__(self, instance: Instance, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes=f"env-{instance.environment}")
        self._instance = instance

    def render(self) -> RenderResult:
        """Draw as much as fits: name and environment never give way."""
        instance = self._instance
        badge = f" {instance.environment.upper()} "
        parts = [instance.host, instance.username, self.state]
        room = self.size.width - cell_len(instance.name) - len(badge) - 2
        while parts and len(" · ".join(filter(None, parts))) > room:
            parts.pop(0)
        style = f"$env-{instance.environment}-text on $env-{instance.environment} bold"
        rest = " · ".join(filter(None, parts))
        return Content.assemble((f" {instance.name} ", "bold"), (badge, style), f" {rest}")

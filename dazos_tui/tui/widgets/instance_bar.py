"""The line that is always there: which instance this is, and who is signed in."""

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from dazos_tui.config import Instance

SIGNED_IN = "signed in as"
"""The state that the account follows in one sentence."""


class InstanceBar(Widget):
    """Instance, environment in colour and words, host, account, state of the session."""

    state: reactive[str] = reactive("")
    """What the session is doing, in words."""

    def __init__(self, instance: Instance, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes=f"env-{instance.environment}")
        self._instance = instance

    def render(self) -> RenderResult:
        """Draw name and environment; state, account and host beside or, if it is narrow, below them."""
        instance = self._instance
        badge = f" {instance.environment.upper()} "
        style = f"$env-{instance.environment}-text on $env-{instance.environment} bold"
        head = Content.assemble((f" {instance.name} ", "bold"), (badge, style), " ")
        joint = " " if self.state == SIGNED_IN else " · "
        who = joint.join(filter(None, (self.state, instance.operator)))
        rest = Content(f"{who} · {instance.host}")
        if self.size.height > 1:
            return Content("\n").join([head, Content(" ").append(rest)])
        return head.append(rest)

"""The instance picker."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from dazos_tui.config import Instance
from dazos_tui.tui.dialogs.choice import ChoiceDialog


class InstancePicker(ChoiceDialog[str]):
    """Lists the configured instances in the order of the config; gives back a name."""

    def __init__(self, instances: Sequence[Instance], current: str | None = None, *, note: str = "") -> None:
        names = [instance.name for instance in instances]
        width = max((cell_len(name) for name in names), default=0)
        choices = [(instance.name, _words(instance, width, current)) for instance in instances]
        start = names.index(current) if current in names else 0
        super().__init__("Which CRM instance?", choices, start=start, note=note)


def _words(instance: Instance, width: int, current: str | None) -> Content:
    env = instance.environment
    return Content.assemble(
        f"{'▸' if instance.name == current else ' '} {set_cell_size(instance.name, width)}  ",
        (f" {env.upper():^10} ", f"$env-{env}-text on $env-{env} bold"),
        (f"  {instance.host} as {instance.operator}", "dim"),
    )

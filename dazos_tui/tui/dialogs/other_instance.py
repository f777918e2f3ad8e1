"""The dialog for a history row of another instance than the open one."""

from textual.content import Content

from dazos_tui.history.models import HistoryEntry
from dazos_tui.tui.dialogs.choice import ChoiceDialog


class OtherInstanceDialog(ChoiceDialog[bool]):
    """Offers to go to the instance of a row; returns whether to go there."""

    def __init__(self, entry: HistoryEntry, here: str) -> None:
        """Build the dialog; `here` is the open instance."""
        request = entry.request
        name = request.name or request.user_name
        choices = [
            (True, Content(f"Go to {request.instance}, and search for {name} there")),
            (False, Content(f"Stay in {here}")),
        ]
        super().__init__(f"This row is of {request.instance}", choices)

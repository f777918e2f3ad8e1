"""The menu of what to copy about a person."""

from collections.abc import Mapping

from textual.content import Content

from dazos_tui.tui.dialogs.choice import ChoiceDialog


class CopyMenu(ChoiceDialog[str]):
    """Lists texts by label; returns the chosen text."""

    def __init__(self, name: str, texts: Mapping[str, str]) -> None:
        """Build the menu for a person's name; `texts` are by label."""
        choices = [(text, Content.assemble((f"{label:<19}", "dim"), text)) for label, text in texts.items()]
        super().__init__(f"Copy · {name}", choices)

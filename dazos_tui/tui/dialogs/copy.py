"""The choice of what to copy of a person."""

from collections.abc import Mapping

from textual.content import Content

from dazos_tui.tui.dialogs.choice import ChoiceDialog


class CopyMenu(ChoiceDialog[str]):
    """Lists texts by their labels; gives back the text chosen."""

    def __init__(self, name: str, texts: Mapping[str, str]) -> None:
        """Take whom it is about, and the texts by label."""
        choices = [(text, Content.assemble((f"{label:<19}", "dim"), text)) for label, text in texts.items()]
        super().__init__(f"Copy · {name}", choices)

"""The smallest Textual app: one word on the screen."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """An app that shows one word."""

    def compose(self) -> ComposeResult:
        """Show the word."""
        yield Static("ready")


if __name__ == "__main__":
    EmptyApp().run()

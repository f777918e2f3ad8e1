"""The line on stderr while an older history is brought up to date."""

from dazos_tui.cli._support.output import echo_note, is_terminal, show_progress
from dazos_tui.cli._support.quiet import is_progress_hidden
from dazos_tui.history.upgrade_progress import UpgradeProgress


class UpgradeLine:
    """Shows how far it is: on a terminal with a progress line again and again, elsewhere once."""

    def __init__(self) -> None:
        self._is_said = False

    def __call__(self, progress: UpgradeProgress | None) -> None:
        """Show the progress; None ends it."""
        if is_terminal("stderr") and not is_progress_hidden():
            show_progress(f"{progress} …" if progress is not None else "")
        elif progress is not None and not self._is_said:
            echo_note(f"{progress}. It stays as it was if this is stopped.")
            self._is_said = True

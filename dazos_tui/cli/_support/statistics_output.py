"""How ``dazos-tui history --stats`` writes statistics for people."""

import shutil

from dazos_tui.cli._support.output import can_encode, is_terminal
from dazos_tui.history.charts import BLOCKS, PLAIN, statistics_lines
from dazos_tui.history.statistics import HistoryStatistics

_USUAL_WIDTH, _LARGEST_WIDTH = 80, 120


def statistics_text(found: HistoryStatistics) -> list[str]:
    """Return statistics as lines for the terminal, 80 columns wide if stdout is none."""
    width = shutil.get_terminal_size().columns if is_terminal("stdout") else _USUAL_WIDTH
    drawn = BLOCKS if can_encode("█▓░▌✓✗–≤") else PLAIN
    return statistics_lines(found, min(width, _LARGEST_WIDTH), drawn) if found.total else []

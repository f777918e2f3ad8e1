"""The list of a dialog with choices."""

from textual.geometry import Offset
from textual.widgets import OptionList


class ChoiceList(OptionList):
    """Textual's list of options, which says where its highlighted option is."""

    def cursor_place(self) -> Offset | None:
        """Return the place of the highlighted option on the screen, None without one."""
        if self.highlighted is None:
            return None
        line = self._index_to_line.get(self.highlighted, 0) - self.scroll_offset.y
        return self.content_region.offset + Offset(0, line)

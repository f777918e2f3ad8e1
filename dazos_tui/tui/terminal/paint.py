"""Paints what a key changed as soon as it was handled.

Textual paints later: each changed widget tells the screen in a message of its own, and the screen then starts
a timer. That is right for a change of the layout, but a letter in the filter changes only what is drawn.
"""

from typing import Any

from textual.screen import Screen
from textual.widget import Widget


def paint_now(screen: Screen[Any]) -> None:
    """Paint the widgets that asked for it, unless something needs a new layout or new styles first."""
    if not screen.is_current or screen.app._batch_count or _has_to_wait(screen):
        return
    widgets = [*screen._compositor.visible_widgets]
    if any(_has_to_wait(widget) or widget._refresh_styles_required for widget in widgets):
        return
    dirty = [widget for widget in widgets if widget._repaint_required]
    for widget in dirty:
        widget._repaint_required = False
    screen._dirty_widgets.update(dirty)
    if screen._dirty_widgets:
        with screen._context():
            screen._on_timer_update()


def _has_to_wait(widget: Widget) -> bool:
    return widget._layout_required or widget._scroll_required or widget._recompose_required

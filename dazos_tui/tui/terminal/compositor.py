"""A compositor that renders only the widgets seen in the changed parts of the screen.

Textual's own renders each widget in the rectangle around all changes. A letter in the filter changes the top
and the bottom of the screen: that rectangle is all of it, with many widgets that are unchanged or hidden.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from textual._compositor import ChopsUpdate, Compositor
from textual._styles_cache import StylesCache
from textual.color import Color
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style


class CullingCompositor(Compositor):
    """Textual's compositor with occlusion culling."""

    _parts: frozenset[Region] = frozenset()
    """The changed parts of the screen while they are rendered; empty if all of it is."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Render the changed parts of the screen."""
        self._parts = frozenset(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._parts = frozenset()

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        return self._culled(self._parts) if self._parts else super()._get_renders(crop)

    def _culled(self, parts: Iterable[Region]) -> Iterable[tuple[Region, Region, list[Strip]]]:
        """Yield region, clip and lines of each widget that is seen in these parts, from front to back."""
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            changed = [part for part in parts if part.overlaps(shown)]
            if changed:
                lines = Region.from_union(changed)
                seen = shown.intersection(Region(shown.x, lines.y, shown.width, lines.height))
                yield region, seen, widget.render_lines(seen.translate(-region.offset))
                # What this widget covers is hidden in all widgets behind it.
                parts = [part for part in parts if not shown.contains_region(part)]


def cull_hidden_widgets(screen: Screen[Any]) -> None:
    """Give a screen that was just built this compositor."""
    screen._compositor = CullingCompositor()


@lru_cache(maxsize=1024)
def _inner_and_outer(base_background: Color, background: Color) -> tuple[Style, Style]:
    """Return the styles inside and outside a border, as Textual's `StylesCache.get_inner_outer` does."""
    return Style(background=base_background + background), Style(background=base_background)


# Textual's own cache has the last thousand such objects as keys, and so keeps the lines of closed dialogs.
StylesCache.get_inner_outer = staticmethod(_inner_and_outer)  # type: ignore[method-assign,assignment]

"""Spares apps without a terminal, of which a test process starts hundreds, work whose result nobody sees."""

from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.geometry import Size
from textual.screen import Screen
from textual.strip import Strip

from dazos_tui.tui import navigation
from dazos_tui.tui.widgets import users_pane

COLLECTING = (navigation, users_pane)
"""The modules of the app that use the garbage collector."""

_looks: WeakKeyDictionary[Screen[Any], tuple[Size, list[Strip]]] = WeakKeyDictionary()
"""The size and the rows of screens at the last look, as long as they need not be drawn again."""


def strips_of(app: App[Any], screen: Screen[Any] | None = None) -> list[Strip]:
    """Return the rows that a screen of an app shows, by default the one on top, with their styles."""
    screen = screen or app.screen
    size, strips = _looks.get(screen, (None, []))
    if size != app.size:
        strips = screen._compositor.render_strips(app.size)
        _looks[screen] = app.size, strips
    return strips


def spare_work() -> None:
    """Make Textual draw only what a test reads, and parse each stylesheet only once in a process.

    What `tests/conftest.py` has exempted from garbage collection stays exempt.
    """
    for module in COLLECTING:
        module.gc = GarbageCollector  # type: ignore[attr-defined]
    Screen._compositor_refresh = _drawing_only_on_terminals(Screen._compositor_refresh)  # type: ignore[method-assign]
    Stylesheet._parse_rules = _parsing_once(Stylesheet._parse_rules)  # type: ignore[method-assign]


def _drawing_only_on_terminals(draw: Any) -> Any:
    """Return a method that draws what has changed, unless nobody sees it. Tests read `render_strips`."""

    @wraps(draw)
    def refresh(screen: Screen[Any]) -> None:
        _looks.pop(screen, None)
        if not screen.app.is_headless or screen is not screen.app.screen:
            draw(screen)
            return
        screen._compositor._dirty_regions.clear()
        screen._dirty_widgets.clear()
        screen.app._update_mouse_over(screen)

    return refresh


def _parsing_once(parse: Any) -> Any:
    """Return a method that remembers the rules of all stylesheets, not only of one app with one theme."""
    parsed: dict[tuple[object, ...], list[RuleSet]] = {}

    @wraps(parse)
    def remembered(sheet: Stylesheet, *source: Any, **options: Any) -> list[RuleSet]:
        key = (tuple(sheet._variables.items()), source, tuple(options.items()))
        if key not in parsed:
            parsed[key] = parse(sheet, *source, **options)
        return parsed[key]

    return remembered


class GarbageCollector:
    """What an app sees as `gc`: it neither exempts anything nor collects now what is collected in time."""

    @staticmethod
    def get_freeze_count() -> int:
        """Return that nothing is exempt."""
        return 0

    @staticmethod
    def freeze() -> None:
        """Do nothing."""

    unfreeze = collect = freeze

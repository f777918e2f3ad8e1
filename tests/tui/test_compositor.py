"""The culling compositor: it draws the same as Textual's, with fewer widgets rendered."""

import random
from typing import ClassVar

from textual._compositor import Compositor
from textual.app import App
from textual.containers import Horizontal, Vertical
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from dazos_tui.tui.terminal.compositor import cull_hidden_widgets
from dazos_tui.tui.terminal.paint import paint_now
from tests.tui.emulator import Terminal


class Dots(Widget):
    """A widget that counts how often it is rendered."""

    rendered: ClassVar[list[str | None]] = []

    def render(self):
        return f"{self.id} " * 200

    def render_lines(self, crop: Region) -> list[Strip]:
        self.rendered.append(self.id)
        return super().render_lines(crop)


class Layers(Screen[None]):
    """Widgets beside, in and in front of each other."""

    CSS = """
    Layers { layers: below above; }
    #left { border: round red; width: 2fr; }
    #right { width: 3fr; margin: 1 2; background: blue; }
    #over { layer: above; dock: right; width: 9; height: 3; offset: -4 2; background: green; }
    #bar { dock: bottom; height: 1; }
    """

    def __init__(self):
        super().__init__()
        cull_hidden_widgets(self)

    def compose(self):
        with Horizontal():
            yield Dots(id="left")
            with Vertical():
                yield Dots(id="right")
        yield Dots(id="over")
        yield Dots(id="bar")


async def test_it_draws_the_same_and_renders_only_what_is_seen():
    app = App[None]()
    async with app.run_test(size=(40, 12)) as pilot:
        screen = Layers()
        await app.push_screen(screen)
        await pilot.pause()
        compositor = screen._compositor
        right = screen.query_one("#right", Dots).region
        dice = random.Random(7)  # noqa: S311 - no secret is made of it
        for _ in range(60):
            regions = {
                Region(dice.randrange(40), dice.randrange(12), dice.randrange(1, 30), dice.randrange(1, 5))
                for _ in range(dice.randrange(1, 5))
            }
            regions = {region.intersection(app.size.region) for region in regions}
            drawn = []
            for render in (Compositor.render_partial_update, type(compositor).render_partial_update):
                compositor._dirty_regions = {*regions}
                update = render(compositor)
                assert update is not None
                drawn.append(Terminal.showing(update.render_segments(app.console)).seen)
            assert drawn[0] == drawn[1] != {}
        Dots.rendered.clear()
        compositor._dirty_regions = {Region(*right.offset, right.width, 1)}
        compositor.render_partial_update()
        assert Dots.rendered == ["right"]


async def test_what_only_looks_different_is_painted_at_once_and_once(monkeypatch):
    frames = list[set[str | None]]()

    def paint(screen: Layers) -> None:
        frames.append({one.id for one in screen._dirty_widgets})
        screen._dirty_widgets.clear()

    monkeypatch.setattr(Layers, "_compositor_refresh", paint)
    app = App[None]()
    async with app.run_test(size=(40, 12)) as pilot:
        screen = Layers()
        await app.push_screen(screen)
        await pilot.pause()
        left, bar = screen.query_one("#left"), screen.query_one("#bar")
        frames.clear()
        left.refresh()
        bar.refresh()
        paint_now(screen)
        paint_now(screen)
        assert frames == [{"left", "bar"}]

        # A change of the layout is painted by Textual, together with the rest.
        left.refresh()
        bar.refresh(layout=True)
        paint_now(screen)
        assert frames == [{"left", "bar"}]

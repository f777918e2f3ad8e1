"""The themes: that they can be read, that somebody's own are taken or told, and how one is chosen."""

from contextlib import asynccontextmanager

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color
from textual.screen import ModalScreen

from dazos_tui.config.load import load_config
from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.dialogs.add_instance import AddInstanceDialog
from dazos_tui.tui.dialogs.theme_picker import ThemePicker
from dazos_tui.tui.theme_controller import textual_theme
from dazos_tui.tui.theming.themes import DEFAULT_THEME, SHIPPED, load_themes
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.app_driver import at_desk

MINIMUM = 4.5
"""WCAG 2.2, success criterion 1.4.3 (AA), for text of this size."""

SIGNS = "✓✗–?●○→▸"
OWN = """
name = "{name}"
dark = true
primary = "#4aa8ff"
secondary = "#7c8da6"
accent = "#5fd7c4"
foreground = "#e6e9ef"
background = "#001020"
surface = "#161b23"
panel = "#1f2630"
success = "#3fb868"
warning = "#e5a93d"
error = "#f06565"
"""


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def folder(tmp_path):
    """Return where somebody's own themes lie, beside a config."""
    path = tmp_path / "config" / "themes"
    path.mkdir(parents=True)
    return path


def put(folder, name="mine", text=OWN, file=None):
    path = folder / f"{file or name}.toml"
    path.write_text(text.format(name=name))
    path.chmod(0o600)
    return path


@asynccontextmanager
async def with_config(demo, tmp_path, folder, theme):
    """Sit somebody down at the app with a config file that names a theme."""
    path = folder.parent / "config.toml"
    path.write_text(f'theme = "{theme}"  # for now\n')
    path.chmod(0o600)
    config = config_of(demo_instance(demo)).model_copy(update={"theme": theme})
    async with at_desk(config, tmp_path, config_path=path) as desk:
        await desk.loaded()
        yield desk


# Contrast ------------------------------------------------------------------


def luminance(colour):
    """Return the relative luminance as WCAG 2.2 defines it ("relative luminance")."""

    def linear(part):
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """Return the contrast ratio as WCAG 2.2 defines it, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_reckoned_as_the_standard_does():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    # The grey that is known for just passing on white, and the next one, which does not.
    assert contrast((118, 118, 118), (255, 255, 255)) >= MINIMUM > contrast((119, 119, 119), (255, 255, 255))


def shown(app):
    """Yield each text on the screen with its two colours; if a box is open, only the texts in it."""
    area = app.size.region
    if isinstance(app.screen, ModalScreen):
        # What lies behind a box is not to be read now.
        area = app.screen.query(".box, .frame").first().region
    for y, strip in enumerate(app.screen._compositor.render_strips(app.size)):
        for segment in strip.crop(area.x, area.right) if area.y <= y < area.bottom else ():
            if any(sign.isalnum() or sign in SIGNS for sign in segment.text):
                yield segment.text.strip(), segment.style.color.triplet, segment.style.bgcolor.triplet


class Reader:
    """Goes through the app, and notes what was hard to read on the way."""

    def __init__(self, desk):
        self.desk, self.hard, self.read = desk, {}, 0

    async def look(self, where):
        await self.desk.settled()
        for text, ink, paper in shown(self.desk.app):
            self.read += 1
            if contrast(ink, paper) < MINIMUM:
                self.hard[where, text] = round(contrast(ink, paper), 2)

    async def press(self, where, *keys):
        await self.desk.press(*keys)
        await self.look(where)


async def read_it_all(desk):
    reader = Reader(desk)
    await desk.sees("Which CRM instance?")
    await reader.look("instances")
    await desk.pick("harbor-prod")
    await desk.loaded()
    await reader.look("list")
    await reader.press("cursor in the list", "tab", "down", "down")
    await desk.look_for("garcia")
    await desk.open()
    await reader.look("profile")
    await reader.press("menu", "m")
    await reader.press("confirm", "escape", "s")
    await desk.confirm()
    await desk.sees("Success")
    for severity in ("information", "warning", "error"):
        desk.app.notify("Words of it.", title=f"A {severity}", severity=severity, timeout=60, markup=False)
    await desk.sees("A warning", "A error")
    await reader.look("notices")
    await reader.press("history", "f3")
    await reader.press("can't get in", "w")
    await reader.press("note", "escape", "n")
    await reader.press("help", "escape", "f1")
    desk.app.theming.choose()
    await desk.sees("How should the screen look?")
    await reader.look("themes")
    return reader


@pytest.mark.parametrize("theme", SHIPPED)
async def test_every_text_on_every_screen_can_be_read(demo, tmp_path, theme):
    config = demo_config_of(demo).model_copy(update={"theme": theme})
    async with at_desk(config, tmp_path) as desk:
        reader = await read_it_all(desk)
    assert reader.hard == {}
    assert reader.read > 300


@pytest.mark.parametrize("theme", SHIPPED)
async def test_words_that_matter_less_are_quieter_and_can_be_read(demo, tmp_path, theme):
    config = config_of(demo_instance(demo)).model_copy(update={"theme": theme})
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        await desk.type("garcia")
        await desk.sees("Enter reads the whole profile")
        desk.work.panes.notice.show_notice("Success", "It was sent.", "Ann")
        await desk.sees("It was sent.")
        await desk.settled()
        looks = {text: (ink, paper) for text, ink, paper in shown(desk.app)}
        colours = desk.app.get_css_variables()
        plain, ground = (Color.parse(colours[name]).rgb for name in ("foreground", "background"))
        for word in ("History", "No link sent from this tool yet.", "Esc"):
            found = [both for text, both in looks.items() if word in text]
            assert found, (word, list(looks))
            [(ink, paper), *_] = found
            assert contrast(ink, paper) >= MINIMUM, word
            assert contrast(ink, ground) < 0.85 * contrast(plain, ground), word


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("environment", [False, True])
async def test_the_form_for_an_instance_can_be_read(demo, tmp_path, name, environment):
    config = config_of(demo_instance(demo)).model_copy(update={"theme": name})
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    async with at_desk(config, tmp_path, config_path=path) as desk:
        await desk.loaded()
        desk.app.push_screen(AddInstanceDialog(config, path))
        await desk.sees("Your instance")
        if environment:
            await desk.type("https://test.example.com/")
            await desk.sees("test.example.com")
        reader = Reader(desk)
        await reader.look("form")
        assert reader.hard == {}


PAIRS = [
    *((ink, paper) for ink in ("foreground", "text-muted") for paper in ("background", "surface", "panel")),
    *((f"text-{kind}", "background") for kind in ("success", "warning", "error", "accent")),
    *((f"text-{kind}", "surface") for kind in ("success", "warning", "error", "accent")),
    *((f"text-{kind}", f"{kind}-muted") for kind in ("success", "warning", "error")),
    *(("foreground", f"{kind}-muted") for kind in ("success", "warning", "error")),
    *((f"env-{name}-text", f"env-{name}") for name in ("production", "staging", "sandbox")),
    *((ink, "background") for ink in ("primary", "secondary", "warning")),
    ("accent", "panel"),
    ("background", "foreground"),
]
"""Text on ground, as the stylesheet and the widgets name them."""


def in_256(colour):
    """Return red, green and blue of a colour in a terminal of 256: Rich finds the nearest for Textual."""
    return RichColor.parse(colour).downgrade(ColorSystem.EIGHT_BIT).get_truecolor()


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_grey_and_what_is_green_stays_so_in_256_colours(name):
    palette = load_themes(None).known[name]
    for surface in ("background", "surface", "panel"):
        assert len(set(in_256(palette.colours[surface]))) == 1, surface
    if "success-muted" in palette.variables:
        red, green, blue = in_256(palette.variables["success-muted"])
        assert green > max(red, blue)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_pair_of_the_stylesheet_can_be_read(name):
    theme = textual_theme(load_themes(None).known[name])
    variables = theme.to_color_system().generate() | theme.variables
    hard = {}
    for ink, paper in PAIRS:
        ground = Color.parse(variables[paper])
        ratio = contrast((ground + _over(ground, variables[ink])).rgb, ground.rgb)
        if ratio < MINIMUM:
            hard[ink, paper] = round(ratio, 2)
    assert hard == {}


def _over(ground, value):
    """Return a colour on a background: `auto 60%` is the one with the most contrast, at 60 %."""
    kind, _, share = value.partition(" ")
    return ground.get_contrast_text(float(share.rstrip("%")) / 100) if kind == "auto" else Color.parse(value)


@pytest.mark.parametrize("name", SHIPPED)
def test_environments_differ_in_every_theme(name):
    variables = load_themes(None).known[name].variables
    assert len({variables[f"env-{environment}"] for environment in ("production", "staging", "sandbox")}) == 3


# Somebody's own ------------------------------------------------------------


def test_without_a_folder_there_are_those_that_come_with_the_app(tmp_path):
    themes = load_themes(tmp_path / "themes")
    assert (tuple(themes.known), themes.problems) == (SHIPPED, [])


def test_a_theme_of_ones_own_is_there(folder):
    put(folder)
    themes = load_themes(folder)
    assert (tuple(themes.known), themes.problems) == ((*SHIPPED, "mine"), [])
    theme, told = themes.resolve("mine")
    assert (theme.colours["background"], told) == ("#001020", [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OWN.replace("primary", "primry"), ("primry: unknown key (did you mean “primary”?)",)),
        (OWN.replace("#4aa8ff", "blueish"), ('primary: is not a colour; expected one such as "#4aa8ff"',)),
        (OWN.replace('"#4aa8ff"', "3"), ("primary: is not a colour",)),
        (OWN.replace('panel = "#1f2630"', ""), ("panel: is missing",)),
        (OWN.replace("dark = true", 'dark = "yes"'), ("dark: is not valid",)),
        (OWN.replace("{name}", "a name"), ("name: is not valid",)),
        (OWN + '[variables]\nenv-prod = "#fff"', ("variables.env-prod: unknown key", "env-production")),
        (OWN + '[variables]\nenv-staging = "auto"', ("variables.env-staging: is not a colour",)),
        (OWN + "variables = 3", ("variables: is not valid",)),
        ("name = ", ("is not valid TOML",)),
        ("name = 3\nx = 4", ("name: is not valid", "x: unknown key", "error: is missing")),
    ],
)
def test_what_is_wrong_with_a_theme_is_a_problem_and_the_others_stay(folder, text, words):
    path = put(folder, text=text)
    put(folder, "other")
    themes = load_themes(folder)
    assert tuple(themes.known) == (*SHIPPED, "other")
    (problem,) = themes.problems
    assert str(problem).startswith(f"{path}: is not used: ")
    for word in words:
        assert word in str(problem)
    theme, told = themes.resolve("mine")
    assert (theme.name, told) == (DEFAULT_THEME, [problem])


def test_a_file_that_is_not_text_or_too_large_is_a_problem(folder):
    (folder / "a.toml").write_bytes(b"\xff\xfe")
    (folder / "b.toml").write_text("#" * 200_000)
    (folder / "c.toml").mkdir()
    for path in folder.iterdir():
        path.chmod(0o700)
    first, second = load_themes(folder).problems
    assert "is not UTF-8" in str(first)
    assert "is larger than 100,000 bytes" in str(second)


def test_a_theme_that_others_can_write_is_not_used(folder):
    put(folder).chmod(0o666)
    (problem,) = load_themes(folder).problems
    assert "Everybody may write" in str(problem)
    assert "chmod" in problem.advice


@pytest.mark.parametrize("name", [DEFAULT_THEME, "monochrome"])
def test_the_name_of_a_theme_that_comes_with_the_app_is_taken(folder, name):
    put(folder, name, file="mine")
    themes = load_themes(folder)
    (problem,) = themes.problems
    assert f"“{name}” is the name of one that comes with dazos-tui" in str(problem)
    assert themes.known[DEFAULT_THEME].colours["background"] == "#10141a"
    assert themes.resolve(DEFAULT_THEME)[0].colours["background"] == "#10141a"


def test_a_name_is_used_once(folder):
    put(folder, "mine", file="1")
    put(folder, "mine", file="2")
    (problem,) = load_themes(folder).problems
    assert "2.toml" in str(problem)


def test_an_unknown_name_is_a_problem_that_names_the_nearest():
    theme, (problem,) = load_themes(None).resolve("crm-lihgt")
    assert theme.name == DEFAULT_THEME
    assert "there is no theme “crm-lihgt” (did you mean “crm-light”?)" in str(problem)


async def test_the_app_says_that_a_name_is_unknown(demo, tmp_path, folder):
    async with with_config(demo, tmp_path, folder, "crm-lihgt") as desk:
        await desk.sees("Could not use a theme", "did you mean")
        assert desk.app.theme == DEFAULT_THEME


async def test_the_app_says_that_a_theme_is_broken_once_no_box_is_over_it(demo, tmp_path, folder):
    put(folder, text=OWN.replace("primary", "primry"))
    path = folder.parent / "config.toml"
    async with at_desk(demo_config_of(demo), tmp_path, config_path=path) as desk:
        await desk.sees("Which CRM instance?")
        await desk.sees_no("Could not use a theme")
        await desk.pick("harbor-prod")
        await desk.sees("Could not use a theme", "primry")
        assert desk.app.theme == DEFAULT_THEME


# Choosing ------------------------------------------------------------------


def ground(desk):
    """Return the colour behind the list, as it is drawn."""
    strips = desk.app.screen_stack[-1]._compositor.render_strips(desk.app.size)
    return next(segment.style.bgcolor for segment in strips[-3] if segment.style.bgcolor)


async def choose(desk):
    await desk.press("tab")
    await desk.pilot.app.screen.action_command("theme")
    await desk.sees("How should the screen look?", *SHIPPED)


async def test_the_palette_offers_it(demo, tmp_path, folder):
    async with with_config(demo, tmp_path, folder, DEFAULT_THEME) as desk:
        await desk.press("ctrl+p")
        await desk.sees("Palette")
        await desk.type("with a preview")
        await desk.sees("Choose a theme, with a preview")
        await desk.press("down", "enter")
        await desk.sees("How should the screen look?")


async def test_what_is_under_the_cursor_is_put_on_and_kept_with_enter(demo, tmp_path, folder):
    put(folder)
    async with with_config(demo, tmp_path, folder, DEFAULT_THEME) as desk:
        before = ground(desk)
        await choose(desk)
        await desk.sees("mine", "dark · yours")
        await desk.press("down")
        await desk.until(lambda: desk.app.theme == SHIPPED[1], "is not put on")
        await desk.press("end")
        await desk.until(lambda: desk.app.theme == "mine", "is not put on")
        await desk.press("enter")
        await desk.sees_no("How should the screen look?")
        await desk.until(lambda: ground(desk) != before, "looks as before")
        path = folder.parent / "config.toml"
        await desk.until(lambda: load_config(path).theme == "mine", "is not remembered")
        assert path.read_text() == 'theme = "mine"  # for now\n'
        assert desk.app.theme == "mine"


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_who_goes_back_sees_what_was_there(demo, tmp_path, folder, key):
    async with with_config(demo, tmp_path, folder, "crm-light") as desk:
        before = ground(desk)
        await choose(desk)
        await desk.press("down", "down")
        await desk.until(lambda: desk.app.theme == SHIPPED[4], "is not put on")
        await desk.press(key)
        await desk.until(lambda: desk.app.theme == "crm-light", "is not taken off")
        await desk.until(lambda: ground(desk) == before, "looks otherwise")
        assert load_config(folder.parent / "config.toml").theme == "crm-light"


async def test_the_lock_takes_off_what_was_only_looked_at(demo, tmp_path, folder):
    async with with_config(demo, tmp_path, folder, DEFAULT_THEME) as desk:
        await choose(desk)
        await desk.press("down")
        await desk.until(lambda: desk.app.theme == SHIPPED[1], "is not put on")
        desk.app.call_later(desk.app.idle_lock.lock)
        await desk.until(lambda: desk.app.theme == DEFAULT_THEME, "is not taken off")


async def test_without_a_config_it_is_for_this_time(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await choose(desk)
        await desk.press("down", "enter")
        await desk.sees("This lasts until you quit")
        assert desk.app.theme == SHIPPED[1]
        await choose(desk)
        assert isinstance(desk.app.screen, ThemePicker)
        assert f"▸ {SHIPPED[1]}" in desk.text


async def test_the_app_says_that_a_config_cannot_be_changed(demo, tmp_path, folder):
    async with with_config(demo, tmp_path, folder, DEFAULT_THEME) as desk:
        (folder.parent / "config.toml").write_text("not toml")
        await choose(desk)
        await desk.press("down", "enter")
        await desk.sees("Could not save the theme", "is not valid TOML", "Correct the file")
        await desk.sees("Write theme =", f'"{SHIPPED[1]}" above')
        assert (folder.parent / "config.toml").read_text() == "not toml"

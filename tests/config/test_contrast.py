"""The check that a user's theme is readable."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.system.paths import bundled_path
from dazos_tui.tui.theming.contrast import MIN_CONTRAST, contrast_ratio
from dazos_tui.tui.theming.themes import DEFAULT_THEME, SHIPPED, load_shipped, load_themes

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#FFF", "#000", 21),
        ("#777", "#fff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.00),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_computed_as_in_the_standard(one, other, ratio):
    assert contrast_ratio(one, other) == pytest.approx(ratio, abs=0.005)


@given(COLOURS, COLOURS)
def test_contrast_is_the_same_both_ways_and_between_1_and_21(one, other):
    ratio = contrast_ratio(one, other)
    assert 1 <= ratio <= 21.0000001
    assert ratio == contrast_ratio(other, one)
    assert contrast_ratio(one, one) == 1
    # Black or white contrasts with any color.
    assert max(contrast_ratio(one, "#000"), contrast_ratio(one, "#fff")) > MIN_CONTRAST


@given(st.text("0123456789abcdefABCDEF", min_size=3, max_size=3))
def test_a_short_color_equals_the_long_one(digits):
    long = "".join(digit * 2 for digit in digits)
    assert contrast_ratio(f"#{digits}", "#fff") == contrast_ratio(f"#{long}", "#fff")


def copy_of(folder: Path, **changed: str) -> Path:
    """Put a copy of the default theme into a folder, with other colors."""
    lines = (bundled_path("themes") / f"{DEFAULT_THEME}.toml").read_text(encoding="utf-8").splitlines()
    colours = {key.replace("_", "-"): value for key, value in changed.items()}
    keys = [line.partition("=")[0].strip() for line in lines]
    assert colours.keys() <= set(keys)
    kept = [
        f'{key} = "{colours[key]}"' if key in colours else line for key, line in zip(keys, lines, strict=True)
    ]
    path = folder / "mine.toml"
    path.write_text("\n".join(kept).replace(f'"{DEFAULT_THEME}"', '"mine"'), encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"env_production_text": "#c62f2f"}, "cannot be read on env-production: a contrast of 1.00"),
        ({"env_staging_text": "#ffffff"}, "env-staging-text cannot be read on env-staging"),
        ({"env_sandbox": "#fefefe"}, "env-sandbox-text cannot be read on env-sandbox"),
        ({"foreground": "#000", "background": "#111111"}, "foreground cannot be read on background"),
    ],
)  # fmt: skip
def test_an_unreadable_theme_is_not_used(tmp_path, changed, words):
    path = copy_of(tmp_path, **changed)
    themes = load_themes(tmp_path)
    (problem,) = themes.problems
    assert str(problem).startswith(f"{path}: is not used: ")
    assert words in str(problem)
    assert themes.resolve("mine")[0].name == DEFAULT_THEME


def test_a_text_color_is_checked_on_the_default_background(tmp_path):
    path = copy_of(tmp_path, env_production_text="#c52e2e")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text(
        "\n".join(line for line in lines if not line.startswith("env-production ")), encoding="utf-8"
    )
    (problem,) = load_themes(tmp_path).problems
    assert "env-production-text cannot be read on env-production" in str(problem)


def test_a_readable_theme_is_used(tmp_path):
    copy_of(tmp_path, foreground="#ffffff", background="#000")
    themes = load_themes(tmp_path)
    assert (tuple(themes.known), themes.problems) == ((*SHIPPED, "mine"), [])


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_theme_is_readable(name):
    assert load_shipped(name).name == name

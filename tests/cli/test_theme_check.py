"""``dazos-tui config check`` also checks the themes."""

import pytest

THEME = 'name = "mine"\ndark = true\nprimry = "#4aa8ff"\n'


@pytest.fixture
def broken(desk):
    path = desk.config.parent / "themes" / "mine.toml"
    path.parent.mkdir()
    path.write_text(THEME)
    path.chmod(0o600)
    return path


def name_theme(desk, name):
    desk.config.write_text(f'theme = "{name}"\n{desk.config.read_text()}')


def test_a_broken_theme_that_is_not_used_is_a_warning(desk, broken):
    done = desk.call("config", "check")
    assert (done.returncode, done.stdout) == (0, "OK: 5 instances\n")
    assert f"Warning: {broken}: is not used: " in done.stderr
    assert "primry: unknown key (did you mean “primary”?)" in done.stderr


def test_a_broken_theme_that_the_config_names_is_a_mistake(desk, broken):
    name_theme(desk, "mine")
    done = desk.call("config", "check")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{desk.config}: {broken}: is not used: " in done.stderr


def test_an_unknown_theme_is_a_mistake(desk):
    name_theme(desk, "high-contrasts")
    done = desk.call("config", "check")
    assert done.returncode == 2
    assert "there is no theme “high-contrasts” (did you mean “high-contrast”?)" in done.stderr


def test_a_shipped_theme_is_accepted(desk):
    name_theme(desk, "colour-blind-safe")
    done = desk.call("config", "check")
    assert (done.returncode, done.stderr) == (0, "")

"""What the app writes into a config that a person wrote."""

import stat

import pytest

from dazos_tui.config import ConfigError, ResetRoute, load_config
from dazos_tui.config_edit import remember

TEXT = """# Ours, with care.
theme = "dazos-dark"   # the dark one

[instances.acme]
url = "https://acme.example.com/"   # never the old one
username = "admin"
environment = "production"

# The lab.
[instances."lab two"]
url = "https://lab.example.com/"
username = "admin"
environment = "sandbox"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    path.chmod(0o600)
    return path


def form(path, instance="acme"):
    remember(path, instance, "reset_route", ResetRoute.FORGOT_PASSWORD)


@pytest.mark.parametrize("name", ["acme", "lab two"])
def test_one_line_is_added_and_every_other_line_stays(file, name):
    form(file, name)
    config = load_config(file)
    assert config.instance(name).reset_route is ResetRoute.FORGOT_PASSWORD
    others = {one.reset_route for one in config.instances.values() if one.name != name}
    assert others == {None}
    lines = file.read_text().splitlines()
    assert [line for line in lines if "reset_route" not in line] == TEXT.splitlines()
    head = lines[lines.index('reset_route = "forgot_password"') - 1]
    assert head in {f"[instances.{name}]", f'[instances."{name}"]'}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_file_of_another_editor_stays_one(file, ending, start):
    before = (start + TEXT.replace("\n", ending)).encode()
    file.write_bytes(before)
    form(file)
    added = f'reset_route = "forgot_password"{ending}'.encode()
    assert file.read_bytes().replace(added, b"") == before
    assert load_config(file).instance("acme").reset_route is ResetRoute.FORGOT_PASSWORD


@pytest.mark.parametrize(
    "text",
    [
        'instances = {acme = {url = "https://a.example.com/", username = "u", environment = "sandbox"}}',
        '[instances]\nacme.url = "https://a.example.com/"\nacme.username = "u"\nacme.environment = "sandbox"',
        'theme = """\n[instances.acme]\n"""\n' + TEXT.partition("\n\n")[2],
        TEXT.replace("[instances.acme]", '[instances.acme]\nreset_route = "menu"'),
    ],
)
def test_what_is_written_in_an_unusual_way_is_left_to_the_person(file, text):
    file.write_text(text)
    with pytest.raises(ConfigError):
        form(file)
    assert file.read_text() == text


def test_the_file_keeps_its_mode_and_nothing_else_is_left_in_its_folder(file):
    file.chmod(0o640)
    form(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


def test_a_link_stays_a_link(file):
    link = file.parent / "link.toml"
    link.symlink_to(file)
    form(link)
    assert link.is_symlink()
    assert load_config(file).instance("acme").reset_route is ResetRoute.FORGOT_PASSWORD


@pytest.mark.parametrize("text", ["", "[instances]\n", "instances = 3\n", "not toml", TEXT + "bad = 1\n"])
def test_a_file_that_has_become_another_is_not_touched_and_the_line_is_told(file, text):
    file.write_text(text)
    with pytest.raises(ConfigError):
        form(file)
    assert file.read_text() == text
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


def test_a_file_that_went_away_is_not_made_anew(file):
    file.unlink()
    with pytest.raises(ConfigError) as caught:
        form(file)
    assert 'reset_route = "forgot_password" under [instances.acme]' in caught.value.advice
    assert not file.exists()

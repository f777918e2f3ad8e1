"""The config keys that say how sign-in times are read."""

import pytest

from dazos_tui.config.errors import ConfigError
from dazos_tui.config.load import load_config
from dazos_tui.crm.login_times import DateFormat

ACME = """[instances.acme]
url = "https://crm.acme.example/"
username = "admin"
environment = "production"
"""


@pytest.fixture
def load(tmp_path):
    def read(line):
        file = tmp_path / "config.toml"
        file.write_text(ACME + line)
        return load_config(file).instance("acme")

    return read


def test_time_zone_and_date_format_are_read(load):
    acme = load('time_zone = "America/New_York"\ndate_format = "dd-mm-yyyy"')
    assert (acme.time_zone, acme.date_format) == ("America/New_York", DateFormat.DAY_FIRST)
    assert (load("").time_zone, load("").date_format) == (None, None)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        *((f"dd{mark}mm{mark}yyyy", DateFormat.DAY_FIRST) for mark in "-./"),
        *((f"mm{mark}dd{mark}yyyy", DateFormat.MONTH_FIRST) for mark in "-./"),
        *((f"yyyy{mark}mm{mark}dd", DateFormat.YEAR_FIRST) for mark in "-./"),
        ("DD.MM.YYYY", DateFormat.DAY_FIRST),
    ],
)
def test_a_date_format_can_be_written_like_in_the_crm(load, written, read):
    assert load(f'date_format = "{written}"').date_format is read


@pytest.mark.parametrize("written", ["dd.mm/yyyy", "yyyy.dd.mm", "dd.dd.yyyy", "dd.mm.yy", "ddmmyyyy", ""])
def test_other_date_formats_are_refused(load, written):
    with pytest.raises(ConfigError, match="date_format: is not valid"):
        load(f'date_format = "{written}"')


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "time_zone = 'New York'",
            "instances.acme.time_zone: is not a time zone that this machine knows; expected the name of a",
        ),
        ("time_zone = ''", "instances.acme.time_zone: is empty; expected the name of a time zone"),
        ("time_zone = '../../etc/passwd'", "instances.acme.time_zone: is not a time zone"),
        ("date_format = 'mm-dd-yy'", 'instances.acme.date_format: is not valid; expected "mm-dd-yyyy", "dd'),
    ],
)
def test_problems_are_reported(load, line, expected):
    with pytest.raises(ConfigError) as caught:
        load(line)
    assert expected in str(caught.value)

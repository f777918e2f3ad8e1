"""What pages show about the signed-in account."""

import pytest

from dazos_tui.crm.models import OwnSettings
from dazos_tui.crm.pages.own_settings import parse_own_id, parse_own_settings

VALUE = "Users_detailView_fieldValue_time_zone"


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("var _USERMETA =  { 'id' : \"12\", 'menustatus' : \"\" };", "12"),
        ('var _USERMETA={id:"7"}', "7"),
        ("_USERMETA = {'id' : \"1<b>\"}", ""),
        ("var a</script><script>_USERMETA = { id : '5' }", "5"),
        ("var _META = { 'id' : \"3\" };", ""),
        ("", ""),
    ],
)
def test_the_own_record_id_is_read_from_a_script(script, found):
    assert parse_own_id(f"<body><script>{script}</script></body>") == found


def page(cell):
    row = f'<table><tr><td id="{VALUE}">{cell}</td></tr></table>'
    return f'<!DOCTYPE html><body data-user-dateformat="dd-mm-yyyy" data-user-hourformat="24">{row}</body>'


@pytest.mark.parametrize(
    ("cell", "zone"),
    [
        ('<span class="value">\n Europe/Berlin </span>', "Europe/Berlin"),
        (
            '<span class="value">(UTC+01:00) Berlin</span>'
            '<input class="fieldBasicData" data-name="time_zone" data-value="Europe/Berlin">',
            "Europe/Berlin",
        ),
        ('<span class="value">(UTC+01:00) Berlin</span>', "(UTC+01:00) Berlin"),
        ('<b>Time zone</b><span class="value">Europe/Berlin</span><a>Edit</a>', "Europe/Berlin"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("", ""),
    ],
)
def test_the_raw_time_zone_is_preferred_to_the_shown_one(cell, zone):
    found = parse_own_settings(page(cell))
    assert found == OwnSettings(zone, "dd-mm-yyyy")


def test_a_page_without_settings_gives_empty_settings():
    assert parse_own_settings("<p>Oops</p>") == OwnSettings("", "")


def test_settings_are_plain_text():
    html = page("<input class=fieldBasicData data-value=' Europe/\x1bBerlin '>").replace(
        "dd-mm", " dd\x1b-mm"
    )
    assert parse_own_settings(html) == OwnSettings("Europe/\ufffdBerlin", "dd\ufffd-mm-yyyy")

"""Parses what pages show about the signed-in account, as seen on a vtiger 8.0 server."""

import re

from dazos_tui.crm.models import OwnSettings
from dazos_tui.crm.pages.html import attribute, is_record_id, parse_html, text_of
from dazos_tui.text.sanitize import safe_text

_OWN_ID = re.compile(r"_USERMETA\s*=\s*\{\s*[\"']?id[\"']?\s*:\s*[\"']([0-9]{1,20})[\"']")


def parse_own_id(html: str) -> str:
    """Return the account's record id, which every whole page has in a script (`_USERMETA`); else empty."""
    for script in parse_html(html).css("script"):
        found = _OWN_ID.search(script.text())
        if found and is_record_id(found[1]):
            return found[1]
    return ""


def parse_own_settings(html: str) -> OwnSettings:
    """Return the time zone and date format from the account's calendar settings page.

    The raw value is preferred to the shown text, which the CRM may translate. Raises UnexpectedPageError if
    the page is far larger than any of the CRM's.
    """
    tree = parse_html(html)
    cell = tree.css_first("#Users_detailView_fieldValue_time_zone")
    raw = cell.css_first("input.fieldBasicData[data-value]") if cell is not None else None
    shown = text_of(cell.css_first(".value") or cell) if cell is not None else ""
    formats = attribute(tree.css_first("[data-user-dateformat]"), "data-user-dateformat")
    return OwnSettings(safe_text(attribute(raw, "data-value")).strip() or shown, safe_text(formats).strip())

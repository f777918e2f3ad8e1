"""Fetches how the CRM shows times to the signed-in account, for `CrmClient`."""

from dazos_tui.crm.dialect import Dialect
from dazos_tui.crm.login_history import FetchPage
from dazos_tui.crm.models import OwnSettings
from dazos_tui.crm.pages.own_settings import parse_own_id, parse_own_settings


async def fetch_own_settings(fetch_page: FetchPage, dialect: Dialect) -> OwnSettings:
    """Return the time zone and date format of the signed-in account, each empty if the CRM does not show it.

    Requests two pages: the start page has the account's record id, and the calendar settings of that record
    have the time zone. Raises what `fetch_page` raises.
    """
    own_id = parse_own_id((await fetch_page(dialect.paths.index, {})).text)
    if not own_id:
        return OwnSettings("", "")
    page = await fetch_page(dialect.paths.own_settings, {"record": own_id})
    return parse_own_settings(page.text)

"""Naming a person by their record id."""

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import UserNotFoundError
from dazos_tui.crm.models import User


async def user_with_record_id(client: CrmClient, text: str) -> User | None:
    """Return the user whose record id a text is, None if it is nobody's or no number. Raises CrmError."""
    if not (text.isascii() and text.isdecimal()):
        return None
    try:
        return (await client.fetch_profile(text)).user
    except UserNotFoundError:
        return None

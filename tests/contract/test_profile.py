"""The profile: its fields, its menu, and what comes in place of a profile that does not exist."""

import pytest

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import PermissionDeniedError, UserNotFoundError
from dazos_tui.crm.models import MenuItemKind, Profile, Status
from dazos_tui.resets.guards import menu_item_to_run
from tests.contract.conftest import ReadList, Target

pytestmark = pytest.mark.asyncio(loop_scope="session")

_REQUIRED_FIELDS = {"user_name", "email1", "first_name", "last_name", "status"}
_NO_SUCH_RECORD = "999999999"


async def test_it_shows_the_person_of_the_list(colleague: Profile, people: ReadList) -> None:
    row, user = people.users[colleague.user.id], colleague.user
    assert user.name == row.name
    assert row.user_name in {"", user.user_name}
    assert row.email in {"", user.email}
    assert row.role in {"", user.role}


async def test_it_has_the_fields_that_a_send_needs(colleague: Profile) -> None:
    names = {field.name for block in colleague.blocks for field in block.fields}
    assert names >= _REQUIRED_FIELDS


async def test_it_is_without_secrets(colleague: Profile) -> None:
    names = {field.name for block in colleague.blocks for field in block.fields}
    assert not {name for name in names if "key" in name or "pass" in name or "token" in name}


async def test_its_status_and_admin_mark_are_known(colleague: Profile) -> None:
    assert colleague.user.status is Status.ACTIVE
    assert colleague.user.admin in {True, False}


async def test_its_menu_has_the_item_that_sends_a_link(target: Target, colleague: Profile) -> None:
    item = colleague.menu_item(MenuItemKind.SEND_RESET_LINK)
    if item is None:
        target.skip(f"No menu has “{target.instance.labels.send_reset_link}”.")
    if item.problem:
        assert item.problem.startswith(("“", "The menu"))
        target.skip(f"The item cannot be run: {item.problem}")
    assert item.user_id == colleague.user.id
    assert menu_item_to_run(target.instance, colleague) is item


async def test_items_that_change_something_are_never_of_a_kind_that_is_run(
    target: Target, colleague: Profile
) -> None:
    kinds = {item.kind for item in colleague.menu if item.label.casefold().startswith(("delete", "change"))}
    if not kinds:
        target.skip("No menu has an item that deletes or changes something.")
    assert kinds == {MenuItemKind.OTHER}


async def test_an_inactive_account_has_no_item(crm: CrmClient, people: ReadList) -> None:
    user = people.with_status(Status.INACTIVE)[0]
    profile = await crm.fetch_profile(user.id)
    assert profile.user.status is Status.INACTIVE
    assert profile.menu_item(MenuItemKind.SEND_RESET_LINK) is None


async def test_a_record_that_does_not_exist_is_not_found(target: Target, crm: CrmClient) -> None:
    with pytest.raises((UserNotFoundError, PermissionDeniedError)) as raised:
        await crm.fetch_profile(_NO_SUCH_RECORD)
    if isinstance(raised.value, PermissionDeniedError):
        assert "Permission denied" not in str(raised.value)
        target.skip(f"Nothing was found, and the CRM says why in words that are not known: {raised.value}")

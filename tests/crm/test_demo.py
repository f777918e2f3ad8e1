"""The client with the demo CRM; both were written from the same protocol, without shared code."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import (
    ConnectionLostError,
    CrmError,
    PermissionDeniedError,
    SignedOutError,
    SignInError,
    UnclearAnswerError,
    UnexpectedPageError,
    UserNotFoundError,
)
from dazos_tui.crm.http.session import Timeouts
from dazos_tui.crm.models import MenuItem, MenuItemKind, Status, User
from dazos_tui.crm.reader import UserListReader
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.listing import FIELDS
from dazos_tui.demo.people import Person
from dazos_tui.demo.presets import HARBOR, SANDBOX
from dazos_tui.demo.server import DemoServer
from dazos_tui.text.sanitize import safe_text
from tests.support import eventually

NAMES = ("harbor-prod", "summit-prod", "harbor-sandbox")


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    with DemoServer(users=120) as server:
        yield server


@pytest.fixture
def instance(demo: DemoServer) -> Iterator[DemoInstance]:
    found = demo.instance("harbor-prod")
    yield found
    found.faults.clear()


@pytest.fixture
async def client(instance: DemoInstance) -> AsyncIterator[CrmClient]:
    async with CrmClient(instance.url, timeouts=Timeouts(read=0.5)) as client:
        await client.sign_in(instance.username, SecretStr(instance.password))
        yield client


async def everybody(client: CrmClient, *statuses: Status) -> list[User]:
    """Return all users of these lists, each as last read."""
    found = {user.id: user async for batch in UserListReader(client).read() for user in batch.users}
    return [user for user in found.values() if user.status in statuses]


def somebody(instance: DemoInstance, *, active: bool = True) -> Person:
    mine = {instance.username, instance.non_admin.username}
    return next(one for one in instance.people if one.active is active and one.user_name not in mine)


def searched(instance: DemoInstance) -> int:
    return sum("search_params" in one.query for one in instance.requests)


async def ask(client: CrmClient, place: str, item: MenuItem) -> None:
    match place:
        case "list":
            await client.find_exact("ann")
        case "profile":
            await client.fetch_profile(item.user_id)
        case _:
            await client.run_menu_item(item)


@pytest.mark.parametrize("name", NAMES)
async def test_all_users_are_listed_correctly(demo: DemoServer, name: str) -> None:
    instance = demo.instance(name)
    async with CrmClient(instance.url) as client:
        await client.sign_in(instance.username, SecretStr(instance.password))
        found = await everybody(client, *Status)
    seen = {
        user.id: (user.user_name, user.name, user.email, user.role, user.status.title()) for user in found
    }
    assert len(seen) == len(found)
    assert seen == {
        str(one.id): (
            safe_text(one.user_name),
            safe_text(one.full_name),
            safe_text(one.email1),
            safe_text(one.roleid),
            one.status,
        )
        for one in instance.people
    }
    assert {user.id for user in found if user.admin} == {
        str(one.id) for one in instance.people if one.is_admin
    }


@pytest.mark.parametrize("name", NAMES)
async def test_a_reset_from_search_to_mail(demo: DemoServer, name: str) -> None:
    instance = demo.instance(name)
    person = somebody(instance)
    async with CrmClient(instance.url) as client:
        await client.sign_in(instance.username, SecretStr(instance.password))
        (row,) = await client.find_exact(person.email1.upper())
        profile = await client.fetch_profile(row.user.id)
        item = profile.menu_item(MenuItemKind.SEND_RESET_LINK)
        assert item is not None
        before = len(instance.outbox)
        given = await client.run_menu_item(item)
        await client.sign_out()
    assert given.success
    assert given.message == "Reset Password Instruction has been sent successfully!"
    assert [mail.to for mail in instance.outbox[before:]] == [person.email1]
    assert person.accesskey not in repr(profile)


async def test_every_profile_agrees_with_its_row(client: CrmClient, instance: DemoInstance) -> None:
    users = (await everybody(client, Status.ACTIVE))[:40] + (await everybody(client, Status.INACTIVE))[:10]
    for user in users:
        profile = await client.fetch_profile(user.id)
        assert profile.user == user
        assert (profile.menu_item(MenuItemKind.SEND_RESET_LINK) is None) == (user.status is Status.INACTIVE)
        assert "Access Key" not in repr(profile.blocks)


async def test_a_quick_search_finds_parts_of_names_and_addresses(
    client: CrmClient, instance: DemoInstance
) -> None:
    for person in (somebody(instance), somebody(instance, active=False)):
        for text in (person.last_name, f" {person.user_name.upper()[1:]} ", person.email1[:-4]):
            found = {row.user.id: row for row in await client.quick_search(text)}
            assert str(person.id) in found
            assert len(found) < len(instance.people)
            assert found[str(person.id)].menu
    before = searched(instance)
    assert await client.quick_search(" a ") == ()
    assert searched(instance) == before
    assert await client.quick_search("no-such-person") == ()


async def test_the_accounts_own_settings_are_those_of_the_instance(
    client: CrmClient, instance: DemoInstance
) -> None:
    settings = await client.fetch_own_settings()
    preset = instance.preset
    assert (settings.time_zone, settings.date_format) == (preset.time_zone, preset.date_format)


async def test_a_quick_search_reads_one_page_of_each_list_and_ignores_truncation(
    client: CrmClient, instance: DemoInstance
) -> None:
    instance.faults.cut_page(1, rendered=3)
    before = searched(instance)
    assert len(await client.quick_search("example.com")) == 6
    assert eventually(lambda: searched(instance) == before + 2)
    instance.faults.cut_page(1, rendered=0)
    with pytest.raises(UnexpectedPageError, match="cut short before the first person"):
        await client.quick_search("example.com")


async def test_a_page_of_200_people_with_25_columns_is_read() -> None:
    columns = (*FIELDS, *[name for name in FIELDS if name not in {"first_name", "user_name", "status"}])
    assert len(columns) == 25
    with DemoServer(replace(HARBOR, users=600, page_size=200, columns=columns)) as server:
        instance = server.instance("harbor-prod")
        async with CrmClient(instance.url) as client:
            await client.sign_in(instance.username, SecretStr(instance.password))
            page = (await client.request_user_page(Status.ACTIVE, 1))()
    assert (len(page.rows), page.missing) == (200, 0)
    known = {str(person.id): (person.user_name, person.roleid) for person in instance.people}
    assert all(known[row.user.id] == (row.user.user_name, row.user.role) for row in page.rows)


async def test_a_user_is_found_in_a_list_without_user_names() -> None:
    columns = ("first_name", "roleid", "is_admin")
    with DemoServer(replace(SANDBOX, name="plain", columns=columns)) as server:
        instance = server.instance("plain")
        async with CrmClient(instance.url) as client:
            await client.sign_in(instance.username, SecretStr(instance.password))
            for person in (somebody(instance), somebody(instance, active=False)):
                (row,) = await client.find_exact(person.user_name.upper())
                assert (row.user.id, row.user.user_name) == (str(person.id), person.user_name)
            assert await client.find_exact("nobody.of.this.name") == ()


async def test_a_wrong_password_is_tried_once(instance: DemoInstance) -> None:
    before = instance.sign_in_attempts
    async with CrmClient(instance.url) as client:
        with pytest.raises(SignInError, match="Invalid credentials"):
            await client.sign_in(instance.username, SecretStr("wrong"))
    assert instance.sign_in_attempts == before + 1


async def test_without_admin_rights_there_is_no_list(instance: DemoInstance) -> None:
    account = instance.non_admin
    async with CrmClient(instance.url) as client:
        await client.sign_in(account.username, SecretStr(account.password))
        with pytest.raises(PermissionDeniedError):
            await everybody(client, Status.ACTIVE)
        with pytest.raises(PermissionDeniedError):
            await client.fetch_profile("1")


async def test_an_unknown_record_is_not_found(client: CrmClient) -> None:
    with pytest.raises(UserNotFoundError):
        await client.fetch_profile("99999999")


async def test_a_page_cut_short_is_reported(client: CrmClient, instance: DemoInstance) -> None:
    instance.faults.cut_page(2)
    pages = [(await client.request_user_page(Status.ACTIVE, number))() for number in (1, 2, 3)]
    assert [page.missing for page in pages] == [0, 18, 0]
    assert len(pages[1].rows) == 2


async def test_a_locked_login_shows_and_can_be_enabled(client: CrmClient, instance: DemoInstance) -> None:
    person = somebody(instance)
    instance.accounts.lock(person, instance.clock())
    profile = await client.fetch_profile(str(person.id), include_row_menu=True)
    item = profile.menu_item(MenuItemKind.ENABLE_LOGIN)
    assert profile.is_locked
    assert item is not None
    assert (await client.run_menu_item(item)).success
    assert not (await client.fetch_profile(str(person.id), include_row_menu=True)).is_locked


@pytest.mark.parametrize("place", ["list", "profile", "action"])
async def test_an_expired_session_sends_nothing(
    client: CrmClient, instance: DemoInstance, place: str
) -> None:
    item = (await client.fetch_profile(str(somebody(instance).id))).menu_item(MenuItemKind.SEND_RESET_LINK)
    assert item is not None
    before = len(instance.outbox)
    instance.faults.expire_before = place  # type: ignore[assignment]
    with pytest.raises(SignedOutError):
        await ask(client, place, item)
    assert len(instance.outbox) == before


async def test_an_expired_session_can_be_renewed(client: CrmClient, instance: DemoInstance) -> None:
    instance.expire_sessions()
    with pytest.raises(SignedOutError):
        await client.find_exact("ann")
    await client.sign_in(instance.username, SecretStr(instance.password))
    await client.find_exact("ann")


@pytest.mark.parametrize("runs", [False, True])
async def test_a_lost_answer_is_never_a_success(
    client: CrmClient, instance: DemoInstance, *, runs: bool
) -> None:
    item = (await client.fetch_profile(str(somebody(instance).id))).menu_item(MenuItemKind.SEND_RESET_LINK)
    assert item is not None
    before = len(instance.outbox)
    instance.faults.drop_connection("action", runs=runs)
    with pytest.raises(ConnectionLostError):
        await client.run_menu_item(item)
    assert len(instance.outbox) == before + runs


@pytest.mark.parametrize(
    ("place", "body", "error"),
    [
        ("list", "", UnexpectedPageError),
        ("profile", "<p>Oops</p>", UnexpectedPageError),
        ("action", "<p>Success</p>", UnclearAnswerError),
        ("action", '{"success":true', UnclearAnswerError),
    ],
)
async def test_an_unusual_answer_is_not_a_success(
    client: CrmClient, instance: DemoInstance, place: str, body: str, error: type[CrmError]
) -> None:
    person = somebody(instance)
    item = (await client.fetch_profile(str(person.id))).menu_item(MenuItemKind.SEND_RESET_LINK)
    assert item is not None
    instance.faults.answer_with(place, body)  # type: ignore[arg-type]
    with pytest.raises(error):
        await ask(client, place, item)


WARNED = "<br />\n<b>Deprecated</b>:  Old in <b>/srv/crm/a.php</b> on line <b>7</b><br />\n"


@pytest.mark.parametrize(("before", "after"), [(WARNED, ""), ("", "<!-- proxy 7 -->"), ("Oops ", "")])
async def test_only_php_warnings_may_precede_an_answer(
    client: CrmClient, instance: DemoInstance, before: str, after: str
) -> None:
    item = (await client.fetch_profile(str(somebody(instance).id))).menu_item(MenuItemKind.SEND_RESET_LINK)
    assert item is not None
    mails = len(instance.outbox)
    instance.faults.wrap_body("action", before=before, after=after)
    if before == WARNED:
        assert (await client.run_menu_item(item)).success
    else:
        with pytest.raises(UnclearAnswerError, match="It begins: “"):
            await client.run_menu_item(item)
    assert len(instance.outbox) == mails + 1


async def test_a_late_answer_may_have_been_carried_out(client: CrmClient, instance: DemoInstance) -> None:
    item = (await client.fetch_profile(str(somebody(instance).id))).menu_item(MenuItemKind.SEND_RESET_LINK)
    assert item is not None
    instance.faults.delay("action", 1)
    with pytest.raises(ConnectionLostError, match=r"0\.5 s"):
        await client.run_menu_item(item)


async def test_a_refusal_comes_in_the_crms_words(client: CrmClient, instance: DemoInstance) -> None:
    person = somebody(instance)
    item = (await client.fetch_profile(str(person.id))).menu_item(MenuItemKind.SEND_RESET_LINK)
    assert item is not None
    instance.set_status(person, active=False)
    try:
        given = await client.run_menu_item(item)
    finally:
        instance.set_status(person, active=True)
    assert not given.success
    assert "inactive" in given.message

"""The client and the demo CRM, each written from the same protocol, talking to each other."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import (
    ConnectionLost,
    CrmError,
    NoSuchUser,
    PermissionDenied,
    SignedOut,
    SignInFailed,
    UnclearAnswer,
    UnexpectedPage,
)
from dazos_tui.crm.http.session import Timeouts
from dazos_tui.crm.models import ItemKind, MenuItem, Status, User
from dazos_tui.crm.reader import PeopleReader
from dazos_tui.demo.instance import Instance
from dazos_tui.demo.people import Person
from dazos_tui.demo.presets import SANDBOX
from dazos_tui.demo.server import DemoServer
from dazos_tui.text.sanitize import safe_text
from tests.support import eventually

NAMES = ("harbor-prod", "summit-prod", "harbor-sandbox")


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    with DemoServer(users=120) as server:
        yield server


@pytest.fixture
def instance(demo: DemoServer) -> Iterator[Instance]:
    found = demo.instance("harbor-prod")
    yield found
    found.faults.clear()


@pytest.fixture
async def client(instance: Instance) -> AsyncIterator[CrmClient]:
    async with CrmClient(instance.url, timeouts=Timeouts(read=0.5)) as client:
        await client.sign_in(instance.username, SecretStr(instance.password))
        yield client


async def everybody(client: CrmClient, *statuses: Status) -> list[User]:
    """Return everybody with one of these statuses, each as they came last."""
    found = {user.id: user async for arrival in PeopleReader(client).read() for user in arrival.users}
    return [user for user in found.values() if user.status in statuses]


def somebody(instance: Instance, *, active: bool = True) -> Person:
    mine = {instance.username, instance.non_admin.username}
    return next(one for one in instance.people if one.active is active and one.user_name not in mine)


def searched(instance: Instance) -> int:
    return sum("search_params" in one.query for one in instance.requests)


async def ask(client: CrmClient, place: str, item: MenuItem) -> None:
    match place:
        case "list":
            await client.search("ann")
        case "profile":
            await client.profile(item.user_id)
        case _:
            await client.run(item)


@pytest.mark.parametrize("name", NAMES)
async def test_everybody_is_listed_as_they_are(demo: DemoServer, name: str) -> None:
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
        (row,) = await client.search(person.email1.upper())
        profile = await client.profile(row.user.id)
        item = profile.item(ItemKind.SEND_RESET_LINK)
        assert item is not None
        before = len(instance.outbox)
        given = await client.run(item)
        await client.sign_out()
    assert given.success
    assert given.message == "Reset Password Instruction has been sent successfully!"
    assert [mail.to for mail in instance.outbox[before:]] == [person.email1]
    assert person.accesskey not in repr(profile)


async def test_every_profile_agrees_with_its_row(client: CrmClient, instance: Instance) -> None:
    users = (await everybody(client, Status.ACTIVE))[:40] + (await everybody(client, Status.INACTIVE))[:10]
    for user in users:
        profile = await client.profile(user.id)
        assert profile.user == user
        assert (profile.item(ItemKind.SEND_RESET_LINK) is None) == (user.status is Status.INACTIVE)
        assert "Access Key" not in repr(profile.blocks)


async def test_a_quick_look_finds_parts_of_names_and_addresses(client: CrmClient, instance: Instance) -> None:
    for person in (somebody(instance), somebody(instance, active=False)):
        for text in (person.last_name, f" {person.user_name.upper()[1:]} ", person.email1[:-4]):
            found = {row.user.id: row for row in await client.search_like(text)}
            assert str(person.id) in found
            assert len(found) < len(instance.people)
            assert found[str(person.id)].menu
    before = searched(instance)
    assert await client.search_like(" a ") == ()
    assert searched(instance) == before
    assert await client.search_like("no-such-person") == ()


async def test_a_quick_look_is_at_one_page_of_each_and_minds_no_cut(
    client: CrmClient, instance: Instance
) -> None:
    instance.faults.cut_page(1, rendered=3)
    before = searched(instance)
    assert len(await client.search_like("example.com")) == 6
    assert eventually(lambda: searched(instance) == before + 2)


async def test_somebody_is_found_in_a_list_that_shows_no_user_names() -> None:
    columns = ("first_name", "roleid", "is_admin")
    with DemoServer(replace(SANDBOX, name="plain", columns=columns)) as server:
        instance = server.instance("plain")
        async with CrmClient(instance.url) as client:
            await client.sign_in(instance.username, SecretStr(instance.password))
            for person in (somebody(instance), somebody(instance, active=False)):
                (row,) = await client.search(person.user_name.upper())
                assert (row.user.id, row.user.user_name) == (str(person.id), person.user_name)
            assert await client.search("nobody.of.this.name") == ()


async def test_a_wrong_password_is_tried_once(instance: Instance) -> None:
    before = instance.sign_in_attempts
    async with CrmClient(instance.url) as client:
        with pytest.raises(SignInFailed, match="Invalid credentials"):
            await client.sign_in(instance.username, SecretStr("wrong"))
    assert instance.sign_in_attempts == before + 1


async def test_no_admin_no_list(instance: Instance) -> None:
    account = instance.non_admin
    async with CrmClient(instance.url) as client:
        await client.sign_in(account.username, SecretStr(account.password))
        with pytest.raises(PermissionDenied):
            await everybody(client, Status.ACTIVE)
        with pytest.raises(PermissionDenied):
            await client.profile("1")


async def test_nobody_has_this_record(client: CrmClient) -> None:
    with pytest.raises(NoSuchUser):
        await client.profile("99999999")


async def test_a_page_cut_short_is_reported(client: CrmClient, instance: Instance) -> None:
    instance.faults.cut_page(2)
    pages = [(await client.users_page(Status.ACTIVE, number))() for number in (1, 2, 3)]
    assert [page.missing for page in pages] == [0, 18, 0]
    assert len(pages[1].rows) == 2


async def test_a_locked_login_shows_and_can_be_enabled(client: CrmClient, instance: Instance) -> None:
    person = somebody(instance)
    instance.accounts.lock(person, instance.clock())
    profile = await client.profile(str(person.id), both_menus=True)
    item = profile.item(ItemKind.ENABLE_LOGIN)
    assert profile.locked
    assert item is not None
    assert (await client.run(item)).success
    assert not (await client.profile(str(person.id), both_menus=True)).locked


@pytest.mark.parametrize("place", ["list", "profile", "action"])
async def test_an_expired_session_sends_nothing(client: CrmClient, instance: Instance, place: str) -> None:
    item = (await client.profile(str(somebody(instance).id))).item(ItemKind.SEND_RESET_LINK)
    assert item is not None
    before = len(instance.outbox)
    instance.faults.expire_before = place  # type: ignore[assignment]
    with pytest.raises(SignedOut):
        await ask(client, place, item)
    assert len(instance.outbox) == before


async def test_an_expired_session_can_be_opened_anew(client: CrmClient, instance: Instance) -> None:
    instance.expire_sessions()
    with pytest.raises(SignedOut):
        await client.search("ann")
    await client.sign_in(instance.username, SecretStr(instance.password))
    await client.search("ann")


@pytest.mark.parametrize("runs", [False, True])
async def test_a_lost_answer_is_never_success(client: CrmClient, instance: Instance, *, runs: bool) -> None:
    item = (await client.profile(str(somebody(instance).id))).item(ItemKind.SEND_RESET_LINK)
    assert item is not None
    before = len(instance.outbox)
    instance.faults.drop("action", runs=runs)
    with pytest.raises(ConnectionLost):
        await client.run(item)
    assert len(instance.outbox) == before + runs


@pytest.mark.parametrize(
    ("place", "body", "error"),
    [
        ("list", "", UnexpectedPage),
        ("profile", "<p>Oops</p>", UnexpectedPage),
        ("action", "<p>Success</p>", UnclearAnswer),
        ("action", '{"success":true', UnclearAnswer),
    ],
)
async def test_an_odd_answer_is_no_success(
    client: CrmClient, instance: Instance, place: str, body: str, error: type[CrmError]
) -> None:
    person = somebody(instance)
    item = (await client.profile(str(person.id))).item(ItemKind.SEND_RESET_LINK)
    assert item is not None
    instance.faults.answer(place, body)  # type: ignore[arg-type]
    with pytest.raises(error):
        await ask(client, place, item)


WARNED = "<br />\n<b>Deprecated</b>:  Old in <b>/srv/crm/a.php</b> on line <b>7</b><br />\n"


@pytest.mark.parametrize(("before", "after"), [(WARNED, ""), ("", "<!-- proxy 7 -->"), ("Oops ", "")])
async def test_only_warnings_of_php_may_stand_around_an_answer(
    client: CrmClient, instance: Instance, before: str, after: str
) -> None:
    item = (await client.profile(str(somebody(instance).id))).item(ItemKind.SEND_RESET_LINK)
    assert item is not None
    mails = len(instance.outbox)
    instance.faults.surround("action", before=before, after=after)
    if before == WARNED:
        assert (await client.run(item)).success
    else:
        with pytest.raises(UnclearAnswer, match="It begins: “"):
            await client.run(item)
    assert len(instance.outbox) == mails + 1


async def test_a_late_answer_may_have_been_carried_out(client: CrmClient, instance: Instance) -> None:
    item = (await client.profile(str(somebody(instance).id))).item(ItemKind.SEND_RESET_LINK)
    assert item is not None
    instance.faults.delay("action", 1)
    with pytest.raises(ConnectionLost, match=r"0\.5 s"):
        await client.run(item)


async def test_a_refusal_comes_in_the_crms_words(client: CrmClient, instance: Instance) -> None:
    person = somebody(instance)
    item = (await client.profile(str(person.id))).item(ItemKind.SEND_RESET_LINK)
    assert item is not None
    instance.set_status(person, active=False)
    try:
        given = await client.run(item)
    finally:
        instance.set_status(person, active=True)
    assert not given.success
    assert "inactive" in given.message

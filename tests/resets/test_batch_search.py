"""Finding the people of a file in the demo CRM: few by its search, many in its list."""

from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from pydantic import SecretStr

from dazos_tui.crm.models import Status
from dazos_tui.demo.presets import HARBOR
from dazos_tui.demo.server import DemoServer
from dazos_tui.instances.factory import create_client
from dazos_tui.resets import batch_search
from dazos_tui.resets.batch_search import find_people
from dazos_tui.resets.people_file import IdentifierKind, WantedPerson
from dazos_tui.resets.record_id import user_with_record_id
from tests.crm.html import DENIED
from tests.faults.scenario import ordinary
from tests.support import demo_instance


@asynccontextmanager
async def signed_in(demo):
    instance = demo_instance(demo, "harbor-prod")
    async with create_client(instance) as client:
        await client.sign_in(instance.username, SecretStr(demo.instance("harbor-prod").password))
        yield client


@pytest.fixture
async def client(demo):
    async with signed_in(demo) as client:
        yield client


@pytest.fixture
def people(demo):
    return [one for one in demo.instance("harbor-prod").people if ordinary(one) and "," not in one.email1]


async def read(reading):
    return await reading()


def ids(found):
    return [[user.id for user in one.candidates] for one in found]


async def test_few_are_looked_for_by_email_user_name_and_record_id(client, demo, people):
    first, second, third, fourth = people[:4]
    seen = []
    wanted = [
        WantedPerson(first.email1.upper(), 1, IdentifierKind.EMAIL),
        WantedPerson(second.user_name, 2),
        WantedPerson(str(third.id), 3),
        WantedPerson("", 4),
        WantedPerson("nobody@example.com", 5, written="nobody <nobody@example.com>"),
        # A record id in a column of user names is nobody's.
        WantedPerson(str(fourth.id), 6, IdentifierKind.USER_NAME),
        WantedPerson("999999999", 7, IdentifierKind.RECORD_ID),
    ]
    demo.instance("harbor-prod").requests.clear()
    found = await find_people(client, wanted, read, lambda *progress: seen.append(progress))
    assert ids(found) == [[str(first.id)], [str(second.id)], [str(third.id)], [], [], [], []]
    assert [one.wanted for one in found] == wanted
    assert {one.problem for one in found} == {""}
    profiles = [one.query for one in demo.instance("harbor-prod").requests if "view=Detail" in one.query]
    assert not any(f"record={fourth.id}" in query for query in profiles)
    assert seen == []


async def test_why_a_record_may_not_be_read_is_said_of_this_one_only(client, demo, people):
    demo.instance("harbor-prod").faults.answer_with("profile", DENIED)
    texts = [str(people[0].id), str(people[1].id), people[2].user_name]
    found = await find_people(client, [WantedPerson(text) for text in texts], read)
    assert ids(found) == [[], [str(people[1].id)], [str(people[2].id)]]
    assert "Permission denied" in found[0].problem
    assert [one.problem for one in found[1:]] == ["", ""]


@pytest.mark.parametrize("is_cut", [False, True])
async def test_many_are_in_the_list_and_nobody_is_missed_if_it_has_gaps(
    client, demo, people, is_cut, monkeypatch
):
    monkeypatch.setattr(batch_search, "MAX_SEARCHED", 2)
    harbor = demo.instance("harbor-prod")
    # Somebody in the list has the e-mail of one whom the gap hides.
    first, *_, last = sorted(people, key=lambda one: one.user_name)
    listed = sorted((one for one in harbor.people if one.active), key=lambda one: one.user_name)
    first.email1 = last.email1 = "desk@harbor.example.com"
    seen = []
    if is_cut:
        harbor.faults.cut_page(1, rendered=listed.index(first) + 1)

    async def read_then_mend(reading):
        result = await reading()
        harbor.faults.clear()
        return result

    wanted = [WantedPerson(text) for text in (first.email1, people[3].user_name, people[4].user_name)]
    found = await find_people(client, wanted, read_then_mend, lambda *progress: seen.append(progress))
    assert set(ids(found)[0]) == {str(first.id), str(last.id)}
    assert ids(found)[1:] == [[str(one.id)] for one in people[3:5]]
    assert seen
    # Nobody who is in a complete list is looked for again.
    assert any("search_params" in one.query for one in harbor.requests) is is_cut


async def test_as_many_as_the_search_takes_are_not_read_from_the_list(client, people, monkeypatch):
    monkeypatch.setattr(batch_search, "MAX_SEARCHED", 3)
    seen = []
    wanted = [WantedPerson(one.email1) for one in people[:3]]
    await find_people(client, wanted, read, lambda *progress: seen.append(progress))
    assert seen == []


async def test_only_a_number_of_plain_digits_is_a_record_id(client, people):
    user = await user_with_record_id(client, str(people[0].id))
    assert user is not None
    assert (user.id, user.user_name, user.status) == (str(people[0].id), people[0].user_name, Status.ACTIVE)
    for text in ("", "abc", "-1", "٣", "²", "999999999"):
        assert await user_with_record_id(client, text) is None


@pytest.mark.parametrize("most", [100, 1])
async def test_somebody_whose_user_name_is_the_e_mail_of_another_is_not_missed(most, monkeypatch):
    """Few or many, and although the list has no user names."""
    monkeypatch.setattr(batch_search, "MAX_SEARCHED", most)
    columns = ("first_name", "roleid", "is_admin")
    with DemoServer(replace(HARBOR, users=45, columns=columns)) as demo:
        people = [one for one in demo.instance("harbor-prod").people if ordinary(one) and one.active]
        mailbox, namesake, other = people[:3]
        mailbox.email1 = namesake.user_name = "desk@harbor.example.com"
        async with signed_in(demo) as client:
            kinds = (IdentifierKind.ANY, IdentifierKind.EMAIL)
            wanted = [WantedPerson(mailbox.email1, kind=kind) for kind in kinds]
            found = await find_people(client, [*wanted, WantedPerson(other.email1)], read)
    assert [set(one) for one in ids(found)] == [
        {str(mailbox.id), str(namesake.id)}, {str(mailbox.id)}, {str(other.id)},
    ]  # fmt: skip

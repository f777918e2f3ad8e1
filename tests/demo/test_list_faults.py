"""Lists that are worse than they look: they shrink, grow, repeat themselves, or never end."""

from dataclasses import replace

import httpx
import pytest

from dazos_tui.demo.presets import HARBOR
from dazos_tui.demo.server import DemoServer
from tests.demo.visitor import LIST, PJAX, hidden, profile_url, row_ids

UNIQUE = f"{LIST}&orderby=user_name"
GONE = (httpx.RemoteProtocolError, httpx.ReadError)


@pytest.fixture
def instance(demo):
    return demo.instances[0]


@pytest.fixture
def admin(instance, signed_in):
    return signed_in(instance)


def table(admin, page):
    return admin.page(f"{UNIQUE}&page={page}", headers=PJAX)


def user_names(instance, admin, page):
    return [instance.population.by_id[record].user_name for record in row_ids(table(admin, page))]


def everybody(instance):
    return sorted(person.user_name for person in instance.people if person.active)


def test_every_third_request_for_the_list_is_cut(instance, admin):
    instance.faults.drop_every_nth("list", 3)
    answered = []
    for page in range(1, 10):
        try:
            answered.append(len(row_ids(table(admin, page))))
        except GONE:
            answered.append(0)
    assert answered == [20, 20, 0] * 3
    assert instance.faults.is_empty


def test_other_places_are_not_cut_and_do_not_count(instance, admin):
    instance.faults.drop_every_nth("list", 2)
    table(admin, 1)
    for _ in range(3):
        assert admin.get(profile_url(1)).status_code == 200
    with pytest.raises(GONE):
        table(admin, 1)
    instance.faults.clear()
    assert [len(row_ids(table(admin, page))) for page in range(1, 5)] == [20] * 4


def test_counting_begins_when_it_is_asked_for(instance, admin):
    table(admin, 1)
    instance.faults.drop_every_nth("list", 2)
    table(admin, 1)
    with pytest.raises(GONE):
        table(admin, 1)


def test_requests_to_the_api_can_be_cut_as_well(instance, program_of):
    program = program_of(instance)
    instance.faults.drop_every_nth("webservice", 2)
    program.challenge("demo.admin")
    with pytest.raises(GONE):
        program.challenge("demo.admin")
    program.challenge("demo.admin")


def test_the_page_size_changes_while_the_list_is_read(instance, admin):
    instance.faults.resize_after(2, 50)
    pages = [table(admin, page) for page in (1, 2, 3)]
    assert [len(row_ids(page)) for page in pages] == [20, 20, 50]
    assert [hidden(page, "pageLimitValue") for page in pages] == ["20", "20", "50"]
    assert [hidden(page, "pageStartRange") for page in pages] == ["1", "21", "101"]
    assert hidden(table(admin, 8), "nextPageExist") == ""
    instance.faults.clear()
    assert len(row_ids(table(admin, 1))) == 20


def test_a_page_that_repeats_for_ever(instance, admin):
    instance.faults.repeat_page(2)
    first, stuck = user_names(instance, admin, 1), user_names(instance, admin, 2)
    assert first + stuck == everybody(instance)[:40]
    for number in (2, 3, 20, 21, 500):
        shown = table(admin, number)
        assert hidden(shown, "nextPageExist") == "1"
        assert hidden(shown, "listViewEntriesCount") == "20"
        assert user_names(instance, admin, number) == stuck
    instance.faults.clear()
    assert hidden(table(admin, 21), "nextPageExist") == ""


def test_somebody_is_shown_twice_and_somebody_not_at_all(instance, admin):
    instance.faults.repeat_person(3)
    third, fourth = user_names(instance, admin, 3), user_names(instance, admin, 4)
    assert fourth[0] == third[-1]
    assert len(fourth) == 20
    ids = admin.ids("&orderby=user_name")
    assert (len(ids), len(set(ids))) == (389, 388)
    names = {instance.population.by_id[record].user_name for record in ids}
    assert set(everybody(instance)) - names == {everybody(instance)[60]}


def test_nobody_is_repeated_on_a_page_that_is_not_there(instance, admin):
    instance.faults.repeat_person(20)
    assert row_ids(table(admin, 21)) == []


def test_whoever_is_deleted_pulls_everybody_after_them_a_place_forward(instance, admin):
    expected = everybody(instance)
    assert user_names(instance, admin, 1) == expected[:20]
    gone = instance.person(expected[3])
    instance.remove_person(gone)
    assert user_names(instance, admin, 2) == expected[21:41], "number 20 is on no page that was read"
    assert len(admin.ids("&orderby=user_name")) == 388
    assert "has been deleted" in admin.get(profile_url(gone.id)).text


def test_whoever_is_added_pushes_everybody_after_them_a_place_back(instance, admin):
    expected = everybody(instance)
    table(admin, 1)
    added = instance.add_person("aaron.first", "Aaron", "First")
    assert user_names(instance, admin, 2)[0] == expected[19], "the last of page 1 comes again"
    assert row_ids(table(admin, 1))[0] == added.id
    assert len(instance.people) == 454
    assert "Aaron First" in admin.get(profile_url(added.id)).text


def test_a_record_id_is_never_used_again(instance):
    first = instance.add_person("first.one", "First", "One")
    last = max(person.id for person in instance.people)
    assert first.id == last
    instance.remove_person(first)
    assert instance.add_person("second.one", "Second", "One").id > last


def test_no_link_can_be_sent_to_somebody_without_an_address(instance, admin):
    person = next(person for person in instance.people if not person.email1)
    url = f"index.php?module=Users&parent=Settings&action=SendResetLink&record={person.id}"
    answer = admin.post(url, admin.token()).json()
    assert answer["success"] is False
    assert answer["error"]["message"] == "The user has no email address."
    assert instance.outbox == []


def test_a_hundred_thousand_people_can_be_paged_through(signed_in):
    with DemoServer(replace(HARBOR, users=100_000, page_size=1000)) as server:
        (instance,) = server.instances
        admin = signed_in(instance)
        last = table(admin, 86)
        assert hidden(last, "nextPageExist") == ""
        assert len(row_ids(table(admin, 1))) == 1000
        assert len(row_ids(last)) == len(everybody(instance)) - 85_000

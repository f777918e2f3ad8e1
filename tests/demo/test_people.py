"""The made-up people."""

import html
from collections import Counter

import pytest

from dazos_tui.demo.names import BARRED_ROLES, FIRST_NAMES
from dazos_tui.demo.people import HASH_MARK, HOSTILE_NAMES, KEY_MARK, PeoplePlan, populate
from dazos_tui.text.normalize import fold
from dazos_tui.text.sanitize import safe_text
from tests.demo.visitor import LIST, PJAX, profile_url


def people(total=453, seed="1:harbor-prod", *, hostile=True):
    return populate(PeoplePlan(total, seed, "harbor.example.com", hostile=hostile)).user_list


def cast(persons):
    return [
        (person.id, person.user_name, person.full_name, person.email1, person.status) for person in persons
    ]


def test_the_same_seed_gives_the_same_people():
    assert cast(people()) == cast(people())


def test_another_seed_gives_others():
    assert cast(people()) != cast(people(seed="2:harbor-prod"))


@pytest.mark.parametrize(
    ("total", "inactive"), [(0, 0), (1, 0), (2, 0), (5, 1), (30, 4), (453, 64), (5000, 706)]
)
def test_any_number_of_people(total, inactive):
    made = people(total)
    assert len(made) == total
    assert sum(not person.active for person in made) == inactive


def test_ids_and_user_names_are_unique():
    made = people(20_000)
    assert len({person.id for person in made}) == 20_000
    assert len({person.user_name.casefold() for person in made}) == 20_000


def test_nobody_is_real():
    domains = {person.email1.casefold().partition("@")[2] for person in people() if person.email1}
    assert domains == {"harbor.example.com", "habror.example.com", "harbor.example,com", "gmail.con"}
    assert all(person.email2.endswith(("", ".example.test")) for person in people())


def test_mail_addresses_are_unique_but_for_one():
    addresses = [person.email1.casefold() for person in people() if person.email1]
    assert len(addresses) - len(set(addresses)) == 1


def test_a_few_active_people_have_no_address_at_all():
    without = [person for person in people() if not person.email1]
    assert len(without) == 3
    assert all(person.active for person in without)
    assert {person.email2 + person.secondaryemail for person in without} == {""}


def test_four_active_people_have_a_misspelt_address_and_no_other_problem():
    misspelt = {"lena.acorn", "ada.hazel", "otto.beacon", "ben.hazel"}
    told = {person.user_name: person.email1 for person in people() if person.user_name in misspelt}
    assert told == {
        "lena.acorn": "lena.acorn@habror.example.com",
        "ada.hazel": "ada.hazel@gmail.con",
        "otto.beacon": "otto.beacn@harbor.example.com",
        "ben.hazel": "ben.hazel@harbor.example,com",
    }
    for person in (person for person in people() if person.user_name in misspelt):
        assert person.active
        assert not person.locked_at_start
        assert person.roleid not in BARRED_ROLES


def test_only_the_instance_with_hostile_names_has_misspelt_addresses():
    domains = {person.email1.casefold().partition("@")[2] for person in people(hostile=False)}
    assert domains == {"harbor.example.com", ""}


def test_a_large_instance_is_not_a_crowd_of_namesakes():
    made = people(50_000)
    names = Counter(person.full_name for person in made)
    assert len(names) > 20_000
    assert max(names.values()) < 20


def test_all_secrets_are_unique_and_recognisable():
    made = people()
    keys = {person.accesskey for person in made}
    hashes = {person.user_password for person in made}
    assert len(keys) == len(hashes) == len(made)
    assert all(len(key) == 16 and key.startswith(KEY_MARK) for key in keys)
    assert all(len(value) == 60 and HASH_MARK in value for value in hashes)


def test_both_accounts_can_sign_in_even_if_nobody_is_listed():
    population = populate(PeoplePlan(0, "1", "harbor.example.com"))
    assert population.user_list == []
    assert {"demo.admin", "demo.rep"} <= set(population.by_user_name)


def test_roles_that_matter_are_there():
    roles = {person.roleid for person in people() if person.active}
    assert {"No Access", "Disabled Reps", "CEO", "Admissions", "Clinical Director"} <= roles


def test_hostile_names_cover_the_known_problems():
    text = "".join(name.first_name + name.last_name for name in HOSTILE_NAMES)
    for problem in (
        "\x1b[31m",
        "\x07",
        "\x1b]52;",
        "\x9b",
        "\u202e",
        "\u200b",
        "\u200d",
        "[/]",
        "<script>",
        "'",
    ):
        assert problem in text
    assert any(not name.first_name for name in HOSTILE_NAMES)
    assert any(len(name.last_name) > 150 for name in HOSTILE_NAMES)
    assert {name.active for name in HOSTILE_NAMES} == {True, False}


def test_the_list_begins_with_ordinary_people():
    # In the order of the app's list, where control codes are replaced by a character after all letters.
    shown = [fold(safe_text(f"{name.first_name} {name.last_name}")) for name in HOSTILE_NAMES]
    assert min(shown) > min(map(fold, FIRST_NAMES))


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: name.slug)
def test_a_hostile_name_is_served_escaped_and_whole(untouched, signed_in, name):
    instance = untouched.instances[0]
    person = instance.person(name.user_name)
    assert person.active is name.active
    text = signed_in(instance).get(profile_url(person.id)).text
    full = f"{name.first_name} {name.last_name}".strip()
    heading = text.partition('<h1 class="userName">')[2].partition("</h1>")[0]
    assert "<" not in heading
    assert html.unescape(heading) == full


def test_no_page_lets_markup_through(untouched, signed_in):
    admin = signed_in(untouched.instances[0])
    for number in range(1, 21):
        text = admin.get(f"{LIST}&orderby=user_name&page={number}", headers=PJAX).text
        assert "<script" not in text
        assert "<b>" not in text


def test_only_the_first_instance_has_hostile_names(untouched):
    for instance in untouched.instances[1:]:
        assert not any(person.user_name.startswith("odd.") for person in instance.people)

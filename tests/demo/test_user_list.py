"""The user list and its traps."""

import json
from urllib.parse import quote

import pytest

from dazos_tui.demo.people import HOSTILE_NAMES
from tests.demo.visitor import INACTIVE, LIST, PJAX, hidden, row_ids, row_menu

UNIQUE = "&orderby=user_name&sortorder=ASC"


@pytest.fixture
def instance(untouched):
    return untouched.instances[0]


@pytest.fixture
def admin(instance, signed_in):
    return signed_in(instance)


def search(*groups):
    return "&search_params=" + quote(json.dumps(groups))


def people(instance, ids):
    return [instance.population.by_id[record] for record in ids]


def test_389_active_and_64_inactive(instance, admin):
    active, inactive = admin.ids(UNIQUE), admin.ids(UNIQUE + INACTIVE)
    assert (len(active), len(set(active))) == (389, 389)
    assert (len(inactive), len(set(inactive))) == (64, 64)
    assert {person.active for person in people(instance, active)} == {True}
    assert {person.active for person in people(instance, inactive)} == {False}


def test_the_inactive_switch_needs_its_operator(admin):
    assert len(admin.ids(UNIQUE + INACTIVE.replace("&operator=e", ""))) == 389


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("column", ["last_name", "roleid", "is_admin"])
def test_paging_by_a_column_that_is_not_unique_loses_and_repeats_people(admin, column, direction):
    ids = admin.ids(f"&orderby={column}&sortorder={direction}")
    assert len(ids) == 389, "nothing in the counts shows it"
    assert len(set(ids)) < 380


def test_paging_without_a_column_is_not_reliable_either(admin):
    assert len(set(admin.ids())) < 389


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_paging_by_user_name_is_exact(instance, admin, direction):
    ids = admin.ids(f"&orderby=user_name&sortorder={direction}")
    names = [person.user_name for person in people(instance, ids)]
    assert len(set(names)) == 389
    assert names == sorted(names, reverse=direction == "DESC")


def test_a_page_of_its_own_never_repeats_anybody(admin):
    for number in range(1, 21):
        ids = row_ids(admin.page(f"{LIST}&orderby=roleid&page={number}", headers=PJAX))
        assert len(set(ids)) == len(ids)


def test_hidden_inputs_have_the_position(admin):
    def told(number):
        table = admin.page(f"{LIST}{UNIQUE}&page={number}", headers=PJAX)
        names = ("pageStartRange", "pageEndRange", "nextPageExist", "listViewEntriesCount", "noOfEntries")
        return [hidden(table, name) for name in names], len(row_ids(table))

    assert told(1) == (["1", "20", "1", "20", "20"], 20)
    assert told(20) == (["381", "389", "", "9", "9"], 9)
    assert told(21) == (["0", "0", "", "0", "0"], 0)


def test_the_server_decides_how_many_rows_a_page_has(admin):
    table = admin.page(f"{LIST}&limit=100", headers=PJAX)
    assert hidden(table, "pageLimitValue") == "20"
    assert len(row_ids(table)) == 20


def test_a_fragment_has_the_same_rows_and_no_token(admin):
    whole, fragment = admin.get(f"{LIST}{UNIQUE}"), admin.get(f"{LIST}{UNIQUE}", headers=PJAX)
    assert "csrfMagicToken" in whole.text
    assert "__vtrftk" not in fragment.text
    assert "csrfMagicToken" not in fragment.text
    assert "<html" not in fragment.text
    assert row_ids(admin.page(LIST + UNIQUE)) == row_ids(admin.page(LIST + UNIQUE, headers=PJAX))


def test_pages_are_as_large_as_on_a_real_server(admin):
    assert 190_000 < len(admin.get(LIST).content) < 235_000
    assert 48_000 < len(admin.get(LIST, headers=PJAX).content) < 64_000


def test_the_search_row_and_the_actions_column_are_no_person_and_no_field(admin):
    table = admin.page(LIST, headers=PJAX)
    assert len(table.css("tbody tr.searchRow")) == 1
    heads = table.css("thead th")
    assert heads[0].text(strip=True) == "Actions"
    assert not heads[0].css("a")
    named = [head.css_first("a[data-columnname]") for head in heads[1:]]
    names = [link.attributes["data-columnname"] for link in named if link]
    assert names == ["first_name", "roleid", "user_name", "email2", "is_admin", "phone_work"]


def test_a_row_has_the_name_the_address_and_a_cell_per_column(instance, admin):
    table = admin.page(f"{LIST}{search([['user_name', 'e', 'odd.garcia']])}", headers=PJAX)
    (row,) = table.css("tr.listViewEntries")
    assert [link.text(strip=True) for link in row.css("td[data-name=first_name] .usersinfo a")] == [
        "Elena García"
    ]
    email = row.css_first("a.emailField")
    assert email is not None
    assert email.attributes["data-rawvalue"] == "odd.garcia@harbor.example.com"
    cells = [cell.text(strip=True) for cell in row.css("td")]
    person = instance.person("odd.garcia")
    assert cells[2:] == ["Case Manager", "odd.garcia", person.email2, "No", person.phone_work]


def test_accents_come_as_entities(admin):
    url = f"{LIST}{search([['user_name', 'e', 'odd.garcia']])}"
    assert "Elena Garc&iacute;a" in admin.get(url, headers=PJAX).text


def test_the_row_menu_has_the_reset_link_and_dangerous_neighbours(instance, admin):
    table = admin.page(LIST + UNIQUE, headers=PJAX)
    record = instance.person("ada.amber").id
    assert list(row_menu(table, record)) == ["Delete", "Send Reset Link"]


def test_a_locked_login_can_be_enabled_from_the_row_menu(instance, admin):
    locked = [person for person in instance.people if person.locked_at_start]
    assert len(locked) == 3
    for person in locked:
        table = admin.page(f"{LIST}{search([['user_name', 'e', person.user_name]])}", headers=PJAX)
        assert "Enable Login" in row_menu(table, person.id)


def test_the_record_count_is_not_available(admin):
    url = "index.php?module=Users&parent=Settings&view=ListAjax&mode=getRecordsCount"
    assert admin.get(url).status_code == 500


def found(instance, admin, *groups, extra=""):
    return {person.user_name for person in people(instance, admin.ids(UNIQUE + search(*groups) + extra))}


def test_search_one_condition(instance, admin):
    assert found(instance, admin, [["email1", "e", "ODD.ZOE@harbor.example.com"]]) == {"odd.zoe"}
    assert found(instance, admin, [["email1", "e", "odd.zoe"]]) == set()
    assert found(instance, admin, [["email1", "s", "odd.zo"]]) == {"odd.zoe"}
    assert found(instance, admin, [["user_name", "c", "d.zo"]]) == {"odd.zoe"}


def test_search_folds_case_and_accents(instance, admin):
    assert found(instance, admin, [["last_name", "e", "GARCIA"]]) == {"odd.garcia"}


def test_search_either_or_both(instance, admin):
    either = found(instance, admin, [], [["last_name", "e", "García"], ["last_name", "c", "o'bri"]])
    assert either == {"odd.garcia", "odd.obrien"}
    both = [["first_name", "e", "Elena"]], [["last_name", "c", "garc"]]
    assert found(instance, admin, *both) == {"odd.garcia"}
    assert found(instance, admin, [["first_name", "e", "Nora"]], [["last_name", "c", "garc"]]) == set()


def test_search_combines_with_the_inactive_switch_but_not_by_status(instance, admin):
    slug = [["user_name", "s", "odd.inactive"]]
    assert found(instance, admin, slug) == set()
    expected = {name.user_name for name in HOSTILE_NAMES if not name.active}
    assert found(instance, admin, slug, extra=INACTIVE) == expected
    assert found(instance, admin, [["status", "e", "Active"]]) == set()
    assert found(instance, admin, [["status", "e", "Inactive"]]) == set()


def test_two_people_share_an_address(instance, admin):
    assert len(found(instance, admin, [["email1", "e", "front.desk@harbor.example.com"]])) == 2


@pytest.mark.parametrize("text", ["nonsense", "{}", "[1,2]", "[[[1]]]", "null"])
def test_invalid_search_parameters_are_ignored(admin, text):
    assert len(admin.ids(f"{UNIQUE}&search_params={quote(text)}")) == 389


def test_a_search_answer_is_small(admin):
    response = admin.get(f"{LIST}{search([['user_name', 'e', 'odd.zoe']])}", headers=PJAX)
    assert 4_000 < len(response.content) < 12_000

"""The user list's page, complete and broken."""

from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import (
    CrmError,
    PermissionDeniedError,
    SignedOutError,
    UnexpectedPageError,
    UnreadableListError,
)
from dazos_tui.crm.models import MenuItem, MenuItemKind, Status, User, UserPage
from dazos_tui.crm.pages.users import parse_user_page
from dazos_tui.text.sanitize import safe_text
from tests.crm.html import COLUMNS, DENIED, LOGIN, item, row, users
from tests.patience import processor_patience

LABELS = Labels()


def read(html: str, labels: Labels = LABELS) -> UserPage:
    return parse_user_page(html, number=1, status=Status.ACTIVE, labels=labels)


def test_a_row_becomes_a_user() -> None:
    page = read(users(row("7", "Ann Garc&iacute;a", "ann@x.test", ("Sales &amp; More", "ann", "", "Yes"))))
    (person,) = page.rows
    assert (person.user.id, person.user.user_name, person.user.name) == ("7", "ann", "Ann García")
    assert (person.user.email, person.user.role, person.user.admin) == ("ann@x.test", "Sales & More", True)
    assert (page.announced, page.missing, page.has_next) == (1, 0, False)


def test_a_whole_page_is_read_as_a_part_of_one_is() -> None:
    """A page with a document type tells capitals of classes and ids apart, a part of a page does not."""
    part = users(
        row("7", menu=item("Send Reset Link", "go('a.php?a=1')")),
        row("8", email="", values=("", "bob", '<a class=emailField data-rawvalue="b@x.test">b</a>', "")),
        columns=("first_name", "roleid", "user_name", "email1", "is_admin"),
        announced=40,
        start=21,
        more=True,
    )
    whole = read(f"<!DOCTYPE html><html><body>{part}</body></html>")
    assert whole == read(part)
    assert (whole.announced, whole.has_next, whole.size, whole.start) == (40, True, 20, 21)
    assert [found.user.email for found in whole.rows] == ["ann@x.test", "b@x.test"]
    assert [len(found.menu) for found in whole.rows] == [1, 0]
    for name in ("listViewEntriesCount", "noOfEntries"):
        part = part.replace(f'id="{name}"', "")
        assert read(f"<!DOCTYPE html>{part}").announced == 40


@pytest.mark.parametrize(
    "order", [COLUMNS, COLUMNS[::-1], ("user_name", "first_name", "phone_work", "roleid")]
)
def test_columns_are_found_by_their_header(order: tuple[str, ...]) -> None:
    known = {"roleid": "Sales", "user_name": "ann", "email2": "", "is_admin": "No", "phone_work": "555"}
    values = [known[name] for name in order if name != "first_name"]
    (found,) = read(users(row("7", values=values, name_at=order.index("first_name")), columns=order)).rows
    assert (found.user.user_name, found.user.role, found.user.email) == ("ann", "Sales", "ann@x.test")


def test_a_header_without_the_names_column_changes_nothing() -> None:
    (found,) = read(users(row("7"), columns=COLUMNS[1:])).rows
    assert (found.user.user_name, found.user.role) == ("ann", "Sales")


@pytest.mark.parametrize(
    ("words", "listing", "status"),
    [
        ("Active", Status.ACTIVE, Status.ACTIVE),
        ("Inactive", Status.ACTIVE, Status.INACTIVE),
        ("Aktiv", Status.ACTIVE, Status.UNKNOWN),
        ("", Status.ACTIVE, Status.UNKNOWN),
        ("Active", Status.INACTIVE, Status.ACTIVE),
        ("Inaktiv", Status.INACTIVE, Status.INACTIVE),
    ],
)
def test_a_status_column_decides(words: str, listing: Status, status: Status) -> None:
    html = users(row("7", values=(words,)), columns=("first_name", "status"))
    (found,) = parse_user_page(html, number=1, status=listing, labels=LABELS).rows
    assert found.user.status is status


def test_without_a_status_column_only_the_second_list_shows_a_status() -> None:
    for listing, status in ((Status.ACTIVE, Status.UNKNOWN), (Status.INACTIVE, Status.INACTIVE)):
        (found,) = parse_user_page(users(row("7")), number=1, status=listing, labels=LABELS).rows
        assert found.user.status is status


def test_columns_an_instance_lacks_stay_empty() -> None:
    (found,) = read(users(row("7", values=("555",)), columns=("first_name", "phone_work"))).rows
    assert (found.user.user_name, found.user.role, found.user.admin) == ("", "", None)


def test_only_the_primary_address_is_read() -> None:
    other = '<a class="emailField" data-rawvalue="private@x.test">private@x.test</a>'
    (found,) = read(users(row("7", email="", values=("Sales", "ann", other, "No")))).rows
    assert found.user.email == ""
    (found,) = read(users(row("7", values=("Sales", "ann", other, "No")))).rows
    assert found.user.email == "ann@x.test"


def test_a_name_that_looks_like_an_address_is_not_one() -> None:
    (found,) = read(users(row("7", "boss@evil.test", email=""))).rows
    assert (found.user.name, found.user.email) == ("boss@evil.test", "")


def test_an_address_column_is_used_if_the_name_cell_has_none() -> None:
    columns = ("first_name", "email1")
    (found,) = read(users(row("7", email="", values=("ann@x.test",)), columns=columns)).rows
    assert found.user.email == "ann@x.test"


@pytest.mark.parametrize("carrier", ["onclick", "href"])
def test_the_rows_menu_is_read_by_label(carrier: str) -> None:
    call = "Users_List_Js.send('index.php?module=Users&action=X&record=7')"
    menu = item("Delete", "Users_List_Js.d('index.php?module=Users&action=Delete&record=7')") + item(
        " SEND\n reset&nbsp;link", call, carrier=carrier
    )
    (found,) = read(users(row("7", menu=menu))).rows
    assert [entry.kind for entry in found.menu] == [MenuItemKind.OTHER, MenuItemKind.SEND_RESET_LINK]
    assert found.menu[1].href == "index.php?module=Users&action=X&record=7"
    assert found.menu[1].label == "SEND reset link"


LONGEST = "a.php?" + "x" * 1_994
NO_ADDRESS = "has no address: it runs a script of the page, which only a browser can do."
UNUSABLE = "has an address that cannot be used."
TWO = "leads to two different addresses."
MORE = "has a script that does more than name an address."


@pytest.mark.parametrize(
    ("attributes", "target", "problem"),
    [
        ("""onclick="go('a.php?a=1')" href='#' """, "a.php?a=1", ""),
        ("""href=' a.php?a=1 ' """, "a.php?a=1", ""),
        ("""href="JavaScript:go('a.php?a=1')" """, "a.php?a=1", ""),
        ("""href="javascript:go('?a=1')" """, "?a=1", ""),
        ("""href="javascript:go('x y=1', 'a.php?a=1')" """, "a.php?a=1", ""),
        ("""href="javascript:go('module=Users')" """, "module=Users", ""),
        ("""href="javascript:go('A.PHP')" """, "A.PHP", ""),
        (r"""href="javascript:go('it\'s', 'a.php?a=1')" """, "a.php?a=1", ""),
        (r"""href="javascript:go('a.php?a=\x41\u0042\c')" """, "a.php?a=ABc", ""),
        ("""onclick="go(5, &quot;index.php?a=1&amp;record=7&quot;, 'x')" """, "index.php?a=1&record=7", ""),
        (r"""onclick="go('index.php?a=\u0031\x26record=7\/8')" """, "index.php?a=1&record=7/8", ""),
        ("""onclick="go('a.php?one')" href="javascript:go('a.php?one')" """, "a.php?one", ""),
        ("""onclick="confirm('Are you sure?') &amp;&amp; go('a.php?one=1')" """, "a.php?one=1", ""),
        ("""onclick="go()" href="index.php?view=Edit" """, "index.php?view=Edit", ""),
        (f"href='{LONGEST}'", LONGEST, ""),
        (f"href='{LONGEST}x'", "", UNUSABLE),
        ("""href='ftp://crm.example.com/a.php' """, "", UNUSABLE),
        ("""href="data:text/html,x" """, "", UNUSABLE),
        ("""onclick="go('index.php?a=&#27;]52;')" """, "", UNUSABLE),
        ("", "", NO_ADDRESS),
        ("""onclick='go()' """, "", NO_ADDRESS),
        ("""href="#" """, "", NO_ADDRESS),
        ("""href="javascript:void(0);" """, "", NO_ADDRESS),
        ("""href="javascript:Users_Detail_Js.sendResetLink(7)" """, "", NO_ADDRESS),
        ("""onclick="send(7)" href="javascript:void(0)" """, "", NO_ADDRESS),
        ("""onclick="go('a.php?one')" href="javascript:go('a.php?two')" """, "a.php?one", TWO),
        ("""onclick="go('a.php?one')" href="a.php?two" """, "a.php?one", TWO),
        ("""onclick="go('a.php?one', 'a.php?two')" """, "a.php?one", TWO),
        ("""onclick="go('a.php?one', '&amp;mode=delete')" """, "a.php?one", TWO),
        ("""onclick="/* go('a.php?one') */ go()" """, "a.php?one", MORE),
        ("""onclick="go('a.php?one') // go()" """, "a.php?one", MORE),
        ("""onclick="&lt;!-- go('a.php?one')" """, "a.php?one", MORE),
        ("""onclick="go('a.php?record=' + 7)" """, "a.php?record=", MORE),
        ("""onclick="go('a.php?a=1'.concat(7))" """, "a.php?a=1", MORE),
        ("""onclick="go(`x`, 'a.php?record=7')" """, "a.php?record=7", MORE),
        ("""onclick='go(a + b)' href='a.php?a=1' """, "a.php?a=1", MORE),
    ],
)
def test_a_menu_item_has_an_address_or_a_problem(attributes: str, target: str, problem: str) -> None:
    (found,) = read(users(row("7", menu=f"<li><a {attributes}>Send Reset Link</a></li>"))).rows
    said = f"“Send Reset Link” {problem}" if problem else ""
    assert found.menu == (MenuItem("Send Reset Link", MenuItemKind.SEND_RESET_LINK, target, "7", said),)
    (found,) = read(users(row("7", menu=f"<li><a {attributes}>Other</a></li>"))).rows
    assert found.menu == (MenuItem("Other", MenuItemKind.OTHER, target, "7", ""),)


def test_two_items_of_one_kind_are_a_problem_unless_they_are_the_same() -> None:
    menu = item("Send Reset Link", "go('a.php?a=1')") + item("send reset link", "go('a.php?a=2')")
    others = item("Enable Login", "go('a.php?a=3')") + item("Delete", "go('a.php?a=4')")
    (found,) = read(users(row("7", menu=menu + others))).rows
    assert [(entry.kind, entry.problem) for entry in found.menu] == [
        (MenuItemKind.SEND_RESET_LINK, "The menu has two different items “Send Reset Link”."),
        (MenuItemKind.SEND_RESET_LINK, "The menu has two different items “send reset link”."),
        (MenuItemKind.ENABLE_LOGIN, ""),
        (MenuItemKind.OTHER, ""),
    ]
    one, two = (item("Send Reset Link", f"go('a.php?a={name}')") for name in ("one", "two"))
    (twice,) = read(users(row("7", menu=one + two))).rows
    assert {entry.problem for entry in twice.menu} == {"The menu has two different items “Send Reset Link”."}
    (same,) = read(users(row("7", menu=one + one))).rows
    assert [entry.problem for entry in same.menu] == ["", ""]


def test_a_page_cut_short_says_how_many_are_missing() -> None:
    page = read(users(row("1"), row("2"), announced=20, more=True))
    assert (len(page.rows), page.missing, page.has_next) == (2, 18, True)


def test_a_page_cut_at_any_point_never_invents_a_user() -> None:
    html = users(
        row("7", "Ann", values=("Sales", "ann", "", "No")), row("8", "Bob", values=("Sales", "bob", "", "No"))
    )
    whole = read(html)
    for end in range(html.index("<table"), len(html)):
        page = read(html[:end])
        assert page.rows == whole.rows[: len(page.rows)]
        assert page.missing == 2 - len(page.rows)


def test_the_end_of_the_last_row_is_enough() -> None:
    html = users(row("7"), announced=20)
    assert len(read(html[: html.rindex("</tr>") + 5] + "\n<tr class=").rows) == 1


def test_the_end_of_the_last_row_may_be_far_from_its_beginning_and_from_the_pages_end() -> None:
    html = users(row("1"), row("2", values=("Sales", "bob", "long " * 2_000, "No")))
    assert [found.user.id for found in read(html + "<p>rest</p>" * 1_000).rows] == ["1", "2"]
    for end in ("</tr>", "</td>", "long "):
        page = read(html[: html.rindex(end)])
        assert ([found.user.id for found in page.rows], page.missing) == (["1"], 1)


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("", 1),
        ("<track>", 1),
        ("<tr", 1),
        ("</TR>", 2),
        ("</Table>", 2),
        ("</tr><TRACK>", 2),
        ("</tr><tr class=", 2),
        ("</tr" + " " * 5_000, 2),
    ],
)
def test_a_last_row_needs_its_end_or_that_of_the_table(end: str, kept: int) -> None:
    html = users(row("1"), row("2"))
    page = read("<table></table>" + html[: html.rindex("</tr>")] + end)
    assert (len(page.rows), page.missing) == (kept, 2 - kept)


def test_a_row_whose_tag_is_endless_is_kept() -> None:
    html = users(row("1"), row("2"))
    endless = html[html.rindex("<tr") :].replace("<tr", f"<tr title='{'x' * 2_000}'").partition("</tr>")[0]
    columns = "<thead><th><a data-columnname=a><th><a data-columnname=b></a><th><a data-columnname=c></a><th>"
    page = (
        "<input id=noOfEntries value=1><table>" + columns + "<a data-columnname=d></a></th></thead>" + endless
    )
    assert [found.user.id for found in read(page).rows] == ["2"]


def test_a_last_row_without_all_its_cells_is_missing() -> None:
    page = read(users(row("1"), row("2", values=("Sales",))))
    assert ([found.user.id for found in page.rows], page.missing) == (["1"], 1)


def test_an_empty_list_is_fine() -> None:
    assert read(users()) == UserPage(1, (), 0, has_next=False, size=20, start=None)


def test_a_page_has_its_size_and_position_in_the_list() -> None:
    page = read(users(row("1"), row("2"), size=2, start=5, more=True))
    assert (page.size, page.start) == (2, 5)


@pytest.mark.parametrize("odd", ["", "0", "all", "-1", "9" * 50])
def test_a_page_need_not_announce_its_size_and_position(odd: str) -> None:
    html = users(row("1")).replace('"pageLimitValue" value= "20"', f'"pageLimitValue" value="{odd}"')
    page = read(html.replace('"pageStartRange"', '"other"'))
    assert (page.size, page.start, page.announced) == (None, None, 1)


def test_the_menus_can_be_left_out() -> None:
    html = users(row("7", menu=item("Send Reset Link", "go('a.php?record=7')")))
    (found,) = parse_user_page(html, number=1, status=Status.ACTIVE, labels=LABELS, with_menus=False).rows
    assert (found.user, found.menu) == (read(html).rows[0].user, ())


def test_the_range_is_used_if_the_counts_are_missing() -> None:
    html = users(row("1"), announced=20).replace("listViewEntriesCount", "a").replace("noOfEntries", "b")
    assert read(html).announced == 20


def test_repeated_rows_count_once() -> None:
    assert read(users(row("1"), row("1"))).missing == 1


@pytest.mark.parametrize("odd", ["", "x", "7 or 1=1", "7&record=8", "٣", "7" * 50])
def test_an_odd_record_id_is_refused(odd: str) -> None:
    with pytest.raises(UnexpectedPageError, match="record id"):
        read(users(row(odd)))


@pytest.mark.parametrize(
    ("html", "missing"),
    [
        (users(row("1"), row("2")).replace("data-columnname", "data-x"), "header"),
        (users(row("1").replace("data-name", "data-x"), row("2")), "name cell"),
        (users(row("1", values=("a",)), row("2")), "2 cells|1 cells"),
        ("<html><body>Hello</body></html>", "noOfEntries"),
        ("", "empty page"),
    ],
)
def test_missing_content_is_named(html: str, missing: str) -> None:
    with pytest.raises(UnexpectedPageError, match=missing):
        read(html)


@pytest.mark.parametrize(
    ("html", "error"),
    [
        (DENIED, PermissionDeniedError),
        (LOGIN, SignedOutError),
        ("Invalid request", SignedOutError),
        ('{"success":false,"error":{"code":"Login is required"}}', SignedOutError),
        ('{"success":false,"error":{"code":"Permission denied"}}', PermissionDeniedError),
        ('{"success":false,"error":{"code":"x","message":"Illegal request"}}', SignedOutError),
        ('{"success":false,"error":"Login is required"}', SignedOutError),
        (" Illegal  request\n", SignedOutError),
        ("<table><tr><td><b>\n permission DENIED.</b></td></tr></table>", PermissionDeniedError),
        ("Permission denied", PermissionDeniedError),
        ("<body>Permission denied <a href='#'>Go back</a></body>", PermissionDeniedError),
        ("<p>The database said: Permission denied for table x</p>", UnexpectedPageError),
        ("<p>Invalid request</p><p>Ann is invited</p>", UnexpectedPageError),
        ("<p>Login is required for this person</p>", UnexpectedPageError),
        ('{"success":false,"error":{"code":"No permission denied"}}', UnexpectedPageError),
        ('{"error":["Permission denied"]}', UnexpectedPageError),
    ],
)
def test_each_missing_list_has_its_error(html: str, error: type[CrmError]) -> None:
    with pytest.raises(error):
        read(html)


def test_users_may_have_any_name() -> None:
    (found,) = read(
        users(row("7", "Permission denied", values=("Invalid request", "Login is required", "", "No")))
    ).rows
    assert found.user.name == "Permission denied"


def test_an_instance_can_have_its_own_labels() -> None:
    labels = Labels(yes="Sí", send_reset_link="Enviar enlace", permission_denied="Permiso denegado")
    (found,) = read(
        users(row("7", values=("", "ann", "", "Sí"), menu=item("enviar ENLACE", ""))), labels
    ).rows
    assert found.user.admin is True
    assert found.menu[0].kind is MenuItemKind.SEND_RESET_LINK
    with pytest.raises(PermissionDeniedError):
        read("<p>Permiso denegado</p>", labels)


HOSTILE = "\x1b]52;c;ZXZpbA==\x07\u202eann\u200b\x9b31m<b>[/]"


def test_hostile_text_is_harmless() -> None:
    (found,) = read(
        users(row("7", HOSTILE, values=(HOSTILE, HOSTILE, "", HOSTILE), menu=item(HOSTILE, "")))
    ).rows
    for text in (found.user.name, found.user.role, found.user.user_name, found.menu[0].label):
        assert text == safe_text(text)
        assert "ann" in text


@given(st.text())
def test_any_text_gives_a_page_or_a_crm_error(text: str) -> None:
    for html in (text, users(text), users(row("7", text, text, (text, text, text, text), text))):
        try:
            page = read(html)
        except CrmError:
            continue
        for found in page.rows:
            for shown in (
                found.user.name,
                found.user.role,
                found.user.email,
                *(entry.label for entry in found.menu),
            ):
                assert shown == safe_text(shown)


def test_a_large_table_is_read_as_a_small_one() -> None:
    wrap = '<div title="a > b" class=\'x>"\'><SPAN>{}</SPAN >\n</div\n>'.format
    menu = item("Send Reset Link", "go('index.php?module=Users&action=Send&record=7')")
    one = row("7", wrap("Ann &gt; Bell"), "ann@x.test", (wrap("Sales"), wrap("ann<i>a</i>"), "", "No"), menu)
    small, large = read(users(one)), read(users(one, *["<div><span></span></div>"] * 5_001))
    assert small.rows == large.rows
    assert large.rows[0].user.user_name == "anna"


def test_a_page_with_too_many_rows_is_refused() -> None:
    rows = "".join(f"<tr class=listViewEntries data-id={number}><td>x" for number in range(1, 1_002))
    with pytest.raises(UnexpectedPageError) as caught:
        read(users(rows))
    assert str(caught.value) == "The user list has 1,001 rows on one page, far more than a CRM shows."
    with pytest.raises(UnreadableListError, match="no name cell"):
        read(users(rows.removesuffix("<tr class=listViewEntries data-id=1001><td>x")))


def test_tags_of_rows_that_never_end_take_no_time() -> None:
    begun = process_time()
    read(users(row("7", "Ann", "", ("a", "b", "c", "No"))) + "<tr " * 15_000 + "x" * 500_000)
    assert process_time() - begun < processor_patience(5)


def column(name: str, value: str) -> User:
    """Return the user of a row that has just this column besides its name."""
    (found,) = read(users(row("7", values=(value,)), columns=("first_name", name))).rows
    return found.user


def test_a_row_has_just_what_its_columns_hold() -> None:
    bare = User("7", "", "Ann Example", "ann@x.test", "", Status.UNKNOWN, None)
    assert column("phone_work", "555") == bare
    assert column("user_name", "ann") == replace(bare, user_name="ann")
    assert column("roleid", "Sales") == replace(bare, role="Sales")
    assert column("is_admin", "Yes") == replace(bare, admin=True)
    assert column("status", "Inactive") == replace(bare, status=Status.INACTIVE)
    assert column("email1", "other@x.test") == bare


@pytest.mark.parametrize(
    ("cell", "name", "email"),
    [
        ("<a></a><a>Ann</a><a>Lee</a>", "Ann", ""),
        ("<a class=emailField data-rawvalue='a@x.test\x1b'>x</a>", "", "a@x.test\ufffd"),
        ("<a class='x emailField'>a@x.test</a><a class=emailField>b@x.test</a>", "", "a@x.test"),
        (
            "<a class=emailField data-rawvalue=''></a><a class=emailField data-rawvalue=b@x.test>",
            "",
            "b@x.test",
        ),
        ("<a class=emailFields>Ann</a>", "Ann", ""),
        ("Ann", "", ""),
    ],
)
def test_the_links_of_the_name_cell(cell: str, name: str, email: str) -> None:
    html = users(
        f"<tr class=listViewEntries data-id=7><td><td data-name=first_name>{cell}</td><td>x</td></tr>",
        columns=("first_name", "phone_work"),
    )
    (found,) = read(html).rows
    assert (found.user.name, found.user.email) == (name, email)


@pytest.mark.parametrize(
    ("cell", "email"),
    [
        ("<a class=emailField data-rawvalue='a@x.test\x1b'>x</a> <i>y</i>", "a@x.test\ufffd"),
        ("<a class=emailField>a@x.test</a> <i>y</i>", "a@x.test"),
        ("<a>a@x.test</a>", "a@x.test"),
        ("", ""),
    ],
)
def test_an_address_column_holds_a_link_or_just_text(cell: str, email: str) -> None:
    (found,) = read(users(row("7", email="", values=(cell,)), columns=("first_name", "email1"))).rows
    assert found.user.email == email


def hidden(identifier: str, value: str) -> str:
    return f'<input id="{identifier}" value="{value}">'


@pytest.mark.parametrize(
    ("inputs", "announced"),
    [
        ((("listViewEntriesCount", " 3 "), ("noOfEntries", "4")), 3),
        ((("listViewEntriesCount", "x"), ("noOfEntries", "4")), 4),
        ((("listViewEntriesCount", "9999999999"), ("noOfEntries", "999999999")), 999_999_999),
        ((("pageStartRange", "5"), ("pageEndRange", "5")), 1),
        ((("pageStartRange", "1"), ("pageEndRange", "20")), 20),
        ((("pageStartRange", "6"), ("pageEndRange", "5")), 0),
        ((("pageStartRange", "0"), ("pageEndRange", "5")), 0),
        ((("pageStartRange", "1"),), None),
        ((("pageEndRange", "1"),), None),
    ],
)
def test_a_page_announces_its_rows_by_their_count_or_their_range(
    inputs: tuple[tuple[str, str], ...], announced: int | None
) -> None:
    html = "<!DOCTYPE html>" + "".join(hidden(*one) for one in inputs)
    if announced is not None:
        assert read(html).announced == announced
        return
    with pytest.raises(UnexpectedPageError, match="noOfEntries"):
        read(html)


@pytest.mark.parametrize(
    ("value", "has_next"),
    [("1", True), ("true", True), (" ", False), ("0", False), ("False ", False), ("FALSE", False)],
)
def test_whether_another_page_follows(value: str, *, has_next: bool) -> None:
    page = parse_user_page(
        hidden("noOfEntries", "0") + hidden("nextPageExist", value),
        number=3,
        status=Status.ACTIVE,
        labels=LABELS,
    )
    assert page == UserPage(3, (), 0, has_next=has_next, size=None, start=None)


MORE = "Add the column with the name to the user list in the CRM."
OTHER_LIST = (
    "Open the list in a browser. If it looks as usual there, a script may fill it: “dazos-tui learn” learns "
    "it from a recording, and docs/configuration.md says how to write user_list by hand."
)


@pytest.mark.parametrize(
    ("html", "error", "said", "advice"),
    [
        (
            users(row("7\x1b" + "x" * 50)),
            UnreadableListError,
            f"The user list has a row with an odd record id: “7\ufffd{'x' * 37}…”.",
            CrmError.advice,
        ),
        (
            users(row("7").replace("data-name", "data-x")),
            UnreadableListError,
            "The user list has no name cell (data-name=first_name) for record 7.",
            MORE,
        ),
        (
            users(row("7", values=("a", "b", "c", "d", "e"))),
            UnreadableListError,
            "The user list's row of record 7 has 5 cells for 4 columns.",
            CrmError.advice,
        ),
        (
            users(row("7")).replace("data-columnname", "data-x"),
            UnexpectedPageError,
            "The CRM sent an unexpected page: the header that names the columns is missing.",
            CrmError.advice,
        ),
        (
            "<p>Hello</p>",
            UnexpectedPageError,
            "The CRM sent an unexpected page: the announced number of rows (noOfEntries) is missing.",
            OTHER_LIST,
        ),
        (DENIED, PermissionDeniedError, "The CRM says: Permission denied.", PermissionDeniedError.advice),
    ],
    ids=["id", "name", "cells", "header", "other", "denied"],
)
def test_an_unreadable_list_says_why(html: str, error: type[CrmError], said: str, advice: str) -> None:
    with pytest.raises(error) as caught:
        read(html)
    assert (type(caught.value), str(caught.value), caught.value.advice) == (error, said, advice)


def test_a_menu_has_a_largest_number_of_items() -> None:
    menu = "".join(item(f"Item {number}", "go()") for number in range(49)) + item("", "go()")
    (found,) = read(users(row("7", menu=menu + item("Send Reset Link", "go('a.php?a=1')")))).rows
    assert [entry.label for entry in found.menu] == [f"Item {number}" for number in range(49)]
    (found,) = read(users(row("7", menu=item("Send Reset Link", "go('a.php?a=1')") + menu))).rows
    assert found.menu[0] == MenuItem("Send Reset Link", MenuItemKind.SEND_RESET_LINK, "a.php?a=1", "7", "")
    assert len(found.menu) == 50

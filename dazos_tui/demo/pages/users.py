"""The user list."""

from urllib.parse import urlencode

from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.call import Call
from dazos_tui.demo.listing import FIELDS, ListQuery, Page
from dazos_tui.demo.people import Person
from dazos_tui.demo.render import fill, page, permission_denied
from dazos_tui.demo.shapes import ENABLE, InstanceShape, MenuItem

COLUMN_TITLES = {
    "first_name": "Name",
    "roleid": "Role",
    "user_name": "User Name",
    "email2": "Other Email",
    "secondaryemail": "Secondary Email",
    "is_admin": "Admin",
    "phone_work": "Office Phone",
    "phone_mobile": "Mobile",
    "title": "Title",
    "department": "Department",
    "reports_to_id": "Reports To",
}


def user_list(call: Call) -> Response:
    """Show one page of the list: whole, or (asked by PJAX) just the table, which carries no CSRF token."""
    if call.user is None or not call.user.is_admin:
        return permission_denied()
    query = ListQuery.parse(call.params)
    shown = call.instance.user_list.page(query)
    table = _table(call, query, shown)
    if call.pjax:
        body = fill("users_table.html", **table)
    else:
        links = {"previous": _link(call, query.page - 1), "next": _link(call, query.page + 1)}
        body = page(call, "users.html", title="Users", links=links, **table)
    cut = call.instance.faults.rendered(query.page)
    return HTMLResponse(body if cut is None else _cut_after(body, cut))


def records_count(_call: Call) -> Response:
    """Fail: the server this was seen on answered 500 to every question for a record count."""
    return Response(status_code=500)


def row_menu(call: Call, person: Person) -> list[MenuItem]:
    """Return the items behind a row's info icon; a locked-out user's menu offers Enable Login."""
    shape = call.instance.shape
    items = list(shape.row_menu if person.active else shape.inactive_row_menu)
    if person.active and call.instance.accounts.locked(person, call.now):
        items.append(ENABLE)
    return items


def _table(call: Call, query: ListQuery, shown: Page) -> dict[str, object]:
    """Return what the table's template needs."""
    return {
        "shape": call.instance.shape,
        "query": query,
        "shown": shown,
        "rows": [(person, row_menu(call, person)) for person in shown.people],
        "columns": _columns(call.instance.shape),
        "fields": FIELDS,
    }


def _columns(shape: InstanceShape) -> list[tuple[str, str]]:
    return [(name, COLUMN_TITLES.get(name, name)) for name in shape.columns]


def _link(call: Call, number: int) -> str:
    """Return the address of another page of the same list."""
    return "index.php?" + urlencode(call.params | {"page": str(number)})


def _cut_after(html: str, rows: int) -> str:
    """Break the page off after some rows, the way an error halfway through rendering does."""
    marker = '<tr class="listViewEntries"'
    return marker.join(html.split(marker)[: rows + 1])

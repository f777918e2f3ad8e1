"""The user list."""

from dataclasses import replace
from functools import cache
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.listing import EVERYONE, FIELDS, ListPage, ListQuery
from dazos_tui.demo.people import Person
from dazos_tui.demo.presets import DemoMenuItem, InstancePreset
from dazos_tui.demo.render import entities, permission_denied, render_page, render_template
from dazos_tui.demo.request_context import RequestContext

COLUMN_TITLES = {
    "first_name": "Name",
    "roleid": "Role",
    "user_name": "User Name",
    "email2": "Other Email",
    "secondaryemail": "Secondary Email",
    "is_admin": "Admin",
    "status": "Status",
    "phone_work": "Office Phone",
    "phone_mobile": "Mobile",
    "title": "Title",
    "department": "Department",
    "reports_to_id": "Reports To",
}


def user_list(call: RequestContext) -> Response:
    """Show one page of the list: whole, or (asked by PJAX) just the table, which carries no CSRF token."""
    if call.user is None or not call.user.is_admin:
        return permission_denied(call)
    shape = call.instance.shape
    usual = EVERYONE if shape.one_list else "Active"
    query = ListQuery.parse(call.params, usual=usual, switches=not shape.ignores_switch)
    shown = _query_results(call, query)
    table = _table(call, query, shown)
    if call.is_pjax:
        body = render_template("users_table.html", **table)
    else:
        links = {"previous": _link(call, query.page - 1), "next": _link(call, query.page + 1)}
        body = render_page(call, "users.html", title="Users", links=links, **table)
    cut = call.instance.faults.rendered(query.page)
    return HTMLResponse(body if cut is None else _cut_after(body, cut))


def records_count(_call: RequestContext) -> Response:
    """Fail: the server this was seen on answered 500 to every question for a record count."""
    return Response(status_code=500)


def row_menu(call: RequestContext, person: Person) -> list[DemoMenuItem]:
    """Return the items behind a row's info icon; a locked-out user's menu offers Enable Login."""
    shape = call.instance.shape
    items = list(shape.row_menu if person.active else shape.inactive_row_menu)
    if person.active and call.instance.accounts.is_locked(person, call.now):
        items.append(shape.enable_item)
    return items


def _query_results(call: RequestContext, query: ListQuery) -> ListPage:
    """Return the page that is shown, which is not always the one that was asked for."""
    faults, people = call.instance.faults, call.instance.user_list
    size, stuck = faults.page_size, faults.stuck_page(query.page)
    if stuck is not None:
        return replace(people.page(replace(query, page=stuck), size), number=query.page, more=True)
    shown = people.page(query, size)
    if shown.people and faults.repeats_person_before(query.page):
        before = people.page(replace(query, page=query.page - 1), size)
        return replace(shown, people=before.people[-1:] + shown.people[1:])
    return shown


def _table(call: RequestContext, query: ListQuery, shown: ListPage) -> dict[str, object]:
    """Return what the table's template needs."""
    shape = call.instance.shape
    rows = [
        _row(number, person, shape, tuple(row_menu(call, person)))
        for number, person in enumerate(shown.people, 1)
    ]
    return {
        "shape": shape,
        "query": query,
        "shown": shown,
        "rows": Markup("\n".join(rows)),  # noqa: S704 - every value in it is escaped
        "columns": [(name, shape.translate(COLUMN_TITLES.get(name, name))) for name in shape.columns],
    }


def _row(number: int, person: Person, shape: InstancePreset, menu: tuple[DemoMenuItem, ...]) -> str:
    """Return one row of the table; ``number`` is its place on the page, from 1."""
    columns = shape.columns
    values = {name: FIELDS[name](person) for name in columns}
    values |= {name: shape.translate(values[name]) for name in ("is_admin", "status") if name in values}
    values = {name: entities(value) for name, value in values.items()}
    values["full_name"] = entities(person.full_name)
    values["email1"] = entities(person.email1)
    return _row_pattern(columns, menu) % {"number": number, "id": person.id, **values}


@cache
def _row_pattern(columns: tuple[str, ...], menu: tuple[DemoMenuItem, ...]) -> str:
    """Return a row with a ``%(name)s`` wherever a value belongs.

    Nearly all of a row is the same for everybody: a template run for each costs several times as much.
    """
    return render_template("users_row.html", columns=columns, menu=menu)


def _link(call: RequestContext, number: int) -> str:
    """Return the address of another page of the same list."""
    return "index.php?" + urlencode(call.params | {"page": str(number)})


def _cut_after(html: str, rows: int) -> str:
    """Break the page off after some rows, the way an error halfway through rendering does."""
    marker = '<tr class="listViewEntries"'
    return marker.join(html.split(marker)[: rows + 1])

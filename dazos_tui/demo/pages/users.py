"""The user list page."""

from dataclasses import replace
from functools import cache
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.listing import EVERYONE, FIELDS, ListPage, ListQuery
from dazos_tui.demo.pages.users_json import page_without_rows
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


def user_list(context: RequestContext) -> Response:
    """Show one page of the list: the whole page, or for PJAX only the table, which has no CSRF token."""
    if context.user is None or not context.user.is_admin:
        return permission_denied(context)
    preset = context.instance.preset
    if preset.list_in_json:
        return page_without_rows(context)
    usual = EVERYONE if preset.one_list else "Active"
    query = ListQuery.parse(context.params, usual=usual, switches=not preset.ignores_switch)
    shown = _query_results(context, query)
    table = _table(context, query, shown)
    if context.is_pjax:
        body = render_template("users_table.html", **table)
    else:
        links = {"previous": _link(context, query.page - 1), "next": _link(context, query.page + 1)}
        body = render_page(context, "users.html", title="Users", links=links, **table)
    cut = context.instance.faults.rendered(query.page)
    return HTMLResponse(body if cut is None else _cut_after(body, cut))


def records_count(_call: RequestContext) -> Response:
    """Fail: the observed server answered 500 to every request for a record count."""
    return Response(status_code=500)


def row_menu(context: RequestContext, person: Person) -> list[DemoMenuItem]:
    """Return the items behind a row's info icon. If the login is locked, Enable Login is among them."""
    preset = context.instance.preset
    items = list(preset.row_menu if person.active else preset.inactive_row_menu)
    if person.active and context.instance.accounts.is_locked(person, context.now):
        items.append(preset.enable_item)
    return items


def _query_results(context: RequestContext, query: ListQuery) -> ListPage:
    """Return the page that is shown; with some faults it is not the requested one."""
    faults, people = context.instance.faults, context.instance.user_list
    size, stuck = faults.page_size, faults.stuck_page(query.page)
    if stuck is not None:
        return replace(people.page(replace(query, page=stuck), size), number=query.page, more=True)
    shown = people.page(query, size)
    if shown.people and faults.repeats_person_before(query.page):
        before = people.page(replace(query, page=query.page - 1), size)
        return replace(shown, people=before.people[-1:] + shown.people[1:])
    return shown


def _table(context: RequestContext, query: ListQuery, shown: ListPage) -> dict[str, object]:
    """Return the values for the table's template."""
    preset = context.instance.preset
    rows = [
        _row(number, person, preset, tuple(row_menu(context, person)))
        for number, person in enumerate(shown.people, 1)
    ]
    return {
        "preset": preset,
        "query": query,
        "shown": shown,
        "rows": Markup("\n".join(rows)),  # noqa: S704 - every value in it is escaped
        "columns": [(name, preset.translate(COLUMN_TITLES.get(name, name))) for name in preset.columns],
    }


def _row(number: int, person: Person, preset: InstancePreset, menu: tuple[DemoMenuItem, ...]) -> str:
    """Return one row of the table as HTML. ``number`` is its position on the page, from 1."""
    columns = preset.columns
    values = {name: FIELDS[name](person) for name in columns}
    values |= {name: preset.translate(values[name]) for name in ("is_admin", "status") if name in values}
    values = {name: entities(value) for name, value in values.items()}
    values["full_name"] = entities(person.full_name)
    values["email1"] = entities(person.email1)
    return _row_pattern(columns, menu) % {"number": number, "id": person.id, **values}


@cache
def _row_pattern(columns: tuple[str, ...], menu: tuple[DemoMenuItem, ...]) -> str:
    """Return a row with ``%(name)s`` placeholders for the values.

    Nearly all of a row is the same for everybody: rendering a template for each row costs several times more.
    """
    return render_template("users_row.html", columns=columns, menu=menu)


def _link(context: RequestContext, number: int) -> str:
    """Return the URL of another page of the same list."""
    return "index.php?" + urlencode(context.params | {"page": str(number)})


def _cut_after(html: str, rows: int) -> str:
    """Return the page cut off after some rows, as an error halfway through rendering leaves it."""
    marker = '<tr class="listViewEntries"'
    return marker.join(html.split(marker)[: rows + 1])

"""The user list of an instance whose page builds its table from JSON."""

import json

from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.listing import EVERYONE, ListPage, ListQuery
from dazos_tui.demo.people import Person
from dazos_tui.demo.render import permission_denied, render_page
from dazos_tui.demo.request_context import RequestContext

_ADDRESS = "api/users"


def page_without_rows(context: RequestContext) -> Response:
    """Show the page of the list: its table is empty, and a script of the page fills it from the JSON."""
    if context.user is None or not context.user.is_admin:
        return permission_denied(context)
    return HTMLResponse(render_page(context, "users_from_json.html", title="Users", address=_ADDRESS))


def user_rows(context: RequestContext) -> Response:
    """Return one page of people as JSON, by user name; HTTP 401 or 403 says that the visitor may not."""
    if context.user is None:
        return _json({"error": {"code": "AUTHENTICATION_REQUIRED", "message": "Login required"}}, 401)
    if not context.user.is_admin:
        return _json({"error": {"code": "ACCESS_DENIED", "message": "Permission denied"}}, 403)
    preset, faults = context.instance.preset, context.instance.faults
    off = {"search_key": "status", "search_value": "Inactive", "operator": "e"}
    asked = {"page": context.params.get("page", ""), "orderby": "user_name"}
    query = ListQuery.parse(
        {**asked, **(off if context.params.get("state") == "disabled" else {})},
        usual=EVERYONE if preset.one_list else "Active",
        switches=not preset.ignores_switch,
    )
    people = context.instance.user_list
    shown = people.page(query, faults.page_size)
    rows = [_row(person, context) for person in shown.people]
    total = people.count(query.status)
    cut = faults.rendered(query.page)
    return _json(_document(rows if cut is None else rows[:cut], shown, total))


def _document(rows: list[dict[str, object]], shown: ListPage, total: int) -> dict[str, object]:
    following = f"{_ADDRESS}?page={shown.number + 1}" if shown.more else None
    return {
        "data": {"users": rows, "total": total, "page": shown.number, "perPage": shown.size},
        "links": {"next": following},
    }


def _row(person: Person, context: RequestContext) -> dict[str, object]:
    """Return a person's row. Like some real interfaces, it has secrets that nobody asked for."""
    row: dict[str, object] = {
        "id": person.id,
        "login": person.user_name,
        "givenName": person.first_name,
        "familyName": person.last_name,
        "contact": {"email": person.email1, "phone": person.phone_work or None},
        "role": {"name": person.roleid},
        "administrator": person.is_admin,
        "passwordHash": person.user_password,
        "apiKey": person.accesskey,
    }
    if context.instance.preset.one_list:
        row["state"] = "enabled" if person.active else "disabled"
    return row


def _json(content: dict[str, object], status: int = 200) -> Response:
    return Response(json.dumps(content), status, media_type="application/json")

"""The login history: the proof that somebody got back in."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.accounts import SignInRecord
from dazos_tui.demo.presets import InstancePreset
from dazos_tui.demo.render import permission_denied, render_page, render_template
from dazos_tui.demo.request_context import RequestContext

_DATES = {"mm-dd-yyyy": "%m-%d-%Y", "dd-mm-yyyy": "%d-%m-%Y", "yyyy-mm-dd": "%Y-%m-%d"}
_HOURS = {12: "%I:%M %p", 24: "%H:%M"}


def login_history(call: RequestContext) -> Response:
    """Show sign-ins, newest first, in the administrator's time zone and format."""
    if call.user is None or not call.user.is_admin:
        return permission_denied(call)
    wanted = call.params.get("search_value", "") if call.params.get("search_key") == "user_name" else ""
    shape = call.instance.shape
    found = call.instance.accounts.history_of(wanted)
    shown = [one for one in found if shape.can_compare(one.person.user_name, one.person.email1)]
    rows = [_row(record, shape) for record in shown[: shape.page_size]]
    table = render_template("login_history_table.html", rows=rows)
    if call.is_pjax:
        return HTMLResponse(table)
    return HTMLResponse(
        render_page(call, "login_history.html", title="Login History", rows=rows, wanted=wanted)
    )


def _row(record: SignInRecord, shape: InstancePreset) -> dict[str, str]:
    out = record.signed_out
    return {
        "name": record.person.user_label,
        "ip": record.ip,
        "signed_in": local_time(record.signed_in, shape),
        "signed_out": local_time(out, shape) if out is not None else "---",
        "status": shape.translate("Signed in" if out is None else "Signed off"),
    }


def local_time(at: float, shape: InstancePreset) -> str:
    """Write a time the way this instance's administrator has chosen."""
    pattern = f"{_DATES[shape.date_format]} {_HOURS[shape.hour_format]}"
    return datetime.fromtimestamp(at, _zone(shape.time_zone)).strftime(pattern)


def _zone(name: str) -> tzinfo:
    """Return a time zone; a machine without zone data shows UTC."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return UTC

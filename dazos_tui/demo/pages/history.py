"""The login history page, which proves who is back in."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.accounts import SignInRecord
from dazos_tui.demo.presets import InstancePreset
from dazos_tui.demo.render import permission_denied, render_page, render_template
from dazos_tui.demo.request_context import RequestContext

_DATES = {"mm-dd-yyyy": "%m-%d-%Y", "dd-mm-yyyy": "%d-%m-%Y", "yyyy-mm-dd": "%Y-%m-%d"}
_HOURS = {12: "%I:%M %p", 24: "%H:%M"}


def login_history(context: RequestContext) -> Response:
    """Show sign-ins, newest first, in the administrator's time zone and format."""
    if context.user is None or not context.user.is_admin:
        return permission_denied(context)
    wanted = context.params.get("search_value", "") if context.params.get("search_key") == "user_name" else ""
    preset = context.instance.preset
    found = context.instance.accounts.history_of(wanted)
    shown = [one for one in found if preset.can_compare(one.person.user_name, one.person.email1)]
    rows = [_row(record, preset) for record in shown[: preset.page_size]]
    table = render_template("login_history_table.html", rows=rows)
    if context.is_pjax:
        return HTMLResponse(table)
    return HTMLResponse(
        render_page(context, "login_history.html", title="Login History", rows=rows, wanted=wanted)
    )


def _row(record: SignInRecord, preset: InstancePreset) -> dict[str, str]:
    out = record.signed_out
    return {
        "name": record.person.user_label,
        "ip": record.ip,
        "signed_in": local_time(record.signed_in, preset),
        "signed_out": local_time(out, preset) if out is not None else "---",
        "status": preset.translate("Signed in" if out is None else "Signed off"),
    }


def local_time(at: float, preset: InstancePreset) -> str:
    """Return a time in the administrator's time zone and date format."""
    pattern = f"{_DATES[preset.date_format]} {_HOURS[preset.hour_format]}"
    return datetime.fromtimestamp(at, _zone(preset.time_zone)).strftime(pattern)


def _zone(name: str) -> tzinfo:
    """Return a time zone, or UTC on a machine without time zone data."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return UTC

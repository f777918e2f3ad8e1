"""The screens on the way to the users: dashboard and settings."""

from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.render import page, permission_denied
from dazos_tui.demo.request_context import Call, redirect

DASHBOARD = "index.php?module=Home&view=DashBoard"


def dashboard(call: Call) -> Response:
    """Show the page everybody lands on."""
    return HTMLResponse(page(call, "dashboard.html", title="Dashboard"))


def already_signed_in(_call: Call) -> Response:
    """Spare somebody who is signed in the login page."""
    return redirect(DASHBOARD)


def settings(call: Call) -> Response:
    """Show the settings, where an administrator finds User Management."""
    if call.user is None or not call.user.is_admin:
        return permission_denied(call)
    return HTMLResponse(page(call, "settings.html", title="Settings"))

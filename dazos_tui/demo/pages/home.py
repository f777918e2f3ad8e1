"""The screens on the way to the users: dashboard and settings."""

from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.render import permission_denied, render_page
from dazos_tui.demo.request_context import RequestContext, redirect

DASHBOARD = "index.php?module=Home&view=DashBoard"


def dashboard(call: RequestContext) -> Response:
    """Show the page everybody lands on."""
    return HTMLResponse(render_page(call, "dashboard.html", title="Dashboard"))


def already_signed_in(_call: RequestContext) -> Response:
    """Spare somebody who is signed in the login page."""
    return redirect(DASHBOARD)


def settings(call: RequestContext) -> Response:
    """Show the settings, where an administrator finds User Management."""
    if call.user is None or not call.user.is_admin:
        return permission_denied(call)
    return HTMLResponse(render_page(call, "settings.html", title="Settings"))

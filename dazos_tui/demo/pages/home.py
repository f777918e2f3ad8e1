"""The pages on the way to the users: dashboard and settings."""

from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.render import permission_denied, render_page
from dazos_tui.demo.request_context import RequestContext, redirect

DASHBOARD = "index.php?module=Home&view=DashBoard"


def dashboard(context: RequestContext) -> Response:
    """Show the page that a sign-in leads to."""
    return HTMLResponse(render_page(context, "dashboard.html", title="Dashboard"))


def already_signed_in(_call: RequestContext) -> Response:
    """Redirect a signed-in user from the login page to the dashboard."""
    return redirect(DASHBOARD)


def settings(context: RequestContext) -> Response:
    """Show the settings page, where an administrator finds User Management."""
    if context.user is None or not context.user.is_admin:
        return permission_denied(context)
    return HTMLResponse(render_page(context, "settings.html", title="Settings"))

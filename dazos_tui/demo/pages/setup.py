"""The set-up pages that a sign-in leads to: forms for an account that never answered them.

As seen on a vtiger 8.0 server. Whoever sees them is signed in: list, profiles and actions work all the while.
"""

from collections.abc import Callable

from starlette.responses import Response

from dazos_tui.demo.pages.home import DASHBOARD
from dazos_tui.demo.render import html_response
from dazos_tui.demo.request_context import RequestContext, redirect

USER_SETUP = "index.php?module=Users&parent=Settings&view=UserSetup"
PACKAGES = {
    "Marketing": ("Campaigns", "Leads"),
    "Sales": ("Opportunities", "Quotes", "Products"),
    "Support": ("Tickets", "Faq", "ServiceContracts"),
    "Projects": ("Project", "ProjectTask", "ProjectMilestone"),
}
"""What the first page asks for, and the modules behind each; all are in use until somebody says otherwise."""


def system_setup(call: RequestContext) -> Response:
    """Ask which modules the company uses; pass on who has answered it."""
    if call.instance.set_up:
        return redirect(USER_SETUP)
    return html_response("system_setup.html", shape=call.instance.shape, token=call.token, packages=PACKAGES)


def user_setup(call: RequestContext) -> Response:
    """Ask for language, time zone and currency; pass on who has answered it."""
    if call.instance.set_up:
        return redirect(DASHBOARD)
    return html_response("user_setup.html", shape=call.instance.shape, token=call.token)


def save_system_setup(call: RequestContext) -> Response:
    """Hide the modules of every package that is not ticked, for the whole company."""
    call.instance.setups_saved.append(dict(call.params))
    for name, modules in PACKAGES.items():
        if f"packages[{name}]" not in call.params:
            call.instance.hidden_modules.update(modules)
    return redirect(USER_SETUP)


def save_user_setup(call: RequestContext) -> Response:
    """End the set-up."""
    call.instance.setups_saved.append(dict(call.params))
    call.instance.set_up = True
    return redirect(DASHBOARD)


SAVES: dict[str, Callable[[RequestContext], Response]] = {
    "SystemSetupSave": save_system_setup,
    "UserSetupSave": save_user_setup,
}

"""The set-up pages that vtiger shows after a sign-in until they are answered.

As seen on a vtiger 8.0 server. The user is signed in meanwhile: list, profiles and actions work.
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
"""The packages that the first page lists, and the modules of each. All are in use at first."""


def system_setup(context: RequestContext) -> Response:
    """Ask which modules the company uses, or redirect if that has been answered."""
    if context.instance.set_up:
        return redirect(USER_SETUP)
    return html_response(
        "system_setup.html", preset=context.instance.preset, token=context.token, packages=PACKAGES
    )


def user_setup(context: RequestContext) -> Response:
    """Ask for language, time zone and currency, or redirect if that has been answered."""
    if context.instance.set_up:
        return redirect(DASHBOARD)
    return html_response("user_setup.html", preset=context.instance.preset, token=context.token)


def save_system_setup(context: RequestContext) -> Response:
    """Hide the modules of all packages that are not ticked, for the whole company."""
    context.instance.setups_saved.append(dict(context.params))
    for name, modules in PACKAGES.items():
        if f"packages[{name}]" not in context.params:
            context.instance.hidden_modules.update(modules)
    return redirect(USER_SETUP)


def save_user_setup(context: RequestContext) -> Response:
    """End the set-up."""
    context.instance.setups_saved.append(dict(context.params))
    context.instance.set_up = True
    return redirect(DASHBOARD)


SAVES: dict[str, Callable[[RequestContext], Response]] = {
    "SystemSetupSave": save_system_setup,
    "UserSetupSave": save_user_setup,
}

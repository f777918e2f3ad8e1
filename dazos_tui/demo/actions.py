"""The actions behind the menu items: an administrator posts, the CRM answers in JSON."""

from collections.abc import Callable

from starlette.responses import Response

from dazos_tui.demo.instance import ActionRun
from dazos_tui.demo.people import Person
from dazos_tui.demo.presets import ActionName, DemoMenuItem
from dazos_tui.demo.request_context import RequestContext, error, success

RESET_SENT = "Reset Password Instruction has been sent successfully!"
"""The words Dazos documents for its green notification."""

Action = Callable[[RequestContext, Person], Response]


def run_action(call: RequestContext) -> Response:
    """Run the menu action a request names, for somebody who is signed in."""
    if call.user is None or not call.user.is_admin:
        return error(
            call.instance.shape.translate("Permission denied"), "You do not have the permission to do this"
        )
    item = _menu_item(call)
    person = call.record()
    if item is None or not call.is_ajax:
        return error("Invalid request")
    if person is None:
        return error("Record not found", "The record you are trying to access is not found")
    response = _ACTIONS[item.runs](call, person)
    succeeded = b'"success": true' in bytes(response.body)
    call.instance.actions_run.append(ActionRun(call.now, item.runs, person, call.user, succeeded))
    return response


def _menu_item(call: RequestContext) -> DemoMenuItem | None:
    """Return the menu item whose target this is; an action no menu leads to does not exist."""
    return next((item for item in call.instance.shape.actions if item.answers(call.params)), None)


def _reset(call: RequestContext, person: Person) -> Response:
    if not person.active:
        return error("User is inactive", "The account is inactive. Restore it before sending a link.")
    if not person.email1:
        return error("Mail not sent", "The user has no email address.")
    if not call.instance.shape.mail_server_works:
        return error("Mail not sent", "The mail could not be sent. Check the outgoing server.")
    call.instance.mail_reset_link(person)
    return success(RESET_SENT)


def _enable(call: RequestContext, person: Person) -> Response:
    call.instance.accounts.unlock(person)
    return success("Login has been enabled successfully!")


def _delete(call: RequestContext, person: Person) -> Response:
    call.instance.deleted.append(person)
    call.instance.set_status(person, active=False)
    return success("User deleted successfully")


def _restore(call: RequestContext, person: Person) -> Response:
    call.instance.set_status(person, active=True)
    return success("User restored successfully")


def _not_supported(_call: RequestContext, _person: Person) -> Response:
    return error("Not available", "The demo CRM does not do this.")


_ACTIONS: dict[ActionName, Action] = {
    "reset": _reset,
    "enable": _enable,
    "delete": _delete,
    "restore": _restore,
    "username": _not_supported,
    "password": _not_supported,
    "accesskey": _not_supported,
}

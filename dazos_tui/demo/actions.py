"""The actions behind the menu items: POST requests of an administrator, answered in JSON."""

import json
from collections.abc import Callable

from starlette.responses import JSONResponse, Response

from dazos_tui.demo.instance import ActionRun
from dazos_tui.demo.people import Person
from dazos_tui.demo.presets import ActionName, DemoMenuItem
from dazos_tui.demo.request_context import RequestContext, error, success

RESET_SENT = "Reset Password Instruction has been sent successfully!"
"""The text of the green notification, as Dazos documents it."""

Action = Callable[[RequestContext, Person], Response]


def run_action(context: RequestContext) -> Response:
    """Run the menu action that a request of a signed-in user names."""
    return _run(context, _menu_item(context))


def run_script_action(context: RequestContext, item: DemoMenuItem) -> Response:
    """Run the action of an item whose script posts JSON to an address of its own."""
    return _run(context, item)


def _run(context: RequestContext, item: DemoMenuItem | None) -> Response:
    if context.user is None or not context.user.is_admin:
        return error(
            context.instance.preset.translate("Permission denied"),
            "You do not have the permission to do this",
        )
    person = context.record()
    if item is None or not context.is_ajax:
        return error("Invalid request")
    if person is None:
        return error("Record not found", "The record you are trying to access is not found")
    response = _ACTIONS[item.runs](context, person)
    succeeded = b'"success": true' in bytes(response.body)
    context.instance.actions_run.append(ActionRun(context.now, item.runs, person, context.user, succeeded))
    return response if context.instance.preset.action_answer == "envelope" else _with_status(response)


def _with_status(response: Response) -> Response:
    """Return the answer of an action in another form than vtiger's own."""
    answer = json.loads(bytes(response.body))
    if answer["success"]:
        return JSONResponse({"status": "ok", "data": {"sent": 1, "text": answer["result"]["message"]}})
    said = answer["error"]
    return JSONResponse(
        {"status": "failed", "data": {"sent": 0, "text": said["message"]}, "code": said["code"]}
    )


def _menu_item(context: RequestContext) -> DemoMenuItem | None:
    """Return the menu item with this target. None: no menu has it, so the action does not exist."""
    return next((item for item in context.instance.preset.actions if item.answers(context.params)), None)


def _reset(context: RequestContext, person: Person) -> Response:
    if not person.active:
        return error("User is inactive", "The account is inactive. Restore it before sending a link.")
    if not person.email1:
        return error("Mail not sent", "The user has no email address.")
    if not context.instance.preset.mail_server_works:
        return error("Mail not sent", "The mail could not be sent. Check the outgoing server.")
    context.instance.mail_reset_link(person)
    return success(RESET_SENT)


def _enable(context: RequestContext, person: Person) -> Response:
    context.instance.accounts.unlock(person)
    return success("Login has been enabled successfully!")


def _delete(context: RequestContext, person: Person) -> Response:
    context.instance.deleted.append(person)
    context.instance.set_status(person, active=False)
    return success("User deleted successfully")


def _restore(context: RequestContext, person: Person) -> Response:
    context.instance.set_status(person, active=True)
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

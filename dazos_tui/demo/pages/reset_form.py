"""The page that a mailed link opens, where a new password is set."""

import hmac

from starlette.responses import Response

from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.outbox import LinkState, ResetLink
from dazos_tui.demo.render import html_response

_LINK_ERRORS: dict[LinkState, str] = {
    "unknown": "This link is not valid.",
    "used": "This link has been used already.",
    "replaced": "This link is void: a newer one has been sent. Use the newest mail.",
    "expired": "This link has expired. Ask for a fresh one.",
}


def show_form(instance: DemoInstance, params: dict[str, str]) -> Response:
    """Show the form for a new password, or say why the link no longer works."""
    state, link = instance.links.find(params.get("id", ""), instance.clock())
    return _form(instance, link) if link else _result(instance, _LINK_ERRORS[state])


def submit_form(instance: DemoInstance, params: dict[str, str]) -> Response:
    """Set the new password and mark the link as used."""
    state, link = instance.links.find(params.get("shorturl_id", ""), instance.clock())
    if link is None:
        return _result(instance, _LINK_ERRORS[state])
    known = hmac.compare_digest(link.secret.encode(), params.get("secret_hash", "").encode())
    if not known or params.get("username") != link.person.user_name:
        return _result(instance, _LINK_ERRORS["unknown"])
    password = params.get("password", "")
    if not password or password != params.get("confirmPassword"):
        return _form(instance, link, "The two passwords are not the same, or empty.")
    instance.accounts.set_password(link.person, password)
    link.state = "used"
    return _result(instance, "Your password has been changed. You can sign in now.")


def _form(instance: DemoInstance, link: ResetLink, error: str = "") -> Response:
    return html_response("reset_form.html", preset=instance.preset, link=link, error=error)


def _result(instance: DemoInstance, text: str) -> Response:
    return html_response("reset_result.html", preset=instance.preset, text=text)

"""The page that asks for a one-time code after the password.

This page is made up: it is not known whether Dazos asks for a second factor, and on what page. A client must
be ready for such an answer to the right password: another form, neither the login form nor a page of the CRM.
"""

import hmac

from starlette.responses import Response

from dazos_tui.demo.pages.login import LOGIN, complete_sign_in
from dazos_tui.demo.render import html_response
from dazos_tui.demo.request_context import RequestContext, redirect

_MAX_TRIES = 3
"""The number of wrong codes that end the unfinished sign-in: the password is then asked for again."""


def is_code_awaited(context: RequestContext) -> bool:
    """Return whether this visitor has given the right password, but not yet the code."""
    return context.session.awaits_code_of is not None


def guards_every_page(context: RequestContext) -> bool:
    """Return whether this visitor gets the code's page in place of all other pages."""
    return is_code_awaited(context) and context.instance.preset.code_asked == "on every page"


def code_form(context: RequestContext, error: str = "") -> Response:
    """Return the form that asks for the code. It also shows the code, because this is a demo."""
    return html_response(
        "one_time_code.html",
        preset=context.instance.preset,
        token=context.token,
        code=context.instance.one_time_code,
        error=error,
    )


def check_code(context: RequestContext) -> Response:
    """Complete the sign-in with the right code. A wrong one shows the form again, the third ends it."""
    context.instance.code_attempts += 1
    person = context.instance.population.by_id.get(context.session.awaits_code_of or 0)
    if person is not None and _is_correct(context):
        context.session.awaits_code_of = None
        return complete_sign_in(context, person)
    context.session.wrong_codes += 1
    if context.session.wrong_codes < _MAX_TRIES:
        return code_form(context, "This code is not right. Try again.")
    context.instance.sessions.end(context.session)
    context.session = context.instance.sessions.start(context.now)
    return redirect(f"{LOGIN}&error=login")


def _is_correct(context: RequestContext) -> bool:
    given, code = context.params.get("otp_code", "").strip(), context.instance.one_time_code or ""
    return hmac.compare_digest(given.encode(), code.encode())

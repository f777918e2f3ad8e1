"""The second page of a sign-in, where an instance asks for a one-time code after the password.

Invented: whether Dazos asks for a second factor, and by what page, is unknown. This page is what a client
must be ready for: after the right password neither the login form nor a page of the CRM, but another form.
"""

import hmac

from starlette.responses import Response

from dazos_tui.demo.pages.login import LOGIN, complete_sign_in
from dazos_tui.demo.render import html_response
from dazos_tui.demo.request_context import RequestContext, redirect

_MAX_TRIES = 3
"""How many wrong codes end the half session: then the password is asked for again."""


def is_code_awaited(call: RequestContext) -> bool:
    """Tell whether this visitor has given the right password, but not yet the code."""
    return call.session.awaits_code_of is not None


def guards_every_page(call: RequestContext) -> bool:
    """Tell whether this visitor gets the code's page in place of every other."""
    return is_code_awaited(call) and call.instance.shape.code_asked == "on every page"


def code_form(call: RequestContext, error: str = "") -> Response:
    """Ask for the code, and tell it as well: this is a demo."""
    return html_response(
        "one_time_code.html",
        shape=call.instance.shape,
        token=call.token,
        code=call.instance.one_time_code,
        error=error,
    )


def check_code(call: RequestContext) -> Response:
    """Let whoever gives the right code in; a wrong one brings the form again, the third the login page."""
    call.instance.code_attempts += 1
    person = call.instance.population.by_id.get(call.session.awaits_code_of or 0)
    if person is not None and _is_correct(call):
        call.session.awaits_code_of = None
        return complete_sign_in(call, person)
    call.session.wrong_codes += 1
    if call.session.wrong_codes < _MAX_TRIES:
        return code_form(call, "This code is not right. Try again.")
    call.instance.sessions.end(call.session)
    call.session = call.instance.sessions.start(call.now)
    return redirect(f"{LOGIN}&error=login")


def _is_correct(call: RequestContext) -> bool:
    given, code = call.params.get("otp_code", "").strip(), call.instance.one_time_code or ""
    return hmac.compare_digest(given.encode(), code.encode())

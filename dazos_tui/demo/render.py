"""Rendering of pages from templates, with the size of a real CRM page."""

import json
from functools import cache
from html.entities import codepoint2name

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.request_context import RequestContext

_ENTITIES = {code: f"&{name};" for code, name in codepoint2name.items()} | {ord("'"): "&#039;"}


def php_escape(text: str) -> Markup:
    """Return a text escaped as by PHP's ``htmlentities``: accents as entities, apostrophes as ``&#039;``."""
    return Markup(entities(text))  # noqa: S704 - this is the escaping


def entities(text: str) -> str:
    """Return a text escaped in the same way, for HTML that is made without a template."""
    return text.translate(_ENTITIES)


@cache
def _templates() -> Environment:
    """Return the template environment, which is created on first use."""
    templates = Environment(
        loader=PackageLoader("dazos_tui.demo"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["php"] = php_escape
    return templates


def render_template(template: str, **values: object) -> str:
    """Return a template with these values filled in."""
    return _templates().get_template(template).render(**values)


@cache
def _chrome() -> Markup:
    """Return the part that all pages share: menus, dialogs and strings for scripts, about 150 KB."""
    modules = [f"Module{number:02}" for number in range(1, 43)]
    strings = {
        f"LBL_DEMO_STRING_{number:04}": f"Message number {number} of the interface, for scripts to show"
        for number in range(560)
    }
    return Markup(render_template("chrome.html", modules=modules, strings=json.dumps(strings)))  # noqa: S704 - our own


def render_page(context: RequestContext, template: str, **values: object) -> str:
    """Return a full page as a signed-in user sees it."""
    values |= {
        "context": context,
        "instance": context.instance,
        "preset": context.instance.preset,
        "chrome": _chrome(),
    }
    return render_template(template, **values)


def html_response(template: str, **values: object) -> Response:
    """Return a response from a template that is a whole page."""
    return HTMLResponse(render_template(template, **values))


def message_page(text: str) -> Response:
    """Return a response with a small page that shows one message. Its status is always 200."""
    return html_response("message.html", text=text)


def permission_denied(context: RequestContext) -> Response:
    """Return the response to a user who is not an administrator: HTTP 200 and ``Permission denied``."""
    return message_page(context.instance.preset.translate("Permission denied"))

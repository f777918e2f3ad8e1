"""Templates, and the weight of a real CRM page."""

import json
from functools import cache
from html.entities import codepoint2name

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.request_context import RequestContext

_ENTITIES = {code: f"&{name};" for code, name in codepoint2name.items()} | {ord("'"): "&#039;"}


def php_escape(text: str) -> Markup:
    """Escape text as PHP's ``htmlentities`` does: accents become entities, an apostrophe ``&#039;``."""
    return Markup(entities(text))  # noqa: S704 - this is the escaping


def entities(text: str) -> str:
    """Do the same for what is put together without a template."""
    return text.translate(_ENTITIES)


@cache
def _templates() -> Environment:
    """Return the template environment, made on first use."""
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
    """Fill in a template."""
    return _templates().get_template(template).render(**values)


@cache
def _chrome() -> Markup:
    """Return the part that is the same on every page: menus, dialogs and strings for scripts, ~150 KB."""
    modules = [f"Module{number:02}" for number in range(1, 43)]
    strings = {
        f"LBL_DEMO_STRING_{number:04}": f"Message number {number} of the interface, for scripts to show"
        for number in range(560)
    }
    return Markup(render_template("chrome.html", modules=modules, strings=json.dumps(strings)))  # noqa: S704 - our own


def render_page(call: RequestContext, template: str, **values: object) -> str:
    """Return a full page, as somebody signed in sees it."""
    values |= {"call": call, "instance": call.instance, "shape": call.instance.shape, "chrome": _chrome()}
    return render_template(template, **values)


def html_response(template: str, **values: object) -> Response:
    """Answer with a template that stands for itself."""
    return HTMLResponse(render_template(template, **values))


def message_page(text: str) -> Response:
    """Answer with a small page that says one thing; its status is 200 whatever it says."""
    return html_response("message.html", text=text)


def permission_denied(call: RequestContext) -> Response:
    """Answer somebody who is no administrator: HTTP 200, a small page, ``Permission denied``."""
    return message_page(call.instance.shape.translate("Permission denied"))

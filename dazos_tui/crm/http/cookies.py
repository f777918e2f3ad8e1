"""A session cookie as a person copies it from a browser."""

import re

from pydantic import SecretStr

from dazos_tui.crm.errors import SignInError

PHP_SESSION_COOKIE = "PHPSESSID"
"""The name of vtiger's session cookie, as seen on 8.0."""

# As RFC 6265 has them, section 4.1.1.
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]+")


def parse_cookies(text: SecretStr) -> dict[str, str]:
    """Return the cookies in a text by name: ``NAME=VALUE``, several with ``;``, or the session's value alone.

    A leading ``Cookie:``, as browsers show the header, is passed over. Raises SignInError, without the text.
    """
    line = re.sub(r"^\s*cookie:", "", text.get_secret_value(), flags=re.IGNORECASE).strip()
    pairs = [pair.strip().partition("=") for pair in line.split(";") if pair.strip()]
    found = (
        {name: value for name, equals, value in pairs if equals}
        if "=" in line
        else {PHP_SESSION_COOKIE: line}
    )
    if not found or not all(_NAME.fullmatch(name) and _VALUE.fullmatch(found[name]) for name in found):
        raise SignInError(
            "What was given is no session cookie.",
            advice="Copy it from the browser's developer tools, "
            f"as {PHP_SESSION_COOKIE}=… or the value alone.",
        )
    return found

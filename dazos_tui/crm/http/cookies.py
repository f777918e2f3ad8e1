"""Reads a session cookie as a user copies it from a browser."""

import re

from pydantic import SecretStr

from dazos_tui.crm.errors import SignInError

PHP_SESSION_COOKIE = "PHPSESSID"
"""The name of vtiger's session cookie, as seen on 8.0."""

# As RFC 6265 has them, section 4.1.1.
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]+")


def parse_cookies(text: SecretStr) -> dict[str, str]:
    """Return the cookies in a text by name: ``NAME=VALUE``, several with ``;``, or only the session's value.

    A leading ``Cookie:``, as browsers show the header, is ignored. Raises SignInError, which does not quote
    the text.
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
            "This is not a session cookie.",
            advice="Copy it from the browser's developer tools, "
            f"as {PHP_SESSION_COOKIE}=… or only the value.",
        )
    return found

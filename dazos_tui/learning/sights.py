"""What one recorded answer shows: the sign-in form, the list of users, a profile, the signed-out answer.

The pages are read by the parsers that read them from the CRM itself.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.models import MenuItem, Profile, Status, UserPage
from dazos_tui.crm.pages.profile import parse_profile
from dazos_tui.crm.pages.sign_in_form import parse_sign_in_form
from dazos_tui.crm.pages.users import parse_user_page
from dazos_tui.learning.recording import RecordedExchange, RecordedRequest, RecordedResponse
from dazos_tui.learning.request_fields import MIN_PERSONAL_LENGTH, KnownPerson, personal_texts

_VARYING = frozenset(
    {
        "page", "record", "search_key", "search_value", "operator", "orderby", "sortorder", "search_params",
        "tag_params", "list_headers", "tag", "viewname", "nolistcache", "totalcount", "_", "app",
        "block", "fieldid",
    }
)  # fmt: skip
"""Parameters of a page's address that are not a part of which page it is."""
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_COLUMN = re.compile(r"data-columnname=[\"']?([A-Za-z][A-Za-z0-9_]{0,39})\b")
_TOKEN = re.compile(
    r"csrfMagicToken\s{0,9}=\s{0,9}[\"']([!-~]{1,500}?)[\"']"
    r"|<meta [^<>]{0,200}csrf[^<>]{0,200}content=[\"']([^\"'<>]{1,500})[\"']",
    re.IGNORECASE,
)
"""A token in a script, as in vtiger, or in a meta element, as many other programs have it."""
_PASSWORD_FIELD = re.compile(r"name=[\"']?password\b")
_USER_COLUMNS = frozenset({"user_name", "roleid", "is_admin"})
"""Columns of which a list of users has at least one, and other lists of the CRM have none."""
_USUAL_SIGN_IN_FIELDS = frozenset({"__vtrftk", "module", "action", "username", "password"})
_COMMON_VALUES = frozenset({"yes", "true", "false", "active", "inactive", "user", "users"})
"""Values on a profile that say nothing about the person, and may also be in a request."""


@dataclass(frozen=True, slots=True)
class SignInSight:
    """A sign-in form, or its submission: the names of its further fields, and where it is sent."""

    path: str
    further_fields: tuple[str, ...]
    has_captcha: bool = False


@dataclass(frozen=True, slots=True)
class ListSight:
    """A page of the list of users. `status_value` is what it was filtered by, empty if it was not."""

    path: str
    columns: tuple[str, ...]
    size: int | None
    status_value: str
    shows_inactive: bool
    people: tuple[KnownPerson, ...] = field(repr=False)
    menu: tuple[MenuItem, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProfileSight:
    """A profile page."""

    path: str
    person: KnownPerson = field(repr=False)
    menu: tuple[MenuItem, ...] = field(repr=False)


def page_path(request: RecordedRequest, relative: str) -> str:
    """Return the address of a page without what varies; empty if it has anything that is not plain."""
    pairs = [
        (name, value)
        for name, value in parse_qsl(urlsplit(relative).query, keep_blank_values=True)
        if name.casefold() not in _VARYING and value
    ]
    script = urlsplit(relative).path
    plain = all(_PLAIN.fullmatch(name) and _PLAIN.fullmatch(value) for name, value in pairs)
    return f"{script}?{urlencode(pairs)}" if plain and re.fullmatch(r"[A-Za-z0-9_./-]*", script) else ""


def is_same_page(one: str, other: str) -> bool:
    """Return whether two addresses lead to the same page, whatever the order of their parameters."""
    first, second = urlsplit(one), urlsplit(other)
    return first.path == second.path and set(parse_qsl(first.query)) == set(parse_qsl(second.query))


def see_submission(exchange: RecordedExchange, relative: str) -> SignInSight | None:
    """Return the sign-in if an exchange is its submission, else None."""
    request = exchange.request
    fields = dict(request.body.fields) if request.body is not None else {}
    if request.method != "POST" or not {"username", "password"} <= fields.keys():
        return None
    return SignInSight(urlsplit(relative).path, _further(fields))


def see_form(exchange: RecordedExchange, relative: str) -> SignInSight | None:
    """Return the sign-in form that an exchange shows, None if it shows something else."""
    text = exchange.response.text
    if not text or not _PASSWORD_FIELD.search(text):
        return None
    try:
        form = parse_sign_in_form(text)
    except CrmError:
        return None
    if form is None:
        return None
    asked = [one.name for one in form.challenge.fields] if form.challenge is not None else []
    return SignInSight(
        urlsplit(relative).path, _further([*form.form.hidden_fields, *asked]), form.has_captcha
    )


def _further(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in _USUAL_SIGN_IN_FIELDS and _PLAIN.fullmatch(name))


def see_list(exchange: RecordedExchange, relative: str, labels: Labels) -> ListSight | None:
    """Return the list of users that an exchange shows, None if it shows something else."""
    text = exchange.response.text
    if not text or "data-columnname" not in text:
        return None
    query = dict(parse_qsl(urlsplit(relative).query))
    status_value = query.get("search_value", "") if query.get("search_key") == "status" else ""
    # Before the page is parsed, which takes ten times as long: a recording may have hundreds of lists.
    columns = tuple(dict.fromkeys(_COLUMN.findall(text)))
    if _USER_COLUMNS.isdisjoint(columns):
        return None
    try:
        listing = Status.INACTIVE if status_value else Status.ACTIVE
        page = parse_user_page(text, number=1, status=listing, labels=labels)
    except CrmError:
        return None
    return ListSight(
        page_path(exchange.request, relative),
        columns,
        page.size,
        status_value,
        any(row.user.status is Status.INACTIVE for row in page.rows),
        _people_of(page),
        tuple({(item.label, item.kind): item for row in page.rows for item in row.menu}.values()),
    )


def _people_of(page: UserPage) -> tuple[KnownPerson, ...]:
    users = [row.user for row in page.rows]
    return tuple(
        KnownPerson(
            user.id, user.user_name, user.email, personal_texts(user.name, user.user_name, user.email)
        )
        for user in users
    )


def see_profile(exchange: RecordedExchange, relative: str, labels: Labels) -> ProfileSight | None:
    """Return the profile that an exchange shows, None if it shows something else."""
    text = exchange.response.text
    if not text or "Users_detailView_fieldValue_" not in text:
        return None
    record = dict(parse_qsl(urlsplit(relative).query)).get("record", "")
    try:
        profile = parse_profile(text, user_id=record, labels=labels)
    except CrmError:
        return None
    user = profile.user
    texts = personal_texts(user.name, user.exact_user_name, user.exact_email) | _values_of(profile)
    person = KnownPerson(user.id, user.exact_user_name, user.exact_email, texts)
    return ProfileSight(page_path(exchange.request, relative), person, profile.menu)


def _values_of(profile: Profile) -> frozenset[str]:
    """Return the values on a profile that may be about the person, in lower case."""
    values = [one.value.casefold() for block in profile.blocks for one in block.fields]
    return frozenset(value for value in values if len(value) >= MIN_PERSONAL_LENGTH) - _COMMON_VALUES


def see_token(response: RecordedResponse) -> str:
    """Return the token against forged requests in a page; empty if it has none."""
    found = _TOKEN.search(response.text or "")
    return unescape(found[1] or found[2]) if found is not None else ""


def shows_signed_out(exchange: RecordedExchange, relative: str, index: str) -> bool:
    """Return whether a page was asked for and the sign-in page came: by a redirect to it, without a query."""
    location = exchange.response.location
    is_page = "view=" in urlsplit(relative).query and "view=Login" not in relative
    target = urlsplit(location)
    leads_there = target.path.endswith(index.partition("?")[0]) and (
        not target.query or "view=Login" in target.query
    )
    return is_page and exchange.request.method == "GET" and bool(location) and leads_there

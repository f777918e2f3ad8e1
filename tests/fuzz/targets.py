"""What is fuzzed: all that reads foreign text, the errors it may end in, and what must always hold."""

import json
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel

from dazos_tui.config.errors import ConfigError
from dazos_tui.config.load import load_config
from dazos_tui.config.models import Config
from dazos_tui.config.note_template import NOTE_FIELDS, fill_arguments, fill_template
from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import (
    CrmError,
    ForbiddenItemError,
    PermissionDeniedError,
    SignedOutError,
    SignInError,
    UnclearAnswerError,
    UnexpectedPageError,
    UserNotFoundError,
)
from dazos_tui.crm.http.session import HttpSession
from dazos_tui.crm.login_times import UnreadableTimeError, calibrate
from dazos_tui.crm.menu_item_urls import runnable_url
from dazos_tui.crm.models import MenuItem, Status
from dazos_tui.crm.pages.action_results import parse_action_result
from dazos_tui.crm.pages.challenge import parse_challenge
from dazos_tui.crm.pages.login import (
    parse_forgot_password_form,
    parse_landing_token,
    parse_login_form,
    refusal_text,
)
from dazos_tui.crm.pages.login_history import parse_login_history
from dazos_tui.crm.pages.profile import parse_profile
from dazos_tui.crm.pages.users import parse_user_page
from dazos_tui.crm.pages.webservice_results import parse_active_users, parse_count, parse_handle, parse_result
from dazos_tui.text.sanitize import safe_text
from tests.fuzz.mutate import as_received, mutated, with_other_values

LABELS = Labels()
_INSTANCE = "https://crm.example.com/crm/"
_SESSION = HttpSession(_INSTANCE)
_ONCE = datetime(2027, 1, 15, 8, tzinfo=UTC)
"""When the demo was asked for its pages."""
_FIELDS = dict.fromkeys(NOTE_FIELDS, "value")
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

SENT_BACK = frozenset(
    {
        ("HtmlForm", "action"),
        ("User", "raw_email"),
        ("User", "raw_user_name"),
        ("HtmlForm", "hidden_fields"),
        ("ChallengeField", "name"),
        ("ChallengeField", "choices"),
        ("SubmitButton", "name"),
        ("SubmitButton", "value"),
        ("Instance", "password_command"),
        ("Instance", "access_key_command"),
        ("Instance", "cookie_command"),
        ("Instance", "one_time_code_command"),
        ("Config", "note_command"),
    }
)
"""Texts that are given back as they came, to the CRM or to the system, and are never shown."""
SEVERAL_LINES = frozenset({("Config", "note_template")})
"""Texts in which line breaks and tabs are meant: what stands between these must be safe."""


class BrokenError(Exception):
    """Something came out that must not: `str(error)` says what."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is fuzzed: how one input is made of the seeds of its kind, what reads it, and its errors."""

    make: Callable[[Random, Sequence[str]], str]
    read: Callable[[str], object]
    errors: tuple[type[Exception], ...] = ()


def try_one(target: Target, text: str) -> str:
    """Return what came of an input: “read” or an error's name. Raises Broken, and what must not be."""
    try:
        value = target.read(text)
    except target.errors as error:
        _look_at_error(error)
        return type(error).__name__
    for one in _texts(value):
        _look_at(one)
    return "read" if value else "nothing"


def _look_at_error(error: Exception) -> None:
    words, advice = str(error), str(getattr(error, "advice", ""))
    if not words or not advice:
        raise BrokenError(f"{type(error).__name__} says nothing")
    for line in (words + "\n" + advice).split("\n"):
        _look_at(line)
    # The file of a config may have as many problems as it has lines.
    if isinstance(error, CrmError) and len(words) > 2_000:
        raise BrokenError(f"{type(error).__name__} says {len(words)} characters")
    if error.__cause__ is not None:
        raise BrokenError(f"{type(error).__name__} has a cause, and with it what that quotes")


def _look_at(text: str) -> None:
    if not text.isascii() or not text.isprintable():
        for char in text:
            if unicodedata.category(char) in _OBEYED:
                raise BrokenError(f"U+{ord(char):04X} came through, in {text[:80]!a}")


def _texts(value: object) -> Iterator[str]:
    """Yield all texts of a model that are shown to somebody."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts([*value.keys(), *value.values()])
    elif isinstance(value, Sequence | frozenset) and not isinstance(value, bytes):
        for part in value:
            yield from _texts(part)
    elif is_dataclass(value) or isinstance(value, BaseModel):
        for name, part in _parts(value):
            place = (type(value).__name__, name)
            if place not in SENT_BACK:
                yield from _texts(part.replace("\t", "\n").split("\n") if place in SEVERAL_LINES else part)
    elif isinstance(value, Path):
        yield str(value)


def _parts(value: object) -> Iterator[tuple[str, Any]]:
    if isinstance(value, BaseModel):
        yield from ((name, getattr(value, name)) for name in type(value).model_fields)
    elif is_dataclass(value):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))


def _received(chance: Random, seeds: Sequence[str]) -> str:
    return as_received(mutated(chance.choice(seeds), chance, seeds), chance)


def _json(chance: Random, seeds: Sequence[str]) -> str:
    """Return an answer that is changed as text, or whose values are: then it is still JSON."""
    text = chance.choice(seeds)
    if not text.startswith("{") or chance.random() < 0.4:
        return _received(chance, seeds)
    value = with_other_values(json.loads(text), chance)
    return as_received(json.dumps(value, ensure_ascii=chance.random() < 0.7), chance)


def _any_text(chance: Random, seeds: Sequence[str]) -> str:
    return "".join(mutated(chance.choice(seeds), chance, seeds) for _ in range(chance.randint(1, 6)))


def _login(text: str) -> object:
    return [*filter(None, (parse_login_form(text), parse_forgot_password_form(text), refusal_text(text)))]


def _landing(text: str) -> object:
    return [parse_challenge(text), parse_landing_token(text)]


def _users(text: str) -> object:
    page = parse_user_page(text, number=1, status=Status.ACTIVE, labels=LABELS)
    if page.missing < 0 or len({row.user.id for row in page.rows}) != len(page.rows):
        raise BrokenError("the page counts wrongly")
    for row in page.rows:
        _run_nothing_else(row.menu)
    return page


def _run_nothing_else(menu: Iterable[MenuItem]) -> None:
    """See that whatever would be run is an action of the module Users on this one record."""
    for item in menu:
        try:
            address = runnable_url(item, _SESSION.resolve)
        except ForbiddenItemError:
            continue
        params = parse_qs(urlsplit(address).query)
        if params["record"] != [item.user_id] or params["module"] != ["Users"]:
            raise BrokenError("an item leads elsewhere")
        if not address.startswith(_INSTANCE) or "delete" in "".join(params["action"]).casefold():
            raise BrokenError("an item would do something else")


def _profile(text: str) -> object:
    profile = parse_profile(text, user_id="7", labels=LABELS)
    if profile.user.id != "7":
        raise BrokenError("the profile is another one's")
    _run_nothing_else(profile.menu)
    return profile


def _login_history(text: str) -> object:
    """Read the page, and each of its times as the others tell to."""
    rows = parse_login_history(text, LABELS)
    reckonings = [found for row in rows[:2] if (found := calibrate(row.signed_in, _ONCE)) is not None]
    for reckoning in reckonings:
        for row in rows[:5]:
            with suppress(UnreadableTimeError):
                spans = reckoning.possible_spans(row.signed_in, _ONCE)
                if not spans or list(spans) != sorted(spans, key=lambda span: span.start):
                    raise BrokenError("a time means nothing, or its meanings are out of order")
    return rows


def _answer(text: str) -> object:
    answer = parse_action_result(200, text, LABELS)
    if answer.success and '"success"' not in text and "\\u" not in text:
        raise BrokenError("success was read where nobody said so")
    return answer


def _service(text: str) -> object:
    """Read an answer as each of those that the API gives; what it can be read as counts."""
    result = parse_result(200, text)
    found: list[object] = []
    for read in (parse_active_users, parse_count, lambda given: parse_handle(given, "token")):
        try:
            found.append(read(result))
        except UnexpectedPageError as error:
            _look_at_error(error)
    return found


def _config(text: str) -> Config:
    _CONFIG_FILE.write_bytes(text.encode("utf-8", "surrogatepass"))
    config = load_config(_CONFIG_FILE)
    fill_template(config.note_template, _FIELDS)
    if config.note_command is not None:
        fill_arguments(config.note_command, _FIELDS)
    return config


def _text(text: str) -> str:
    for limit in (1_000, 20):
        safe = safe_text(text, limit=limit)
        if len(safe) > limit or safe_text(safe, limit=limit) != safe:
            raise BrokenError(f"safe text of {len(safe)} characters, or not safe at once")
    return safe_text(text)


# A folder of this process: the file is written anew for each input.
_FOLDER = tempfile.TemporaryDirectory(prefix="fuzz-")
_CONFIG_FILE = Path(_FOLDER.name, "config.toml")

_PAGE_ERRORS = (SignedOutError, PermissionDeniedError, UnexpectedPageError)
TARGETS: Mapping[str, Target] = {
    "login": Target(_received, _login, (UnexpectedPageError,)),
    "landing": Target(_received, _landing, (UnexpectedPageError,)),
    "users": Target(_received, _users, _PAGE_ERRORS),
    "profile": Target(_received, _profile, (*_PAGE_ERRORS, UserNotFoundError)),
    "sign-ins": Target(_received, _login_history, _PAGE_ERRORS),
    "answer": Target(_json, _answer, (SignedOutError, PermissionDeniedError, UnclearAnswerError)),
    "service": Target(
        _json, _service, (SignInError, SignedOutError, PermissionDeniedError, UnexpectedPageError)
    ),
    "config": Target(_received, _config, (ConfigError,)),
    "text": Target(_any_text, _text),
}
"""By the kind of their seeds."""

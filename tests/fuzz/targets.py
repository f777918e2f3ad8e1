"""The fuzzing targets: everything that reads untrusted text, its allowed errors, and its invariants."""

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
from dazos_tui.crm.request_template import RequestTemplate, SuccessRule
from dazos_tui.text.sanitize import safe_text
from tests.fuzz.mutate import as_received, mutated, with_other_values

LABELS = Labels()
_INSTANCE = "https://crm.example.com/crm/"
_SESSION = HttpSession(_INSTANCE)
_RULE = SuccessRule(pointer="/status", equals="ok")
_ONCE = datetime(2027, 1, 15, 8, tzinfo=UTC)
"""The demo's time when its pages were read."""
_FIELDS = dict.fromkeys(NOTE_FIELDS, "value")
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

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
"""Texts that are passed unchanged to the CRM or to the system, and are never shown."""
SEVERAL_LINES = frozenset({("Config", "note_template")})
"""Texts in which line breaks and tabs are allowed: everything between these must be safe."""


class BrokenError(Exception):
    """An invariant does not hold: `str(error)` says which."""


@dataclass(frozen=True, slots=True)
class Target:
    """A fuzzing target: how an input is made from the seeds of its kind, what reads it, allowed errors."""

    make: Callable[[Random, Sequence[str]], str]
    read: Callable[[str], object]
    errors: tuple[type[Exception], ...] = ()


def try_one(target: Target, text: str) -> str:
    """Return the outcome of an input: “read”, “nothing” or the name of an allowed error.

    Raises BrokenError if an invariant does not hold, and any error that is not allowed.
    """
    try:
        value = target.read(text)
    except target.errors as error:
        _check_error(error)
        return type(error).__name__
    for shown in _shown_texts(value):
        _check_text(shown)
    return "read" if value else "nothing"


def _check_error(error: Exception) -> None:
    message, advice = str(error), str(getattr(error, "advice", ""))
    if not message or not advice:
        raise BrokenError(f"{type(error).__name__} says nothing")
    for line in (message + "\n" + advice).split("\n"):
        _check_text(line)
    # A config file may have as many problems as it has lines.
    if isinstance(error, CrmError) and len(message) > 2_000:
        raise BrokenError(f"{type(error).__name__} says {len(message)} characters")
    if error.__cause__ is not None:
        raise BrokenError(f"{type(error).__name__} has a cause, which may quote secrets")


def _check_text(text: str) -> None:
    if not text.isascii() or not text.isprintable():
        for char in text:
            if unicodedata.category(char) in _UNSAFE_CATEGORIES:
                raise BrokenError(f"U+{ord(char):04X} came through, in {text[:80]!a}")


def _shown_texts(value: object) -> Iterator[str]:
    """Yield all texts of a model that are shown to users."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _shown_texts([*value.keys(), *value.values()])
    elif isinstance(value, Sequence | frozenset) and not isinstance(value, bytes):
        for part in value:
            yield from _shown_texts(part)
    elif is_dataclass(value) or isinstance(value, BaseModel):
        for name, part in _attributes(value):
            key = (type(value).__name__, name)
            if key not in SENT_BACK:
                lines = part.replace("\t", "\n").split("\n") if key in SEVERAL_LINES else part
                yield from _shown_texts(lines)
    elif isinstance(value, Path):
        yield str(value)


def _attributes(value: object) -> Iterator[tuple[str, Any]]:
    if isinstance(value, BaseModel):
        yield from ((name, getattr(value, name)) for name in type(value).model_fields)
    elif is_dataclass(value):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))


def _received(rng: Random, seeds: Sequence[str]) -> str:
    return as_received(mutated(rng.choice(seeds), rng, seeds), rng)


def _json(rng: Random, seeds: Sequence[str]) -> str:
    """Return an answer that is mutated as text, or in its values, so that it is still JSON."""
    text = rng.choice(seeds)
    if not text.startswith("{") or rng.random() < 0.4:
        return _received(rng, seeds)
    value = with_other_values(json.loads(text), rng)
    return as_received(json.dumps(value, ensure_ascii=rng.random() < 0.7), rng)


def _any_text(rng: Random, seeds: Sequence[str]) -> str:
    return "".join(mutated(rng.choice(seeds), rng, seeds) for _ in range(rng.randint(1, 6)))


def _login(text: str) -> object:
    return [*filter(None, (parse_login_form(text), parse_forgot_password_form(text), refusal_text(text)))]


def _landing(text: str) -> object:
    return [parse_challenge(text), parse_landing_token(text)]


def _users(text: str) -> object:
    page = parse_user_page(text, number=1, status=Status.ACTIVE, labels=LABELS)
    if page.missing < 0 or len({row.user.id for row in page.rows}) != len(page.rows):
        raise BrokenError("the page counts wrongly")
    for row in page.rows:
        _check_runnable_items(row.menu)
    return page


def _check_runnable_items(menu: Iterable[MenuItem]) -> None:
    """Check that every item that would be run is an action of the module Users on its own record."""
    for item in menu:
        try:
            url = runnable_url(item, _SESSION.resolve)
        except ForbiddenItemError:
            continue
        params = parse_qs(urlsplit(url).query)
        if params["record"] != [item.user_id] or params["module"] != ["Users"]:
            raise BrokenError("an item leads elsewhere")
        if not url.startswith(_INSTANCE) or "delete" in "".join(params["action"]).casefold():
            raise BrokenError("an item would do something else")


def _profile(text: str) -> object:
    profile = parse_profile(text, user_id="7", labels=LABELS)
    if profile.user.id != "7":
        raise BrokenError("the profile is another user's")
    _check_runnable_items(profile.menu)
    return profile


def _login_history(text: str) -> object:
    """Read the page, and its times with a calibration from each of the first two rows."""
    rows = parse_login_history(text, LABELS)
    calibrations = [found for row in rows[:2] if (found := calibrate(row.signed_in, _ONCE)) is not None]
    for calibration in calibrations:
        for row in rows[:5]:
            with suppress(UnreadableTimeError):
                spans = calibration.possible_spans(row.signed_in, _ONCE)
                if not spans or list(spans) != sorted(spans, key=lambda span: span.start):
                    raise BrokenError("a time means nothing, or its meanings are out of order")
    return rows


def _answer(text: str) -> object:
    with suppress(SignedOutError, PermissionDeniedError, UnclearAnswerError):
        by_rule = parse_action_result(200, text, LABELS, _RULE)
        if by_rule.success and "ok" not in text and "\\u" not in text:
            raise BrokenError("success was read where the rule does not find it")
    answer = parse_action_result(200, text, LABELS)
    if answer.success and '"success"' not in text and "\\u" not in text:
        raise BrokenError("success was read where nobody said so")
    return answer


def _service(text: str) -> object:
    """Read an answer in each way that the API's answers are read; return the results that succeed."""
    result = parse_result(200, text)
    found: list[object] = []
    for read in (parse_active_users, parse_count, lambda given: parse_handle(given, "token")):
        try:
            found.append(read(result))
        except UnexpectedPageError as error:
            _check_error(error)
    return found


def _config(text: str) -> Config:
    _CONFIG_FILE.write_bytes(text.encode("utf-8", "surrogatepass"))
    config = load_config(_CONFIG_FILE)
    fill_template(config.note_template, _FIELDS)
    if config.note_command is not None:
        fill_arguments(config.note_command, _FIELDS)
    for instance in config.instances.values():
        for template in filter(None, (instance.reset_request, instance.enable_login_request)):
            _check_request(template)
    return config


def _check_request(template: RequestTemplate) -> None:
    """Check that a configured request that was accepted stays with the instance."""
    with suppress(ValueError):
        path = template.fill(user_id="7", user_name="ann", email="ann@example.com").path
        address = _SESSION.resolve(path, base=_INSTANCE)
        if not address.startswith(_INSTANCE):
            raise BrokenError("a configured request leaves the instance")


def _text(text: str) -> str:
    for limit in (1_000, 20):
        safe = safe_text(text, limit=limit)
        if len(safe) > limit or safe_text(safe, limit=limit) != safe:
            raise BrokenError(f"safe text of {len(safe)} characters, or not safe at once")
    return safe_text(text)


# Each process has its own folder, since the file is rewritten for each input.
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
"""The targets by the kind of their seeds."""

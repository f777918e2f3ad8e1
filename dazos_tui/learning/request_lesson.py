"""Makes a request template for the config from the request that a browser made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from pydantic import ValidationError

from dazos_tui.config.models import Instance
from dazos_tui.crm.request_fields import NUMBER_FIELD
from dazos_tui.crm.request_template import RequestTemplate
from dazos_tui.learning.recording import (
    BodyKind,
    RecordedRequest,
    RecordedResponse,
    RecordingError,
    reads_recording,
)
from dazos_tui.learning.request_fields import (
    NOTHING_ELSE,
    FieldPlace,
    KnownPerson,
    RecordedSession,
    RequestField,
    names_user,
    request_fields,
    require_plain_names,
    require_technical,
)
from dazos_tui.learning.success_lesson import learn_success

_RIGHT_REQUEST_ADVICE = (
    "In the browser's network list, copy the request that appears when you choose the menu item that sends "
    "the link."
)
_MULTIPART_NOTE = (
    "The browser sent the form in parts (multipart). It will be sent as a plain form, which PHP reads alike."
)
_METHODS = frozenset({"POST", "PUT", "PATCH"})
_METHOD_HEADERS = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ID, _ID_NUMBER, _USER_NAME, _EMAIL, _CSRF = "{id}", NUMBER_FIELD, "{user_name}", "{email}", "{csrf}"
_SHOWN = {
    _ID_NUMBER: "◂person▸",
    _ID: "◂person▸",
    _USER_NAME: "◂user name▸",
    _EMAIL: "◂e-mail▸",
    _CSRF: "◂token▸",
}
_TOKEN_FIELD = "__vtrftk"  # noqa: S105 - the name of vtiger's own field
_PLAIN_HEADERS = {
    "x-requested-with": ("X-Requested-With", "XMLHttpRequest"),
    "x-pjax": ("X-PJAX", "true"),
}
_TOKEN_HEADERS = {
    "x-csrf-token": "X-CSRF-Token",
    "x-csrftoken": "X-CSRFToken",
    "x-xsrf-token": "X-XSRF-Token",
}


@dataclass(frozen=True, slots=True)
class PersonCandidate:
    """A field that may be the person: its name, and the number in it, only to be shown beside the name."""

    name: str
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LearnedRequest:
    """What was learned of one request; nothing in it is from the recorded session or about a person.

    `template` is the table for the config, checked as the config's own. It is None if the names of the fields
    do not say which is the person: then `candidates` are those with a number, one or more, and
    `learn_request` is called again with a `person_field`.
    `summary` is one line, ``POST index.php  module=Users  action=SendLink  record=◂person▸``. `kept`,
    `dropped` and `notes` are words for the user.
    """

    template: dict[str, Any] | None
    summary: str
    kept: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    candidates: tuple[PersonCandidate, ...] = ()
    notes: tuple[str, ...] = ()
    shows_answer: bool = False
    """Whether the recording shows what proves success."""


@reads_recording
def learn_request(
    instance: Instance,
    request: RecordedRequest,
    response: RecordedResponse | None = None,
    *,
    person_field: str | None = None,
    session: RecordedSession = NOTHING_ELSE,
) -> LearnedRequest:
    """Return the template of the request that sends a reset link, from one that a browser made.

    `response` is its answer, if the recording has it. `person_field` is the name of the field that is the
    person, if there are candidates. `session` is what else the recording shows.
    Raises RecordingError, with a sentence that says what is wrong and what to record instead.
    """
    path = path_within(instance, request)
    _require_changing(request)
    fields = request_fields(request, path)
    shown = _person_of_referer(request)
    known = (*session.people, *shown)
    require_plain_names(fields, known)
    person_id = _person_id(fields, known, person_field)
    if shown and person_id and person_id != shown[0].id:
        raise RecordingError(
            "The request is about another record than the profile that it was sent from.",
            advice="Record it once more: open one person's profile, and send the link from there.",
        )
    if person_id is None:
        found = {one.name: PersonCandidate(one.name, one.record_id) for one in _numbers(fields)}
        return LearnedRequest(None, _summary(request, fields, {}), candidates=tuple(found.values()))
    filling = _Filling(person_id, RecordedSession(known, session.tokens), fields)
    return filling.lesson(request, path, response)


def path_within(instance: Instance, request: RecordedRequest) -> str:
    """Return the address of a request relative to the instance. Raises RecordingError for another site."""
    base, parts = urlsplit(instance.url), request.parts
    if origin_of(instance.url) != origin_of(request.url):
        raise RecordingError(
            f"The request was made to another site than {instance.host}, the address of {instance.name}.",
            advice="Record it on this instance, or choose the instance it belongs to with -i NAME.",
        )
    if not parts.path.startswith(base.path):
        raise RecordingError(
            f"The request does not go to {base.path}, the folder of {instance.name} on its server.",
            advice="Record it on this instance, or correct its url in the config.",
        )
    return parts.path[len(base.path) :] + (f"?{parts.query}" if parts.query else "")


def origin_of(url: str) -> tuple[str, str, int]:
    """Return the scheme, host and port of a URL. Raises ValueError if it is damaged."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


def _require_changing(request: RecordedRequest) -> None:
    """Raise RecordingError unless this can be a request that sends something."""
    if request.method == "GET":
        raise RecordingError(
            "The request is a GET. A GET only shows a page; one that changes things can be repeated by "
            "anything that loads its address, so it is never run from here.",
            advice=_RIGHT_REQUEST_ADVICE,
        )
    if request.method not in _METHODS:
        raise RecordingError("The request does not send anything.", advice=_RIGHT_REQUEST_ADVICE)
    overriding = [value for name, value in request.headers if name in _METHOD_HEADERS]
    if any(value.upper() != request.method for value in overriding):
        raise RecordingError(
            "A header of the request says that it is run with another method than it is sent with.",
            advice=_RIGHT_REQUEST_ADVICE,
        )
    body = request.body
    is_object = body is not None and isinstance(body.json_value, Mapping)
    if body is not None and body.kind is not BodyKind.FORM and not is_object:
        raise RecordingError(
            "The request's content is neither a form nor a JSON object.", advice=_RIGHT_REQUEST_ADVICE
        )
    if body is not None and {"username", "password"} <= dict(body.fields).keys():
        raise RecordingError(
            "The request is the sign-in. Its password was not kept.", advice=_RIGHT_REQUEST_ADVICE
        )


def _person_of_referer(request: RecordedRequest) -> tuple[KnownPerson, ...]:
    """Return the person whose profile the browser showed when it made the request, if it says so."""
    query = dict(parse_qsl(urlsplit(request.header("referer")).query))
    record = query.get("record", "")
    is_profile = query.get("module") == "Users" and query.get("view") == "Detail" and record.isdecimal()
    return (KnownPerson(record),) if is_profile else ()


def _numbers(fields: Sequence[RequestField]) -> list[RequestField]:
    return [one for one in fields if one.record_id and not one.is_noise]


def _person_id(
    fields: Sequence[RequestField], people: Sequence[KnownPerson], chosen: str | None
) -> str | None:
    """Return the id of the person whom the request is for.

    It is empty if the request has no id, and None if the fields' names do not say which number it is. Raises
    RecordingError if two records are named, or if no field is called as was chosen.
    """
    named = {one.record_id for one in _numbers(fields) if one.names_record}
    if len(named) > 1:
        names = [f"“{one.name}” in the {one.place}" for one in _numbers(fields) if one.names_record]
        raise RecordingError(
            f"The request names two different records: {' and '.join(dict.fromkeys(names))}. "
            "A request for one person has the same one everywhere.",
            advice="Record it once more: open one person's profile, and send the link from there.",
        )
    others = {one.record_id: one.name for one in _numbers(fields)}
    last = next((person.id for person in reversed(people) if person.id), "")
    if chosen is not None:
        if chosen not in others.values():
            raise RecordingError(
                "No number of the request has the name that was chosen for the person.",
                advice="Leave the choice out: if it is not clear, the fields that have a number are named.",
            )
        return next(number for number, name in others.items() if name == chosen)
    if named or last in others:
        return next(iter(named), last)
    return None if others and not any(one.is_email or names_user(one) for one in fields) else ""


def _summary(request: RecordedRequest, fields: Iterable[RequestField], values: Mapping[int, Any]) -> str:
    """Return a request on one line: its fields, with marks for what is filled in and “…” for the unknown."""
    words = []
    for at, one in enumerate(fields):
        if one.place is not FieldPlace.PATH and (at in values or not values):
            words.append(f"{one.name}={_shown(values.get(at, '…'))}")
    segments = [
        str(_shown(values.get(at, "…"))) if values else "…"
        for at, one in enumerate(fields)
        if one.place is FieldPlace.PATH
    ]
    return "  ".join([f"{request.method} {'/'.join(segments)}", *words])


def _shown(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) or value is None else str(value)
    for placeholder, mark in _SHOWN.items():
        text = text.replace(placeholder, mark)
    return text


class _Filling:
    """Replaces what belongs to the person and the session in a request's fields with placeholders."""

    def __init__(self, person_id: str, session: RecordedSession, fields: Sequence[RequestField]) -> None:
        self._id = person_id
        self._tokens = session.tokens
        self._people = session.people
        self._fields = fields
        self._values: dict[int, Any] = {}
        self._moved_tokens: list[str] = []
        self._noise: list[str] = []
        for at, one in enumerate(fields):
            self._fill(at, one)

    def lesson(
        self, request: RecordedRequest, path: str, response: RecordedResponse | None
    ) -> LearnedRequest:
        """Return the whole lesson. Raises RecordingError."""
        self._require_person()
        template: dict[str, Any] = {"method": request.method, "path": self._path(path)}
        if template["method"] == "POST":
            del template["method"]
        template |= self._body(request)
        headers, dropped_headers = _learn_headers(request)
        if headers:
            template["headers"] = headers
        success, notes = learn_success(response)
        if success is not None:
            template["success"] = success
        _require_valid(template)
        return LearnedRequest(
            template,
            _summary(request, self._fields, self._values),
            kept=self._kept(headers),
            dropped=self._dropped(request, dropped_headers),
            notes=(*notes, *([_MULTIPART_NOTE] if request.body and request.body.is_multipart else [])),
            shows_answer=not notes,
        )

    def _fill(self, at: int, one: RequestField) -> None:
        """Decide what is written for one field. Raises RecordingError for what cannot be repeated."""
        if one.text and (one.is_token or one.text in self._tokens) and one.place is not FieldPlace.PATH:
            if one.place is FieldPlace.QUERY:
                self._moved_tokens.append(one.name)
            else:
                self._values[at] = _CSRF
        elif one.is_noise:
            self._noise.append("time")
        elif one.value is None:
            self._noise.append("empty value")
        elif (filled := self._placeholder(one)) is not None:
            self._values[at] = filled
        else:
            require_technical(one, self._people)
            self._values[at] = one.value

    def _placeholder(self, one: RequestField) -> str | None:
        owner = next((person for person in self._people if person.id == self._id), None)
        if one.record_id and one.record_id == self._id and self._is_person_field(one):
            return one.id_template
        if one.is_email:
            self._require_owner(one, owner.email if owner else "")
            return _EMAIL
        if names_user(one) or (owner and owner.user_name and one.text == owner.user_name):
            self._require_owner(one, owner.user_name if owner else "")
            return _USER_NAME
        return None

    def _is_person_field(self, one: RequestField) -> bool:
        """Return whether a number is the person and not only the same by chance, as in ``notify=1``."""
        others = [field for field in self._fields if field.record_id == self._id]
        return one.names_record or not any(field.names_record for field in others)

    def _require_owner(self, one: RequestField, expected: str) -> None:
        others = {field.text for field in self._fields if field.is_email} if one.is_email else {one.text}
        if (expected and one.text.casefold() != expected.casefold()) or len(others) > 1:
            raise RecordingError(
                f"The request's field “{one.name}” is about another person than its record id.",
                advice="Record it once more: open one person's profile, and send the link from there.",
            )

    def _require_person(self) -> None:
        filled = {str(value) for value in self._values.values()}
        if not any(mark in text for text in filled for mark in (_ID, _ID_NUMBER, _EMAIL, _USER_NAME)):
            raise RecordingError(
                "The request does not say whom the link is for: it has no record id.",
                advice=_RIGHT_REQUEST_ADVICE,
            )

    def _path(self, path: str) -> str:
        segments = [
            _encoded(self._values[at]) for at, one in enumerate(self._fields) if one.place is FieldPlace.PATH
        ]
        pairs = [
            f"{_encoded(one.name)}={_encoded(self._values[at])}"
            for at, one in enumerate(self._fields)
            if one.place is FieldPlace.QUERY and at in self._values
        ]
        return "/".join(segments) + (f"?{'&'.join(pairs)}" if pairs else "")

    def _body(self, request: RecordedRequest) -> dict[str, Any]:
        if request.body is not None and request.body.kind is BodyKind.JSON:
            self._require_no_moved_token(request)
            return {"json": self._json(request.body.json_value)}
        form: dict[str, str] = {}
        for at, one in enumerate(self._fields):
            if one.place is FieldPlace.FORM and at in self._values:
                value = str(self._values[at])
                if form.setdefault(one.name, value) != value:
                    raise RecordingError(f"The request has the field “{one.name}” twice, with two values.")
        if self._moved_tokens and _CSRF not in form.values():
            form[self._moved_tokens[0]] = _CSRF
        return {"form": form} if form else {}

    def _require_no_moved_token(self, request: RecordedRequest) -> None:
        """Raise RecordingError if the only token is in the address, as it can move only into a form."""
        if self._moved_tokens and _CSRF not in self._values.values() and not _token_headers(request):
            raise RecordingError(
                "The request has its token in the address, which cannot be configured for a JSON request.",
                advice="Ask the CRM's vendor for an item that sends it in a header.",
            )

    def _json(self, value: object, keys: tuple[str | int, ...] = ()) -> object:
        if isinstance(value, Mapping):
            inner = {str(key): self._json(one, (*keys, str(key))) for key, one in value.items()}
            kept = {key: one for key, one in inner.items() if one is not _LEFT_OUT}
            return kept if kept or not keys else _LEFT_OUT
        if isinstance(value, list):
            parts = [self._json(one, (*keys, at)) for at, one in enumerate(value)]
            return [one for one in parts if one is not _LEFT_OUT] or _LEFT_OUT
        for at, one in enumerate(self._fields):
            if one.place is FieldPlace.JSON and one.keys == keys:
                return self._values.get(at, _LEFT_OUT)
        return _LEFT_OUT

    def _kept(self, headers: Mapping[str, str]) -> tuple[str, ...]:
        count = sum(self._fields[at].place is not FieldPlace.PATH for at in self._values)
        words = ["path", _counted(count, "field") if count else "", "which one is the person"]
        words.append(_counted(len(headers), "header") if headers else "")
        return tuple(filter(None, words))

    def _dropped(self, request: RecordedRequest, headers: int) -> tuple[str, ...]:
        has_token = self._moved_tokens or _CSRF in self._values.values() or _token_headers(request)
        words = [*request.dropped, *(["token"] if has_token else [])]
        words += self._noise
        if headers:
            words.append(_counted(headers, "header"))
        return tuple(dict.fromkeys(words))


_LEFT_OUT = object()


def _require_valid(template: Mapping[str, Any]) -> None:
    """Raise RecordingError if the config would refuse this request; its sentences repeat no value."""
    try:
        RequestTemplate.model_validate(template)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
    else:
        return
    where = next((str(key) for key in found["loc"]), "")
    reason = str(found["ctx"]["error"]) if found["type"] == "value_error" else "is not valid"
    raise RecordingError(
        f"The request cannot be used: {f'its {where}' if where else 'it'} {reason}.",
        advice=_RIGHT_REQUEST_ADVICE,
    )


def _token_headers(request: RecordedRequest) -> list[str]:
    return [name for name, value in request.headers if name in _TOKEN_HEADERS and value]


def _learn_headers(request: RecordedRequest) -> tuple[dict[str, str], int]:
    """Return the headers that matter to the CRM, and how many others there were."""
    headers = {
        shown: value
        for name, given in request.headers
        for shown, value in [_PLAIN_HEADERS.get(name, ("", ""))]
        if shown and given == value
    }
    headers |= {_TOKEN_HEADERS[name]: _CSRF for name in _token_headers(request)}
    if request.header("accept").startswith("application/json"):
        headers["Accept"] = "application/json"
    return headers, len({name for name, _ in request.headers}) - len(headers)


def _encoded(text: object) -> str:
    return quote(str(text), safe="{}[]")


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"

"""The operations of ``webservice.php``."""

import json
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from dazos_tui.demo.fault_responses import fault_response, inject_faults
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.people import Person
from dazos_tui.demo.webservice import records
from dazos_tui.demo.webservice.access import AccessRefusedError
from dazos_tui.demo.webservice.query import VtqlQuery


@dataclass(frozen=True)
class ApiCall:
    """A request to the API. Query and body are kept apart, because most operations read only one of them."""

    instance: DemoInstance
    query: dict[str, str]
    posted: dict[str, str]

    @property
    def now(self) -> float:
        """The current time in seconds since the epoch."""
        return self.instance.clock()

    def either(self, name: str) -> str:
        """Return a parameter from the body or else from the query."""
        return self.posted.get(name) or self.query.get(name, "")


async def serve(call: ApiCall) -> Response:
    """Return the response to an API request. Unlike requests for pages, they run in parallel."""
    fault = await inject_faults(call.instance, "webservice")
    return fault_response(fault, lambda: _dispatch(call))


def _dispatch(call: ApiCall) -> Response:
    """Run the requested operation. An unknown one gets HTTP 500 with an empty body."""
    operation = _OPERATIONS.get(call.either("operation").lower())
    if operation is None:
        return Response(status_code=500)
    try:
        content: dict[str, object] = {"success": True, "result": operation(call)}
    except AccessRefusedError as refusal:
        content = {"success": False, "error": {"code": refusal.code, "message": refusal.message}}
    text = json.dumps(content)
    if call.instance.preset.api_version == "8.3":
        text = _with_bare_controls(text)
    return Response(text, media_type="application/json")


def _with_bare_controls(text: str) -> str:
    """Return JSON with unescaped control characters, except those with a letter (``\\n``)."""

    def bare(escape: re.Match[str]) -> str:
        return chr(int(escape[1], 16)) if escape[1] else escape[0]

    return re.sub(r"\\(?:u00([01][0-9a-f])|.)", bare, text)


def _challenge(call: ApiCall) -> object:
    """Return a challenge token, valid for five minutes."""
    challenge = call.instance.challenges.make(call.query.get("username", ""), call.now)
    return {"token": challenge.token, "serverTime": challenge.made, "expireTime": challenge.expires}


def _login(call: ApiCall) -> object:
    """Start a session if the user is active and answers the challenge correctly."""
    instance, user_name = call.instance, call.posted.get("username", "")
    challenge = instance.challenges.find(user_name, call.now)
    person = instance.accounts.find(user_name)
    given = call.posted.get("accessKey", "")
    if person is None or not person.active or not challenge.is_answered_by(given, person.accesskey):
        raise AccessRefusedError("INVALID_USER_CREDENTIALS", "Invalid username or password")
    instance.challenges.consume(user_name)
    session = instance.api_sessions.start(person.id, call.now)
    return {"sessionName": session.name} | _login_result(person, instance)


def _login_result(person: Person, instance: DemoInstance) -> dict[str, str]:
    """Return the result of a login. An administrator's preferences are those of the instance."""
    return {
        "userId": records.api_id(person.id),
        "username": person.user_name,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email1,
        "time_zone": instance.preset.time_zone,
        "hour_format": str(instance.preset.hour_format),
        "date_format": instance.preset.date_format,
        "is_admin": records.COLUMNS["is_admin"](person),
    }


def _query(call: ApiCall) -> object:
    caller = _require_caller(call)
    query = VtqlQuery.parse(call.query.get("query", ""))

    def readable(position: int, person: Person) -> bool:
        return _may_read(caller, position, person, call.instance)

    if query.is_count and call.instance.preset.api_version == "8.3":
        return []
    return records.run_query(query, call.instance.user_list.active, readable)


def _retrieve(call: ApiCall) -> object:
    """Return all columns of one active user, including their secrets."""
    caller, active = _require_caller(call), call.instance.user_list.active
    record = records.record_of(call.query.get("id", "")) or 0
    position = bisect_left(active, record, key=lambda person: person.id)
    found = active[position] if position < len(active) else None
    if found is None or found.id != record or not _may_read(caller, position, found, call.instance):
        raise AccessRefusedError("ACCESS_DENIED", "Permission to access the record is denied")
    return records.full_row(found)


def _require_caller(call: ApiCall) -> Person:
    """Return the user of the session. Raises AccessRefusedError."""
    session = call.instance.api_sessions.find(call.either("sessionName"), call.now)
    person = call.instance.population.by_id.get(session.person_id)
    if person is None:
        raise AccessRefusedError("AUTHENTICATION_REQUIRED", "Authentication required")
    return person


def _may_read(caller: Person, position: int, person: Person, instance: DemoInstance) -> bool:
    """Return whether the caller may see the person at this position among the active users.

    All users see themselves; only administrators see others.
    """
    every = instance.preset.unreadable_every
    kept_back = every > 0 and (position + 1) % every == 0
    return person is caller or (caller.is_admin and not kept_back)


_OPERATIONS: dict[str, Callable[[ApiCall], object]] = {
    "getchallenge": _challenge,
    "login": _login,
    "query": _query,
    "retrieve": _retrieve,
}

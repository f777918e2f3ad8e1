"""The hash chain of the history: each event carries the hash of the one before it.

Every change of a row is an event: it was requested, finished, seen to be back in, noted, erased. An event's
hash covers the hash before it, the facts that are never erased (in clear), and a salted digest of the
person's data. Erasing a person's data also drops the salt: the chain still verifies, and nobody can find out
by trying whom the digest was of.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from json.encoder import encode_basestring

from dazos_tui.history.models import Outcome, ResetRequest

GENESIS = bytes(32)
"""The hash before the first event."""


class EventKind(StrEnum):
    """What happened to a row."""

    REQUESTED = "requested"
    FINISHED = "finished"
    BACK_IN = "back in"
    NOTED = "noted"
    ERASED = "erased"


def chain_hash(previous: bytes, facts: str, personal: bytes) -> bytes:
    """Return the hash of an event (SHA-256, 32 bytes), from the hash before it and two parts of its own."""
    return _sha256(previous + facts.encode() + personal)


def salted_digest(salt: bytes | None, text: str) -> bytes:
    """Return the digest of a person's data (SHA-256, 32 bytes); `salt` is None once it was erased."""
    return _sha256((salt or b"") + text.encode())


def event_facts(seq: int, reset_id: int, kind: str, at: str, facts: str) -> str:
    """Return what an event's hash covers in clear, as the statements of the store put it together."""
    return f"{seq} {reset_id} {kind} {at} {facts}"


def request_facts(uid: str, request: ResetRequest, action: str) -> str:
    """Return the facts of a request: those that do not say whom it is for."""
    place = (request.instance, request.environment, request.host, request.server)
    return _joined([uid, *place, request.operator, action, *_if_any(_keyboard_texts(request))])


def personal_text(request: ResetRequest) -> str:
    """Return the data of a request that say whom it is for, or that may lead to them."""
    person = (request.user_id, request.user_name, request.name, request.email)
    return _joined([*person, request.ticket, *_if_any([request.batch])])


def back_in_facts(at: str, proof: str) -> str:
    """Return the facts of somebody being back in."""
    return _joined([at, proof])


def outcome_facts(outcome: Outcome | str) -> str:
    """Return the facts of an outcome; its message is not among them, as it may name the person."""
    return str(outcome)


def legacy_uid(entry_id: int, requested_at: str, *texts: str) -> str:
    """Return the unique id of a row that was recorded without one: the same in every copy of that history.

    `texts` are instance, host and operator; nothing that says whom the row is for.
    """
    return _sha256(_joined([str(entry_id), requested_at, *texts]).encode()).hex()[:32]


def _sha256(content: bytes) -> bytes:
    # Imported here: it brings OpenSSL, and reading a history needs none of it.
    from hashlib import sha256

    return sha256(content).digest()


def _keyboard_texts(request: ResetRequest) -> Sequence[str]:
    return request.os_user, request.os_host, request.sudo_user


def _if_any(texts: Sequence[str]) -> Sequence[str]:
    # The hashes of rows from before these columns stay what they are.
    return texts if any(texts) else ()


def _joined(texts: Iterable[str]) -> str:
    # A JSON array, so that no two lists of texts look the same. This is quicker than `json.dumps`.
    return f"[{','.join(map(encode_basestring, texts))}]"

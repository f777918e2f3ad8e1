"""What the names of actions and parameters say: whether something is changed, and whose record it is."""

import re
import unicodedata

_RECORD_PARAMETER = re.compile(r"record|ids?$|^users?$|^selected|^excluded")

_MUTATING_STEMS = (
    "delet", "remov", "eras", "purg", "destroy", "truncat", "trash", "save", "chang", "edit", "updat",
    "modif", "replac", "overwrit", "renam", "activat", "disabl", "suspend", "revok", "archiv", "restor",
    "import", "export", "upload", "transfer", "assign", "merg", "duplicat", "convert", "mass", "creat",
    "insert", "install", "upgrad", "execut", "logout", "cancel", "terminat", "grant", "promot", "demot",
    "impersonat", "freez", "withdraw", "unlink", "revis", "lockout", "unsubscrib", "invalidat", "regenerat",
    "rotat", "shutdown", "downgrad", "rollback", "accesskey", "access_key", "wipe", "anonymi",
)  # fmt: skip
"""Parts of action names that delete, change or save: none of them may be in the name of one that is run."""
_MUTATING_WORDS = frozenset(
    {"set", "add", "drop", "move", "put", "write", "clear", "block", "lock", "run"}
    | {"kill", "ban", "kick", "evict", "expel", "reject", "dismiss"}
)
"""The same, as whole words: “set” is a part of “reset”."""
_MUTATING_COMPOUND = re.compile(
    r"(?<!re)(?<!un)(?<!unb)(?:set|add|drop|move|clear|block|lock|close|expire)"
    r"(?:user|pass|account|login|role|mail|email|status|access|key)"
    r"|newpassw(?!.*link)|(?:log|sign)inas|switchuser|becomeuser"
)
"""The same without capitals or underscores between the words: ``dropuser``, but not ``resetpassword``."""
_NAME_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

DECIDING_PARAMETERS = frozenset(
    {"action", "mode", "operation", "op", "method", "command", "cmd", "task", "do"}
)
"""Parameters, in lower case, whose value says what a request does."""

DISPATCHER = "saveajax"
"""An action, in lower case, that does only what its `mode` says, if it has one."""
DISPATCHER_PARAMETERS = frozenset({"module", "parent", "action", "mode", "record"})
"""The parameters with which the dispatcher does nothing else."""


def is_mutating_name(name: str) -> bool:
    """Return whether a name, such as ``DeleteAjax``, says that an action deletes, changes or saves."""
    # Letters that only look different, such as full-width ones or those with accents, are read as plain ones.
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    lowered = plain.casefold()
    words = {word.casefold() for word in _NAME_WORD.findall(plain)}
    return (
        any(verb in lowered for verb in _MUTATING_STEMS)
        or not words.isdisjoint(_MUTATING_WORDS)
        or _MUTATING_COMPOUND.search(re.sub(r"[\W_]", "", lowered)) is not None
    )


def is_record_parameter(name: str) -> bool:
    """Return whether a parameter of this name says which records an action is about."""
    return _RECORD_PARAMETER.search(name.casefold()) is not None

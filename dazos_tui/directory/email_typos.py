"""Likely typos in an e-mail address. They are only suggestions: nothing is changed."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dazos_tui.crm.models import User
from dazos_tui.directory.edit_distance import Typo, TypoKind, find_typo
from dazos_tui.directory.local_part_typos import suggest_local_part
from dazos_tui.text.normalize import fold

_ESTABLISHED_COUNT = 3
"""This many people do not all mistype the same domain: it exists."""
_MAJORITY_COUNT = 5
"""How many colleagues, for each person with the doubtful domain, must have the one that was meant."""

PROVIDERS = frozenset(
    (
        "gmail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "ymail.com",
        "icloud.com", "me.com", "aol.com", "gmx.com", "mail.com", "proton.me", "protonmail.com",
        "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "cox.net", "bellsouth.net",
    )
)  # fmt: skip
"""Common mail providers in the CRM's country; common knowledge."""

_COMMON_ENDINGS = ("com", "net", "org")
"""Endings that people confuse from memory, not by mistyping."""
_SHORT_FOR_COLLEAGUES, _SHORT_FOR_PROVIDERS = 2, 4
"""Up to this length, another letter in a part of a domain makes another real name (aol.com, aon.com)."""

_EMAIL_LIKE = re.compile(r"[^@\s<>(),;:\\\"]+@[^@\s<>(),;:\\\"]+\.[^@\s<>(),;:\\\".]{2,}")
"""What can be an address: only typos are looked for, the mail server knows the rest."""


@dataclass(frozen=True, slots=True)
class EmailTypo:
    """One thing that looks misspelt: `suggestion` is the whole address as it may have been meant, or ""."""

    code: str
    message: str
    suggestion: str


def is_email_like(text: str) -> bool:
    """Return whether this can be an e-mail address."""
    return _EMAIL_LIKE.fullmatch(text) is not None


def count_domains(users: Iterable[User]) -> Counter[str]:
    """Return how many people have their e-mail at each folded domain; people without one are not counted."""
    folded = (_domain(user.email) for user in users)
    return Counter(domain for domain in folded if domain)


def find_email_typos(
    email: str, name: str, user_name: str, domains: Mapping[str, int]
) -> tuple[EmailTypo, ...]:
    """Return what looks misspelt in a person's e-mail: its shape, else its domain and the part before the @.

    `domains` counts the domains of everybody in the instance, the person included, as `count_domains` returns
    it. A domain that several people have, a provider, and a local part unrelated to the name are never
    reported. An empty e-mail has no typos.
    """
    if not email.strip():
        return ()
    if malformed := _find_malformations(email, domains):
        return malformed
    local, _, domain = email.rpartition("@")
    near = _similar_domain(fold(domain), domains)
    meant = suggest_local_part(local, name, user_name)
    suggestion = f"{meant or local}@{near[0] if near else domain}"
    found = [EmailTypo("domain", f"“{domain}” {near[1]}.", suggestion)] if near else []
    if meant:
        words = f"“{local}” is one letter off from “{meant}”, as the name or the user name spells it."
        found.append(EmailTypo("local_part", words, suggestion))
    return tuple(found)


def _domain(email: str) -> str:
    return fold(email.rpartition("@")[2].strip()) if "@" in email else ""


@dataclass(frozen=True, slots=True)
class _Malformation:
    """A way in which an address is malformed: the pattern that shows it, its description and its repair."""

    code: str
    pattern: re.Pattern[str]
    words: str
    repair: Callable[[str], str]


_MALFORMATIONS = (
    _Malformation("space", re.compile(r"\s"), "has a space in it", lambda email: re.sub(r"\s+", "", email)),
    _Malformation(
        "two_at", re.compile("@.*@"), "has more than one @", lambda email: re.sub("@+", "@", email)
    ),
    _Malformation(
        "comma",
        re.compile("[,;]"),
        "has a comma where a dot belongs",
        lambda email: re.sub("[,;]", ".", email),
    ),
    _Malformation(
        "dots", re.compile(r"\.\."), "has two dots in a row", lambda email: re.sub(r"\.\.+", ".", email)
    ),
    _Malformation(
        "edge_dot",
        re.compile(r"^\.|\.$|\.@|@\."),
        "has a dot at the start or end of the part before or after the @",
        lambda email: re.sub(r"^\.+|\.+$|\.+(?=@)|(?<=@)\.+", "", email),
    ),
)


def _find_malformations(email: str, domains: Mapping[str, int]) -> tuple[EmailTypo, ...]:
    """Return a typo for each way in which this is not a valid address, all with the same suggestion."""
    malformations = [one for one in _MALFORMATIONS if one.pattern.search(email.strip())]
    repaired = email.strip()
    for malformation in malformations:
        repaired = malformation.repair(repaired)
    suggestion = repaired if is_email_like(repaired) else _complete_email(repaired, domains)
    found = [EmailTypo(one.code, f"“{email}” {one.words}.", suggestion) for one in malformations]
    if found or is_email_like(email):
        return tuple(found)
    if "@" not in email:
        return (EmailTypo("no_at", f"“{email}” has no @.", suggestion),)
    if "." not in email.rpartition("@")[2]:
        return (EmailTypo("no_ending", f"The domain of “{email}” has no ending, such as .com.", suggestion),)
    return (EmailTypo("invalid", f"“{email}” does not look like an e-mail address.", suggestion),)


def _complete_email(email: str, domains: Mapping[str, int]) -> str:
    """Return the address with its missing @ or end of the domain added; "" if that cannot be guessed."""
    known = (*(domain for domain, count in domains.items() if count >= _MAJORITY_COUNT), *sorted(PROVIDERS))
    local, at, rest = email.rpartition("@")
    for domain in known:
        if local and (domain.startswith(f"{fold(rest)}.") or find_typo(domain, fold(rest))):
            return f"{local}@{domain}"
        if not at and fold(email).endswith(domain) and len(email) > len(domain):
            return f"{email[: -len(domain)]}@{domain}"
    return ""


def _similar_domain(domain: str, domains: Mapping[str, int]) -> tuple[str, str] | None:
    """Return the domain that may be meant, and a phrase that says why; None if this one looks right."""
    own = domains.get(domain, 0)
    if own >= _ESTABLISHED_COUNT or domain in PROVIDERS:
        return None
    most_used_first = sorted(domains.items(), key=lambda pair: (-pair[1], pair[0]))
    for known, count in most_used_first:
        if count < _MAJORITY_COUNT * max(own, 1):
            break
        how = _describe_similarity(known, domain, short=_SHORT_FOR_COLLEAGUES) or _describe_other_ending(
            known, domain
        )
        if how:
            return known, f"{how} {known}, which {count:,} colleagues use"
    for known in sorted(PROVIDERS):
        if how := _describe_similarity(known, domain, short=_SHORT_FOR_PROVIDERS):
            return known, f"{how} {known}, a common mail provider"
    return None


def _describe_similarity(known: str, domain: str, *, short: int) -> str:
    if known.rpartition(".")[0] == domain:
        return "lacks the ending of"
    typo = find_typo(known, domain)
    return (
        "is one letter off from"
        if typo is not None and not _is_other_short_name(known, domain, typo, short)
        else ""
    )


def _is_other_short_name(known: str, domain: str, typo: Typo, short: int) -> bool:
    """Return whether the typo makes another short name; a doubled letter or two swapped ones do not."""
    if typo.kind is TypoKind.SWAPPED or (
        typo.kind is TypoKind.ADDED and typo.index > 0 and domain[typo.index] == domain[typo.index - 1]
    ):
        return False
    begin = known.rfind(".", 0, typo.index) + 1
    end = known.find(".", begin)
    return begin <= typo.index <= end and end - begin <= short


def _describe_other_ending(known: str, domain: str) -> str:
    """Return a phrase if the domains differ only in commonly confused endings, else ""."""
    (ours, _, end), (theirs, _, other_end) = known.rpartition("."), domain.rpartition(".")
    same = ours == theirs and end in _COMMON_ENDINGS and other_end in _COMMON_ENDINGS
    return "has another ending than" if same else ""

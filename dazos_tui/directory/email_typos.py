"""Whether an e-mail address is spelled as it was meant. Nothing here is certain, nothing is changed."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dazos_tui.crm.models import User
from dazos_tui.directory.edit_distance import Typo, TypoKind, find_typo
from dazos_tui.directory.local_part_typos import suggest_local_part
from dazos_tui.text.normalize import fold

_ESTABLISHED_COUNT = 3
"""So many people do not all mistype the same domain: it is one of its own."""
_MAJORITY_COUNT = 5
"""So many colleagues, and as many more for each who has the domain in doubt, may have the one meant."""

PROVIDERS = frozenset(
    (
        "gmail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "ymail.com",
        "icloud.com", "me.com", "aol.com", "gmx.com", "mail.com", "proton.me", "protonmail.com",
        "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "cox.net", "bellsouth.net",
    )
)  # fmt: skip
"""Mail providers that anybody in the CRM's country may have an address with; common knowledge."""

_COMMON_ENDINGS = ("com", "net", "org")
"""Endings that are taken for one another by memory, not by a slip."""
_SHORT_FOR_COLLEAGUES, _SHORT_FOR_PROVIDERS = 2, 4
"""In a part of a domain so short, another letter makes another name (aol.com, aon.com), so it is no slip."""

_EMAIL_LIKE = re.compile(r"[^@\s<>(),;:\\\"]+@[^@\s<>(),;:\\\"]+\.[^@\s<>(),;:\\\".]{2,}")
"""What can be an address: no more than a slip of the hand is looked for, the mail server knows the rest."""


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
    """Return how many people have their e-mail at each domain, folded; whoever has none is not counted."""
    folded = (_domain(user.email) for user in users)
    return Counter(domain for domain in folded if domain)


def find_email_typos(
    email: str, name: str, user_name: str, domains: Mapping[str, int]
) -> tuple[EmailTypo, ...]:
    """Return what looks misspelt in a person's e-mail: its shape, else its domain and the part before the @.

    `domains` are those of everybody in the instance, the person included, as `count_domains` returns them. A
    domain that several people have, or a provider, is never doubted, nor a local part that has nothing to do
    with the name. No e-mail at all gives no doubts.
    """
    if not email.strip():
        return ()
    if bent := _find_malformations(email, domains):
        return bent
    local, _, domain = email.rpartition("@")
    near = _similar_domain(fold(domain), domains)
    meant = suggest_local_part(local, name, user_name)
    whole = f"{meant or local}@{near[0] if near else domain}"
    found = [EmailTypo("domain", f"“{domain}” {near[1]}.", whole)] if near else []
    if meant:
        words = f"“{local}” is one letter off from “{meant}”, as the name or the user name spells it."
        found.append(EmailTypo("local_part", words, whole))
    return tuple(found)


def _domain(email: str) -> str:
    return fold(email.rpartition("@")[2].strip()) if "@" in email else ""


@dataclass(frozen=True, slots=True)
class _Malformation:
    """A way in which an address is none: what shows it, how to say it, what is put in its place."""

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
        "has a dot at an end of one of its halves",
        lambda email: re.sub(r"^\.+|\.+$|\.+(?=@)|(?<=@)\.+", "", email),
    ),
)


def _find_malformations(email: str, domains: Mapping[str, int]) -> tuple[EmailTypo, ...]:
    """Return a doubt for each way in which this is no address at all, all with the same suggestion."""
    bends = [bend for bend in _MALFORMATIONS if bend.pattern.search(email.strip())]
    mended = email.strip()
    for bend in bends:
        mended = bend.repair(mended)
    whole = mended if is_email_like(mended) else _complete_email(mended, domains)
    found = [EmailTypo(bend.code, f"“{email}” {bend.words}.", whole) for bend in bends]
    if found or is_email_like(email):
        return tuple(found)
    if "@" not in email:
        return (EmailTypo("no_at", f"“{email}” has no @.", whole),)
    if "." not in email.rpartition("@")[2]:
        return (EmailTypo("no_ending", f"The domain of “{email}” has no ending, such as .com.", whole),)
    return (EmailTypo("invalid", f"“{email}” does not look like an e-mail address.", whole),)


def _complete_email(email: str, domains: Mapping[str, int]) -> str:
    """Return the address with the @, or the end of the domain, that it lacks; "" if that cannot be told."""
    known = (*(domain for domain, count in domains.items() if count >= _MAJORITY_COUNT), *sorted(PROVIDERS))
    local, at, rest = email.rpartition("@")
    for domain in known:
        if local and (domain.startswith(f"{fold(rest)}.") or find_typo(domain, fold(rest))):
            return f"{local}@{domain}"
        if not at and fold(email).endswith(domain) and len(email) > len(domain):
            return f"{email[: -len(domain)]}@{domain}"
    return ""


def _similar_domain(domain: str, domains: Mapping[str, int]) -> tuple[str, str] | None:
    """Return the domain that may be meant, and in words why; None if this one is not in doubt."""
    own = domains.get(domain, 0)
    if own >= _ESTABLISHED_COUNT or domain in PROVIDERS:
        return None
    by_standing = sorted(domains.items(), key=lambda pair: (-pair[1], pair[0]))
    for known, count in by_standing:
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
    slip = find_typo(known, domain)
    return (
        "is one letter off from"
        if slip is not None and not _is_other_short_name(known, domain, slip, short)
        else ""
    )


def _is_other_short_name(known: str, domain: str, slip: Typo, short: int) -> bool:
    """Return whether the slip makes another short name; a letter doubled or two swapped do not."""
    if slip.kind is TypoKind.SWAPPED or (
        slip.kind is TypoKind.ADDED and slip.index > 0 and domain[slip.index] == domain[slip.index - 1]
    ):
        return False
    begin = known.rfind(".", 0, slip.index) + 1
    end = known.find(".", begin)
    return begin <= slip.index <= end and end - begin <= short


def _describe_other_ending(known: str, domain: str) -> str:
    """Return words if the domains are the same but for an ending that one takes for the other."""
    (ours, _, end), (theirs, _, other_end) = known.rpartition("."), domain.rpartition(".")
    same = ours == theirs and end in _COMMON_ENDINGS and other_end in _COMMON_ENDINGS
    return "has another ending than" if same else ""

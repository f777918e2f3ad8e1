"""Whether an e-mail address is spelled as it was meant. Nothing here is certain, nothing is changed."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dazos_tui.crm.models import User
from dazos_tui.directory.edit_distance import Slip, SlipKind, slip_between
from dazos_tui.directory.local_part_typos import misspelt
from dazos_tui.resets.guards import Finding, looks_like_an_address
from dazos_tui.text.normalize import fold

_STANDING = 3
"""So many people do not all mistype the same domain: it is one of its own."""
_MANY = 5
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


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that looks misspelt: `suggestion` is the whole address as it may have been meant, or ""."""

    code: str
    sentence: str
    suggestion: str


def domains_of(users: Iterable[User]) -> Counter[str]:
    """Return how many people have their e-mail at each domain, folded; whoever has none is not counted."""
    folded = (_domain(user.email) for user in users)
    return Counter(domain for domain in folded if domain)


def doubts(email: str, name: str, user_name: str, domains: Mapping[str, int]) -> tuple[Doubt, ...]:
    """Return what looks misspelt in a person's e-mail: its shape, else its domain and the part before the @.

    `domains` are those of everybody in the instance, the person included, as `domains_of` returns them. A
    domain that several people have, or a provider, is never doubted, nor a local part that has nothing to do
    with the name. No e-mail at all gives no doubts.
    """
    if not email.strip():
        return ()
    if bent := _bent(email, domains):
        return bent
    local, _, domain = email.rpartition("@")
    near = _near(fold(domain), domains)
    meant = misspelt(local, name, user_name)
    whole = f"{meant or local}@{near[0] if near else domain}"
    found = [Doubt("domain", f"“{domain}” {near[1]}.", whole)] if near else []
    if meant:
        words = f"“{local}” is one letter off from “{meant}”, as the name or the user name spells it."
        found.append(Doubt("local_part", words, whole))
    return tuple(found)


def suspect_address(user: User, domains: Mapping[str, int]) -> Finding | None:
    """Return what looks misspelt in a person's e-mail, as something worth knowing before a send."""
    found = doubts(user.email, user.name, user.user_name, domains)
    if not found:
        return None
    words = " ".join(doubt.sentence for doubt in found)
    suggestion = found[-1].suggestion
    return Finding("suspect_email", f"{words} Was {suggestion} meant?" if suggestion else words)


def _domain(email: str) -> str:
    return fold(email.rpartition("@")[2].strip()) if "@" in email else ""


@dataclass(frozen=True, slots=True)
class _Bend:
    """A way in which an address is none: what shows it, how to say it, what is put in its place."""

    code: str
    shown: re.Pattern[str]
    words: str
    mended: Callable[[str], str]


_BENDS = (
    _Bend("space", re.compile(r"\s"), "has a space in it", lambda email: re.sub(r"\s+", "", email)),
    _Bend("two_at", re.compile("@.*@"), "has more than one @", lambda email: re.sub("@+", "@", email)),
    _Bend(
        "comma",
        re.compile("[,;]"),
        "has a comma where a dot belongs",
        lambda email: re.sub("[,;]", ".", email),
    ),
    _Bend("dots", re.compile(r"\.\."), "has two dots in a row", lambda email: re.sub(r"\.\.+", ".", email)),
    _Bend(
        "edge_dot",
        re.compile(r"^\.|\.$|\.@|@\."),
        "has a dot at an end of one of its halves",
        lambda email: re.sub(r"^\.+|\.+$|\.+(?=@)|(?<=@)\.+", "", email),
    ),
)


def _bent(email: str, domains: Mapping[str, int]) -> tuple[Doubt, ...]:
    """Return a doubt for each way in which this is no address at all, all with the same suggestion."""
    bends = [bend for bend in _BENDS if bend.shown.search(email.strip())]
    mended = email.strip()
    for bend in bends:
        mended = bend.mended(mended)
    whole = mended if looks_like_an_address(mended) else _completed(mended, domains)
    found = [Doubt(bend.code, f"“{email}” {bend.words}.", whole) for bend in bends]
    if found or looks_like_an_address(email):
        return tuple(found)
    if "@" not in email:
        return (Doubt("no_at", f"“{email}” has no @.", whole),)
    if "." not in email.rpartition("@")[2]:
        return (Doubt("no_ending", f"The domain of “{email}” has no ending, such as .com.", whole),)
    return (Doubt("invalid", f"“{email}” does not look like an e-mail address.", whole),)


def _completed(email: str, domains: Mapping[str, int]) -> str:
    """Return the address with the @, or the end of the domain, that it lacks; "" if that cannot be told."""
    known = (*(domain for domain, count in domains.items() if count >= _MANY), *sorted(PROVIDERS))
    local, at, rest = email.rpartition("@")
    for domain in known:
        if local and (domain.startswith(f"{fold(rest)}.") or slip_between(domain, fold(rest))):
            return f"{local}@{domain}"
        if not at and fold(email).endswith(domain) and len(email) > len(domain):
            return f"{email[: -len(domain)]}@{domain}"
    return ""


def _near(domain: str, domains: Mapping[str, int]) -> tuple[str, str] | None:
    """Return the domain that may be meant, and in words why; None if this one is not in doubt."""
    own = domains.get(domain, 0)
    if own >= _STANDING or domain in PROVIDERS:
        return None
    by_standing = sorted(domains.items(), key=lambda pair: (-pair[1], pair[0]))
    for known, count in by_standing:
        if count < _MANY * max(own, 1):
            break
        how = _how_near(known, domain, short=_SHORT_FOR_COLLEAGUES) or _other_ending(known, domain)
        if how:
            return known, f"{how} {known}, which {count:,} colleagues use"
    for known in sorted(PROVIDERS):
        if how := _how_near(known, domain, short=_SHORT_FOR_PROVIDERS):
            return known, f"{how} {known}, a common mail provider"
    return None


def _how_near(known: str, domain: str, *, short: int) -> str:
    if known.rpartition(".")[0] == domain:
        return "lacks the ending of"
    slip = slip_between(known, domain)
    return (
        "is one letter off from" if slip is not None and not _another_name(known, domain, slip, short) else ""
    )


def _another_name(known: str, domain: str, slip: Slip, short: int) -> bool:
    """Tell whether the slip makes another short name; a letter doubled or two swapped do not."""
    if slip.kind is SlipKind.SWAPPED or (
        slip.kind is SlipKind.ADDED and slip.at > 0 and domain[slip.at] == domain[slip.at - 1]
    ):
        return False
    begin = known.rfind(".", 0, slip.at) + 1
    end = known.find(".", begin)
    return begin <= slip.at <= end and end - begin <= short


def _other_ending(known: str, domain: str) -> str:
    """Return words if the domains are the same but for an ending that one takes for the other."""
    (ours, _, end), (theirs, _, other_end) = known.rpartition("."), domain.rpartition(".")
    same = ours == theirs and end in _COMMON_ENDINGS and other_end in _COMMON_ENDINGS
    return "has another ending than" if same else ""

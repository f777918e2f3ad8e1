"""Typos in e-mail addresses for the benchmark of misspelt ones, and which of them can be recognised.

A typo is left out, and its address is not changed, if nobody could recognise it:

- *plausible*: the result may be a correct address: the same person's in another usual pattern, one with the
  initial of another given name or a middle initial (a wrong initial, an extra letter where the names meet or
  at either end), with a number at its end, with another given name, or with a domain that others have;
- *nothing to compare*: it is in a word that is neither in the name nor in the user name (a nickname, a shared
  mailbox), or in a domain that fewer than five people have and that is not a provider;
- *made twice before*: a domain that three people spell in the same way looks like a domain of its own.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from benchmarks.address_people import GIVEN_NAMES, PROVIDERS, Case

_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")


class TypoMaker:
    """Makes typos in the addresses of one instance, and counts those that are left out, by reason."""

    def __init__(self, rng: Random, correct: Sequence[Case]) -> None:
        self._rng = rng
        self._shares = Counter(case.domain for case in correct)
        self._made: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()

    def misspell(self, case: Case) -> Case:
        """Return the case with one typo in its address, or unchanged if the typo cannot be recognised."""
        where = self._rng.choices(("local part", "domain", "ending", "shape"), (50, 30, 12, 8))[0]
        if where == "local part":
            kind, at, local = _keys(self._rng, case.local)
            domain, reason = case.domain, _unrecognisable_reason(case, kind, at, local)
        elif where == "shape":
            kind, local, domain = _shape(self._rng, case.local, case.domain)
            reason = ""
        else:
            local = case.local
            kind, domain = (_in_domain if where == "domain" else _ending)(self._rng, case.domain)
            reason = self._unrecognisable_domain_reason(case.domain, domain)
        if reason:
            self.left_out[reason] += 1
            return case
        return self._with(case, f"{local}@{domain}", f"{where}: {kind}")

    def _with(self, case: Case, email: str, typo: str) -> Case:
        user_name = case.user.user_name
        # Half of the people whose user name is their address got it as a copy, including the typo. If nothing
        # else spelled the address, there would be nothing to compare it with.
        if user_name == case.meant and case.by_name and self._rng.random() < 0.5:
            user_name = email
        return replace(case, user=replace(case.user, email=email, user_name=user_name), typo=typo)

    def _unrecognisable_domain_reason(self, meant: str, typed: str) -> str:
        """Return why a typo in a domain cannot be recognised, by the rules above; "" if it can."""
        if meant not in PROVIDERS and self._shares[meant] < 5:
            return "nothing to compare"
        if self._shares[typed]:
            return "plausible"
        self._made[typed] += 1
        return "made twice before" if self._made[typed] > 2 else ""


def _unrecognisable_reason(case: Case, kind: str, at: int, typed: str) -> str:
    """Return why a typo in the local part cannot be recognised, by the rules above; "" if it can."""
    if not (case.by_name or case.by_user_name):
        return "nothing to compare"
    bare = typed.rstrip("0123456789")
    added = any(typed[:joint] + typed[joint + 1 :] == case.local for joint in case.joints)
    added |= kind == "neighbour key" and not case.local[at].isalnum() and typed[at].isalpha()
    initial = kind == "neighbour key" and at in case.initials and typed[at].isalpha()
    place = case.local.find(case.given) if case.given else -1
    called = typed[place : len(typed) - (len(case.local) - place - len(case.given))] if place >= 0 else ""
    another = called != case.given and called in GIVEN_NAMES
    number = bare == case.local.rstrip("0123456789")
    return "plausible" if {typed, bare} & case.usual or added or initial or another or number else ""


def _keys(rng: Random, word: str) -> tuple[str, int, str]:
    """Make one typo in a word; return its kind, its index, and the misspelt word."""
    while True:
        at, kind = rng.randrange(len(word)), rng.choice(("neighbour key", "swapped", "doubled", "dropped"))
        typed = {
            "neighbour key": word[:at] + _neighbour(rng, word[at]) + word[at + 1 :],
            "swapped": word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            "doubled": word[:at] + word[at] + word[at:],
            "dropped": word[:at] + word[at + 1 :],
        }[kind]
        if typed and typed != word:
            return kind, at, typed


def _in_domain(rng: Random, domain: str) -> tuple[str, str]:
    kind, _, typed = _keys(rng, domain)
    return kind, typed


def _neighbour(rng: Random, key: str) -> str:
    """Return a key beside this one, or above or below it."""
    if key in ".-_":
        return {".": "l", "-": "0", "_": "-"}[key]
    row, at = next((number, row.index(key)) for number, row in enumerate(_ROWS) if key in row)
    near = [_ROWS[row][place] for place in (at - 1, at + 1) if 0 <= place < len(_ROWS[row])]
    near += [_ROWS[other][at] for other in (row - 1, row + 1) if 0 <= other < 4 and at < len(_ROWS[other])]
    return rng.choice(near)


def _ending(rng: Random, domain: str) -> tuple[str, str]:
    stem, _, end = domain.rpartition(".")
    typos = [end[:-1], end[1:], end[1] + end[0] + end[2:], end[:-2] + end[-1] + end[-2], end + end[-1]]
    typos += ["con", "vom"] if end == "com" else []
    return ("missing", stem) if rng.random() < 0.15 else ("misspelt", f"{stem}.{rng.choice(typos)}")


def _shape(rng: Random, local: str, domain: str) -> tuple[str, str, str]:
    made = {
        "comma for dot": (local, domain.replace(".", ",", 1)),
        "two @": (f"{local}@", domain),
        "space": (f"{local} ", domain),
        "dot at the end": (local, f"{domain}."),
        "two dots": (local, domain.replace(".", "..", 1)),
        "semicolon for dot": (local, domain.replace(".", ";")),
    }
    kind = rng.choice(sorted(made))
    return kind, *made[kind]

"""How well misspelt addresses are told from odd ones: recall and false alarms on synthetic instances.

People are made up with the addresses one meets: several manners to make them of a name, short names, middle
initials, namesakes with numbers, accents, other surnames, shared mailboxes, partners' domains, mail
providers, a sister domain one letter from the main one. One address in five then gets one slip of the hand,
of those that anybody could tell (`benchmarks/address_slips.py` says which cannot be). The sound addresses
that raise a doubt are false alarms. Nothing here is taken from the check, but for what it is asked.

Exit code 1 if recall is under 95 %, or if more than 1 % of the sound addresses raise a doubt.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.address_people import Case, population
from benchmarks.address_slips import Hand
from benchmarks.harness import say
from dazos_tui.directory.email_typos import count_domains, find_email_typos

LEAST_RECALL = 0.95
MOST_FALSE_ALARMS = 0.01
_SHARE = 0.2
_INSTANCE = 250
"""So many people use one CRM, with domains of their own."""


def main() -> int:
    """Make the instance, ask the check of everybody, print; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2_000, help="addresses; default 2,000")
    parser.add_argument(
        "--show", action="store_true", help="also print each kind, what was missed, and the false alarms"
    )
    chosen = parser.parse_args()
    score = measure(chosen.seed, chosen.count)
    for line in score.lines(show=chosen.show):
        say(line)
    return 0 if score.good else 1


@dataclass(frozen=True)
class Score:
    """What the check said of each case: whether it raised a doubt, and if it suggested what was meant."""

    seed: int
    told: tuple[tuple[Case, bool, bool], ...]
    left_out: Counter[str]

    @property
    def recall(self) -> float:
        """The share of the misspelt addresses that raise a doubt."""
        return _share([doubted for case, doubted, _ in self.told if case.slip])

    @property
    def false_alarms(self) -> float:
        """The share of the sound addresses that raise a doubt."""
        return _share([doubted for case, doubted, _ in self.told if not case.slip])

    @property
    def good(self) -> bool:
        """Tell whether both reach their targets."""
        return self.recall >= LEAST_RECALL and self.false_alarms <= MOST_FALSE_ALARMS

    def lines(self, *, show: bool) -> Iterator[str]:
        """Yield what is printed: the scores, then with `show` each kind and each wrong answer."""
        misspelt = [right for case, _, right in self.told if case.slip]
        yield f"addresses: {len(self.told):,} people, seed {self.seed}, {len(misspelt)} misspelt"
        yield f"  recall        {self.recall:7.2%}  (≥ {LEAST_RECALL:.0%})"
        yield f"  the meant address suggested: {_share(misspelt):.2%}"
        yield f"  false alarms  {self.false_alarms:7.2%}  (≤ {MOST_FALSE_ALARMS:.0%})"
        yield f"  slips left out, address kept sound: {_counts(self.left_out)}"
        if show:
            yield from self._details()

    def _details(self) -> Iterator[str]:
        slips = [(case.slip, doubted) for case, doubted, _ in self.told if case.slip]
        yield from self._by_kind("misspelt, doubted", slips)
        kinds = [(case.kind, doubted) for case, doubted, _ in self.told if not case.slip]
        yield from self._by_kind("sound, doubted", kinds)
        for case, doubted, _ in self.told:
            if doubted is not bool(case.slip):
                user = case.user
                yield f"  {case.slip or 'false alarm'}: {user.name} · {user.user_name} · {user.email}"

    @staticmethod
    def _by_kind(title: str, told: list[tuple[str, bool]]) -> Iterator[str]:
        yield f"  {title}:"
        for kind in sorted({kind for kind, _ in told}):
            of_kind = [doubted for name, doubted in told if name == kind]
            yield f"    {kind:<28}{sum(of_kind):>5} of {len(of_kind):>5}  {_share(of_kind):7.2%}"


def measure(seed: int, count: int) -> Score:
    """Return what the check says of so many people, in instances of 250 each."""
    rng = Random(seed)  # noqa: S311 - a repeatable cast, not a secret
    left_out: Counter[str] = Counter()
    told: list[tuple[Case, bool, bool]] = []
    for begin in range(0, count, _INSTANCE):
        sound = list(population(rng, min(_INSTANCE, count - begin)))
        hand = Hand(rng, sound)
        told += _told([hand.slipped(case) if rng.random() < _SHARE else case for case in sound])
        left_out += hand.left_out
    return Score(seed, tuple(told), left_out)


def _told(cases: Sequence[Case]) -> Iterator[tuple[Case, bool, bool]]:
    """Yield each person of an instance, whether there is a doubt, and if what was meant is suggested."""
    domains = count_domains(case.user for case in cases)
    for case in cases:
        found = find_email_typos(case.user.email, case.user.name, case.user.user_name, domains)
        yield case, bool(found), any(doubt.suggestion == case.meant for doubt in found)


def _share(told: Sequence[bool]) -> float:
    return sum(told) / len(told) if told else 0.0


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in sorted(counter.items())) or "none"


if __name__ == "__main__":
    sys.exit(main())

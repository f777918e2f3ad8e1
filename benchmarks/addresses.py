"""How well misspelt addresses are recognised: recall and false alarms on made-up instances.

The made-up people have realistic addresses: several patterns that make them from a name, short names, middle
initials, namesakes with numbers, accents, other surnames, shared mailboxes, partners' domains, mail
providers, a sister domain one letter from the main one. One address in five then gets one typo, of those that
can be recognised at all (`benchmarks/address_typos.py` says which cannot). Correct addresses that raise a
doubt are false alarms. No code or data of the check is used here, except to call it.

The exit code is 1 if recall is under 95 %, or if more than 1 % of the correct addresses raise a doubt.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.address_people import Case, population
from benchmarks.address_typos import TypoMaker
from benchmarks.harness import say
from dazos_tui.directory.email_typos import count_domains, find_email_typos

LEAST_RECALL = 0.95
MOST_FALSE_ALARMS = 0.01
_SHARE = 0.2
_INSTANCE = 250
"""The number of people of one CRM, who have domains of their own."""


def main() -> int:
    """Check everybody's address, print the scores, and return the exit code."""
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
    """The results of the check: for each case whether it raised a doubt, and if its suggestion was right."""

    seed: int
    results: tuple[tuple[Case, bool, bool], ...]
    left_out: Counter[str]

    @property
    def recall(self) -> float:
        """The share of the misspelt addresses that raise a doubt."""
        return _share([doubted for case, doubted, _ in self.results if case.typo])

    @property
    def false_alarms(self) -> float:
        """The share of the correct addresses that raise a doubt."""
        return _share([doubted for case, doubted, _ in self.results if not case.typo])

    @property
    def good(self) -> bool:
        """Whether both scores reach their targets."""
        return self.recall >= LEAST_RECALL and self.false_alarms <= MOST_FALSE_ALARMS

    def lines(self, *, show: bool) -> Iterator[str]:
        """Yield the lines to print: the scores, and with `show` each kind and each wrong result."""
        misspelt = [right for case, _, right in self.results if case.typo]
        yield f"addresses: {len(self.results):,} people, seed {self.seed}, {len(misspelt)} misspelt"
        yield f"  recall        {self.recall:7.2%}  (≥ {LEAST_RECALL:.0%})"
        yield f"  the meant address suggested: {_share(misspelt):.2%}"
        yield f"  false alarms  {self.false_alarms:7.2%}  (≤ {MOST_FALSE_ALARMS:.0%})"
        yield f"  typos left out, address kept correct: {_counts(self.left_out)}"
        if show:
            yield from self._details()

    def _details(self) -> Iterator[str]:
        typos = [(case.typo, doubted) for case, doubted, _ in self.results if case.typo]
        yield from self._by_kind("misspelt, doubted", typos)
        kinds = [(case.kind, doubted) for case, doubted, _ in self.results if not case.typo]
        yield from self._by_kind("correct, doubted", kinds)
        for case, doubted, _ in self.results:
            if doubted is not bool(case.typo):
                user = case.user
                yield f"  {case.typo or 'false alarm'}: {user.name} · {user.user_name} · {user.email}"

    @staticmethod
    def _by_kind(title: str, results: list[tuple[str, bool]]) -> Iterator[str]:
        yield f"  {title}:"
        for kind in sorted({kind for kind, _ in results}):
            of_kind = [doubted for name, doubted in results if name == kind]
            yield f"    {kind:<28}{sum(of_kind):>5} of {len(of_kind):>5}  {_share(of_kind):7.2%}"


def measure(seed: int, count: int) -> Score:
    """Return the score of the check for this number of people, in instances of 250 each."""
    rng = Random(seed)  # noqa: S311 - a repeatable cast, not a secret
    left_out: Counter[str] = Counter()
    results: list[tuple[Case, bool, bool]] = []
    for begin in range(0, count, _INSTANCE):
        correct = list(population(rng, min(_INSTANCE, count - begin)))
        maker = TypoMaker(rng, correct)
        results += _results([maker.misspell(case) if rng.random() < _SHARE else case for case in correct])
        left_out += maker.left_out
    return Score(seed, tuple(results), left_out)


def _results(cases: Sequence[Case]) -> Iterator[tuple[Case, bool, bool]]:
    """Yield each person of an instance, whether there is a doubt, and whether the suggestion is right."""
    domains = count_domains(case.user for case in cases)
    for case in cases:
        found = find_email_typos(case.user.email, case.user.name, case.user.user_name, domains)
        yield case, bool(found), any(doubt.suggestion == case.meant for doubt in found)


def _share(results: Sequence[bool]) -> float:
    return sum(results) / len(results) if results else 0.0


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in sorted(counter.items())) or "none"


if __name__ == "__main__":
    sys.exit(main())

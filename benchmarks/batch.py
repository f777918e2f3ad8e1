"""Many links in one batch: the memory of the process while it sends, and what kills at random moments do."""

from benchmarks.harness import Figure, options, report
from tests.faults.batch_kills import run

PEOPLE_OF_KILLS = 200


def main() -> int:
    """Measure and print; return the exit code."""
    parser = options(__doc__, people=1000)
    parser.add_argument("--kills", type=int, default=20, metavar="N", help="default 20")
    chosen = parser.parse_args()
    calm = run(chosen.people, kills=0)
    early, late = calm.memory[1][1], calm.memory[-1][1]
    people = min(PEOPLE_OF_KILLS, chosen.people)
    killed = run(people, chosen.kills)
    figures = [
        Figure("memory near the end, beside near the beginning", "MB", late, early, most_ratio=1.05),
        Figure(f"sends lost with {chosen.kills} kills", "", len(killed.missed), most=0),
        Figure(f"sends doubled with {chosen.kills} kills", "", len(killed.doubled), most=0),
        Figure("sends under way at a kill: unknown", "", killed.unknown),
    ]
    title = f"batch: {chosen.people:,} people; {people} people, {chosen.kills} kills"
    return report(title, figures, strict=chosen.strict)


if __name__ == "__main__":
    raise SystemExit(main())

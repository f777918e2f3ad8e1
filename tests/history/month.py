"""The statistics of a month, as the charts show them."""

from datetime import date, timedelta

from dazos_tui.history.models import Outcome
from dazos_tui.history.statistics import BackInTimes, DayCounts, HistoryStatistics, RankedName


def month():
    """Return the statistics of three days of a month, each number unlike the others."""
    counts: tuple[dict[Outcome, int], ...] = (
        {Outcome.SENT: 1200, Outcome.UNKNOWN: 1},
        {},
        {Outcome.SENT: 300, Outcome.REFUSED: 200, Outcome.NOT_SENT: 100},
    )
    days = tuple(
        DayCounts(date(2026, 11, 26) + timedelta(days=number), one) for number, one in enumerate(counts)
    )
    outcomes = {Outcome.SENT: 1500, Outcome.REFUSED: 200, Outcome.NOT_SENT: 100, Outcome.UNKNOWN: 1}
    return HistoryStatistics(
        outcomes,
        days,
        (0,) * 9 + (1800, 0, 1) + (0,) * 12,
        BackInTimes(1000, 501, 2, 161, 3000, (500, 300, 100, 50, 48)),
        (
            RankedName("Ann Lee", 1200, "ann@example.com"),
            RankedName("Ann Lee", 600, "lee@example.com"),
            RankedName("Bob", 1, "bob@example.com"),
        ),
        (RankedName("acme", 1801),),
        (RankedName("kim", 1800), RankedName("a name that is long enough to be cut", 1)),
        (RankedName("Billing", 3),),
    )

"""Statistics of the history for other programs: JSON."""

from dazos_tui.history.models import Outcome
from dazos_tui.history.statistics import BUCKETS, HistoryStatistics


def statistics_to_record(found: HistoryStatistics) -> dict[str, object]:
    """Return statistics as a record for JSON. Days and hours are local; times are in minutes, rounded up."""
    back = found.back_in
    limits = [*(limit for limit, _ in BUCKETS), None]
    return {
        "links": found.total,
        "outcomes": {outcome.value: count for outcome, count in found.outcomes.items()},
        "days": [
            {"day": day.day.isoformat(), **{outcome.value: day.counts.get(outcome, 0) for outcome in Outcome}}
            for day in found.days
        ],
        "hours": list(found.hours),
        "back_in": {
            "count": back.count,
            "not_seen": back.not_yet,
            "misdated": back.misdated,
            "median_minutes": back.median,
            "slowest_tenth_minutes": back.slowest_tenth,
            "buckets": [
                {"up_to_minutes": limit, "count": count}
                for limit, count in zip(limits, back.buckets, strict=True)
            ],
        },
        "people": [{"name": one.name, "email": one.detail, "count": one.count} for one in found.people],
        **{
            key: [{"name": one.name, "count": one.count} for one in ranked]
            for key, ranked in (
                ("roles", found.roles),
                ("instances", found.instances),
                ("operators", found.operators),
            )
        },
    }

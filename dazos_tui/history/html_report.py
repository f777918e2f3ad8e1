"""A report about resets for print and for the browser: one HTML file that loads nothing and runs nothing.

Everything from the history is escaped. Fills, not only colours, tell outcomes apart, so a printout in black
and white says the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from importlib.resources import files

from dazos_tui.history.charts import back_in_summary, day_label, grouped_days, ranked_labels, share
from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.history.statistics import BUCKETS, HistoryStatistics, RankedName

MOST_ROWS = 2_000
"""The rows that a report lists at most: about 50 pages."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_CLASSES = {
    Outcome.SENT: "sent", Outcome.REFUSED: "refused",
    Outcome.NOT_SENT: "not-sent", Outcome.UNKNOWN: "unknown",
}  # fmt: skip
_WIDTH, _CHART_HEIGHT, _MARGIN = 720, 160, 20
"""The units of a chart: its width, the height of the longest bar, and the room above and at the sides."""

_SHORT = 2

_FILLS = (
    ("hatched", 6, 'patternTransform="rotate(45)"', '<rect width="3" height="6" class="stop"/>'),
    ("crossed", 6, "", '<path d="M0 0h6M0 3h6" class="line"/>'),
    ("dotted", 5, "", '<circle cx="2" cy="2" r="1.4" class="note"/>'),
)
"""The fills of the bars that are not plain: name, size, attributes, drawing."""


@dataclass(frozen=True, slots=True)
class ReportScope:
    """What a report is about: `query` in words (empty: everything), and when it was made (aware)."""

    query: str
    made_at: datetime


def html_report(
    scope: ReportScope, found: HistoryStatistics, entries: Iterable[HistoryEntry]
) -> Iterator[str]:
    """Yield the lines of the report. `entries` are read one by one, up to `MOST_ROWS` of them."""
    yield from _head()
    yield from _summary(scope, found)
    if found.total:
        yield from _charts(found)
    yield from _table(entries)
    yield "</main></body></html>"


def _head() -> Iterator[str]:
    style = files("dazos_tui.history").joinpath("report.css").read_text(encoding="utf-8")
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
    yield f"<title>Reset links</title><style>{style}</style></head><body>"
    yield '<svg width="0" height="0" aria-hidden="true"><defs>'
    for name, size, attributes, drawing in _FILLS:
        yield (
            f'<pattern id="{name}" width="{size}" height="{size}" patternUnits="userSpaceOnUse" {attributes}>'
            f'<rect width="{size}" height="{size}" class="paper"/>{drawing}</pattern>'
        )
    yield "</defs></svg><main>"


def _summary(scope: ReportScope, found: HistoryStatistics) -> Iterator[str]:
    days = [day.day for day in found.days]
    period = f"{days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}" if days else "no links"
    yield "<header><h1>Password reset links</h1>"
    yield f"<p>{period}{f' · only: {escape(scope.query)}' if scope.query else ''}</p>"
    made = f"{scope.made_at.astimezone():%Y-%m-%d %H:%M}"
    yield f"<p class=quiet>Made with dazos-tui on {made}. Times are local to where it was made.</p>"
    yield "</header><dl class=numbers>"
    yield f"<div><dt>links</dt><dd>{found.total:,}</dd></div>"
    for outcome, count in found.outcomes.items():
        percent = f" <small>{escape(share(count, found.total))}</small>"
        yield f"<div class={_CLASSES[outcome]}><dt><i></i>{outcome}</dt><dd>{count:,}{percent}</dd></div>"
    yield f"<div><dt>seen to be back in</dt><dd>{found.back_in.count:,}</dd></div></dl>"


def _charts(found: HistoryStatistics) -> Iterator[str]:
    unit, rows = grouped_days(found.days)
    columns = [(day_label(row.day, unit), row.counts) for row in rows]
    yield from _section(f"Links per {unit}", _columns(f"Links per {unit}", columns))
    hours = [(f"{hour:02}", {Outcome.SENT: count}) for hour, count in enumerate(found.hours)]
    yield from _section("Hours of the day", _columns("Links by hour of the day", hours))
    labels = [f"up to {name}" for _, name in BUCKETS] + ["longer", "not seen"]
    counts = [*found.back_in.buckets, found.back_in.not_yet]
    delays = [RankedName(label, count) for label, count in zip(labels, counts, strict=True)]
    unseen = ("sent",) * (len(labels) - 1) + ("unknown",)
    yield from _section(
        "Time until back in", _bars(delays, unseen), note=" · ".join(back_in_summary(found.back_in))
    )
    yield "<div class=side-by-side>"
    for title, ranked in (
        ("People with most links", found.people),
        ("Roles with most links, as they are now", found.roles),
        ("Instances with most links", found.instances),
        ("Operators with most links", found.operators),
    ):
        if ranked:
            yield from _section(title, _bars(ranked))
    yield "</div>"


def _section(title: str, body: Iterable[str], *, note: str = "") -> Iterator[str]:
    yield f"<section><h2>{escape(title)}</h2>"
    yield from body
    yield f"<p class=quiet>{escape(note)}</p></section>" if note else "</section>"


def _columns(title: str, columns: Sequence[tuple[str, Mapping[Outcome, int]]]) -> Iterator[str]:
    """Yield a chart with a column for each label, in parts by outcome, its number above it."""
    longest = max(sum(counts.values()) for _, counts in columns)
    step = _WIDTH / len(columns)
    bar = min(step * 0.8, 40)
    base = _MARGIN + _CHART_HEIGHT
    is_turned = max(len(label) for label, _ in columns) > _SHORT
    box = f"{-_MARGIN} 0 {_WIDTH + 2 * _MARGIN} {base + (75 if is_turned else 20)}"
    yield f'<svg class=chart viewBox="{box}" role="img" aria-label="{escape(title)}">'
    for number, (label, counts) in enumerate(columns):
        middle, bottom = (number + 0.5) * step, float(base)
        yield f"<g><title>{escape(_in_words(label, counts))}</title>"
        for outcome in Outcome:
            if part := counts.get(outcome, 0) * _CHART_HEIGHT / longest:
                bottom -= part
                yield (
                    f'<rect class={_CLASSES[outcome]} x="{middle - bar / 2:.1f}" y="{bottom:.1f}" '
                    f'width="{bar:.1f}" height="{part:.1f}"/>'
                )
        if total := sum(counts.values()):
            yield f'<text class=number x="{middle:.1f}" y="{bottom - 4:.1f}">{total:,}</text>'
        yield f"{_column_label(label, middle, base + 14)}</g>"
    yield f'<path class=axis d="M0 {base}h{_WIDTH}"/></svg>'


def _column_label(label: str, x: float, y: float) -> str:
    """Return the label under a column, turned if it is long."""
    if len(label) <= _SHORT:
        return f'<text class=number x="{x:.1f}" y="{y}">{escape(label)}</text>'
    turned = f"rotate(-60 {x:.1f} {y})"
    return f'<text class=turned x="{x:.1f}" y="{y}" transform="{turned}">{escape(label)}</text>'


def _bars(rows: Sequence[RankedName], fills: Sequence[str] = ()) -> Iterator[str]:
    """Yield a chart with a row for each name: name, bar, number; `fills` are the classes of the bars."""
    longest = max(one.count for one in rows) or 1
    yield "<table class=bars>"
    fills = fills or ("sent",) * len(rows)
    for one, label, fill in zip(rows, ranked_labels(rows), fills, strict=True):
        yield (
            f"<tr><th scope=row>{escape(label)}</th><td>"
            # Not drawn to a scale, which would stretch the fills.
            f'<svg aria-hidden="true"><rect class={fill} width="{100 * one.count / longest:.1f}%" '
            f'height="100%"/></svg></td>'
            f"<td class=count>{one.count:,}</td></tr>"
        )
    yield "</table>"


def _in_words(label: str, counts: Mapping[Outcome, int]) -> str:
    parts = [f"{count:,} {outcome}" for outcome in Outcome if (count := counts.get(outcome))]
    return f"{label}: {', '.join(parts) or 'none'}"


def _table(entries: Iterable[HistoryEntry]) -> Iterator[str]:
    heads = (
        "No.",
        "Date",
        "Outcome",
        "Person",
        "E-mail",
        "Instance",
        "Operator",
        "Ticket",
        "Back in",
        "Message",
    )
    yield "<section class=rows><h2>All rows, newest first</h2><table class=list><thead><tr>"
    yield "".join(f"<th scope=col>{head}</th>" for head in heads) + "</tr></thead><tbody>"
    for number, entry in enumerate(entries):
        if number == MOST_ROWS:
            yield f"</tbody></table><p>Only the newest {MOST_ROWS:,} are listed; a CSV export has all.</p>"
            yield "</section>"
            return
        yield _row(entry)
    yield "</tbody></table></section>"


def _row(entry: HistoryEntry) -> str:
    request = entry.request
    cells = (
        str(entry.id), f"{entry.requested_at.astimezone():%Y-%m-%d %H:%M}", entry.outcome_label,
        request.name or request.user_name, request.email, request.instance, request.asked_by, request.ticket,
        entry.back_in_label, entry.message,
    )  # fmt: skip
    return f"<tr class={_CLASSES[entry.outcome]}>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"

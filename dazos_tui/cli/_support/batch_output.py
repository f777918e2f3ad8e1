"""What a batch shows: the plan and the progress on stderr, the report on stdout as a table, JSON or CSV."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dazos_tui.cli._support.exit_codes import ExitCode, echo_error, exit_code_for_outcome
from dazos_tui.cli._support.output import (
    OutputClosedError,
    OutputFailedError,
    csv_lines,
    echo_err,
    echo_note,
    format_person,
    format_table,
    is_terminal,
    json_line,
    show_progress,
    write_stdout,
)
from dazos_tui.cli._support.output_options import RowFormat
from dazos_tui.cli._support.rows import csv_cells
from dazos_tui.history.export import entry_to_record
from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.resets.batch import BatchRun
from dazos_tui.resets.batch_plan import GUARDED, UNMATCHED, BatchPlan, PlannedPerson, PlanVerdict
from dazos_tui.resets.batch_report import BatchReport, PersonResult, StopReason, plan_report
from dazos_tui.resets.people_file import WantedPerson
from dazos_tui.text.cells import cell_width, truncate_cells
from dazos_tui.text.sanitize import safe_text

_MAX_SHOWN_LINKS = 20
"""The most people who are listed before the question although nothing speaks against their link."""
_BAR_WIDTH = 20
_DEFAULT_WIDTH = 80
_INDENT = "  "

_CSV_HEADER = (
    "outcome", "message", "line", "argument", "user_id", "user_name", "name", "email", "verdict", "batch",
    "instance", "ticket", "history_id", "requested_at", "finished_at",
)  # fmt: skip

_ENTRY_KEYS = ("instance", "user", "ticket", "history_id", "requested_at", "finished_at")

_BY_USER = frozenset({StopReason.CANCELLED, StopReason.INTERRUPTED})

_COUNTED = {
    PlanVerdict.LINK: "to get a link",
    PlanVerdict.DONE: "done in this batch",
    PlanVerdict.STOPPED: "stopped by a guard",
    PlanVerdict.SKIPPED: "without a way to get one",
    PlanVerdict.AMBIGUOUS: "ambiguous",
    PlanVerdict.UNKNOWN_PERSON: "unknown",
    PlanVerdict.REPEATED: "named twice",
}


def echo_plan(plan: BatchPlan) -> None:
    """Show a plan on stderr: who gets no link and why, a few of the others, and the numbers."""
    instance = plan.instance
    echo_err(
        f"Reset links in {instance.name}  {instance.environment.upper()}  {instance.host}  (batch {plan.id})"
    )
    few = plan.count(PlanVerdict.LINK) <= _MAX_SHOWN_LINKS
    shown = [one for one in plan.people if _is_remarkable(one) or (few and one.verdict is PlanVerdict.LINK)]
    for line in plan_lines(shown, "stderr"):
        echo_err(f"{_INDENT}{line}")
    echo_err(count_text(plan))


def _is_remarkable(person: PlannedPerson) -> bool:
    """Return whether a plan must show this person, however long it is."""
    was_sent = person.entry is not None and person.entry.outcome is Outcome.SENT
    return bool(person.reason) and not was_sent


def plan_lines(people: Sequence[PlannedPerson], stream: str) -> list[str]:
    """Return a table of people: line, verdict, whom, and why, for stdout or stderr."""
    return _with_reasons([(one.wanted.place, one.verdict, whom(one), one.reason) for one in people], stream)


def count_text(plan: BatchPlan) -> str:
    """Return how many people have which verdict, as one line."""
    counted = ((plan.count(verdict), words) for verdict, words in _COUNTED.items())
    parts = [f"{count} {words}" for count, words in counted if count or words == _COUNTED[PlanVerdict.LINK]]
    return f"{len(plan.people)} named: {', '.join(parts)}."


def whom(person: PlannedPerson) -> str:
    """Return the one-line form of a person of a plan, or the text that names nobody."""
    user = person.user
    return f"“{person.wanted.text}”" if user is None else format_person(user.name, user.user_name, user.email)


def show_run(run: BatchRun) -> None:
    """Show how far a batch is, if stderr is a terminal."""
    if not is_terminal("stderr"):
        return
    done, total = len(run.results), run.total
    marks = [(run.count(Outcome.SENT), "sent"), (run.count(Outcome.REFUSED), "refused"),
             (run.count(Outcome.NOT_SENT), "not sent"), (run.count(Outcome.UNKNOWN), "unknown")]  # fmt: skip
    counts = ", ".join(f"{count} {word}" for count, word in marks if count) or "none sent yet"
    state = (
        "stopping after this one"
        if run.is_stopping
        else "paused: p continues"
        if run.is_paused
        else f"{_duration(run.seconds_left)} left · p pause · Ctrl+C stop"
    )
    width = _terminal_width("stderr") - 1
    parts = [f"{done} of {total}", _bar(done, total), counts, state]
    if cell_width(" ".join(parts)) > width:
        del parts[1]
    show_progress(truncate_cells(" ".join(parts), width))


def echo_result(run: BatchRun, result: PersonResult) -> None:
    """Write what became of one person to stderr: on a terminal only if it is not a success."""
    if result.outcome is not Outcome.SENT or not is_terminal("stderr"):
        echo_note(f"{len(run.results)} of {run.total}: {_result_line(result)}")


@dataclass(slots=True)
class BatchWriter:
    """Writes the report of one command to stdout, once."""

    row_format: RowFormat
    instance: str
    batch_id: str
    ticket: str
    has_begun: bool = False
    """Whether a link may have been requested: from then on, nothing says that nobody was sent one."""
    _has_written: bool = False

    def write_report(self, report: BatchReport) -> None:
        """Write what became of everybody, failures first. Output that cannot be written stops nothing."""
        results = report.failures_first
        match self.row_format:
            case RowFormat.JSON:
                self._write(json_line(self._record(one)) for one in results)
            case RowFormat.CSV:
                self._write(
                    csv_lines(_CSV_HEADER, (csv_cells(self._record(one), _CSV_HEADER) for one in results))
                )
            case RowFormat.TABLE:
                self._write(_text_lines(results))

    def write_plan(self, plan: BatchPlan, reason: str) -> None:
        """Write a plan that is not carried out, for this reason: as text, everybody in the plan's order."""
        if self.row_format is RowFormat.TABLE:
            self._write(plan_lines(plan.people, "stdout"))
        else:
            self.write_report(plan_report(plan, reason))

    def write_unsent(self, report: BatchReport) -> None:
        """Write the report of a batch that was not carried out, unless as text: that is on stderr."""
        if self.row_format is not RowFormat.TABLE:
            self.write_report(report)

    def write_unplanned(self, people: Sequence[WantedPerson], reason: str) -> None:
        """Write, in JSON only, that the command ended without a plan.

        Nothing if a report was written, or if it has begun to send.
        """
        if self.row_format is RowFormat.JSON and not self._has_written and not self.has_begun:
            unknown = (PlannedPerson(one, PlanVerdict.UNKNOWN_PERSON) for one in people)
            results = [PersonResult(one, Outcome.NOT_SENT, safe_text(reason)) for one in unknown]
            self._write(json_line({**self._record(one), "verdict": None}) for one in results)

    def _write(self, lines: Iterable[str]) -> None:
        self._has_written = True
        try:
            write_stdout(lines)
        except OutputClosedError:
            pass
        except OutputFailedError as error:
            echo_error(error)

    def _record(self, result: PersonResult) -> dict[str, object]:
        """Return the JSON of one person: the keys of a send, and what the batch adds."""
        person = result.person
        record = self._request_record(person) if result.entry is None else _entry_record(result.entry)
        return {
            "outcome": result.outcome.value,
            "message": result.message,
            **record,
            "findings": list(dict.fromkeys(finding.code for finding in person.findings)),
            "argument": person.wanted.text,
            "line": person.wanted.line or None,
            "batch": self.batch_id,
            "verdict": person.verdict.value,
        }

    def _request_record(self, person: PlannedPerson) -> dict[str, object]:
        user = person.user
        keys = ("id", "user_name", "name", "email")
        return {
            "instance": self.instance,
            "user": {key: getattr(user, key) if user is not None else None for key in keys},
            "ticket": self.ticket,
            "history_id": None,
            "requested_at": None,
            "finished_at": None,
        }


def _entry_record(entry: HistoryEntry) -> dict[str, object]:
    record = {**entry_to_record(entry)}
    return {key: record[key] for key in _ENTRY_KEYS}


def echo_summary(report: BatchReport, advice: str) -> None:
    """Write the numbers of a batch to stderr, why it stopped, and how to continue."""
    refused = report.count(Outcome.REFUSED)
    numbers = {
        "sent": report.count(Outcome.SENT),
        "refused": refused,
        "not sent": len(report.unsent) - refused,
        "unknown": report.count(Outcome.UNKNOWN),
        "left out": len(report.plan.people) - report.plan.count(PlanVerdict.LINK, PlanVerdict.DONE),
    }
    parts = [f"{count} {word}" for word, count in numbers.items() if count or word == "sent"]
    if report.stopped is not None:
        is_own_doing = report.stopped in _BY_USER
        echo_err(report.message if is_own_doing else f"Stopped: {report.message}")
        if report.advice:
            echo_err(report.advice)
    echo_err(f"Batch {report.plan.id}: {', '.join(parts)}.")
    if report.unsent:
        echo_err(advice)


def report_exit_code(report: BatchReport) -> ExitCode:
    """Return the highest exit code of those whom the user did not leave out."""
    codes = [ExitCode.DONE]
    if report.stopped in _BY_USER:
        codes.append(ExitCode.INTERRUPTED)
    for at, result in enumerate(report.results):
        was_planned = report.plan.people[at].verdict in {PlanVerdict.LINK, PlanVerdict.DONE}
        if was_planned:
            codes.append(exit_code_for_outcome(result.outcome, result.error))
    return max(codes)


def plan_exit_code(plan: BatchPlan, *, skip: bool, skip_unmatched: bool) -> ExitCode:
    """Return the exit code of a plan: whether it can be carried out as it is."""
    if plan.count(*UNMATCHED) and not skip_unmatched:
        return ExitCode.NO_MATCH
    if plan.count(*GUARDED) and not skip:
        return ExitCode.NOT_SENT
    return ExitCode.DONE if plan.count(PlanVerdict.LINK, PlanVerdict.DONE) else ExitCode.NOT_SENT


def _text_lines(results: Sequence[PersonResult]) -> list[str]:
    rows = [(one.outcome, one.person.wanted.place, whom(one.person), one.message) for one in results]
    return _with_reasons(rows, "stdout")


def _with_reasons(rows: Sequence[tuple[str, ...]], stream: str) -> list[str]:
    """Return rows as a table. On a terminal, a reason that does not fit is on a line of its own."""
    # People named as arguments have no line of a file.
    rows = list(zip(*(column for column in zip(*rows, strict=True) if any(column)), strict=True))
    if not rows:
        return []
    table = format_table(rows)
    if not is_terminal(stream) or max(map(cell_width, table)) <= _terminal_width(stream) - len(_INDENT):
        return table
    lines: list[str] = []
    for head, row in zip(format_table([row[:-1] for row in rows]), rows, strict=True):
        lines += [head, f"{_INDENT}{row[-1]}"] if row[-1] else [head]
    return lines


def _result_line(result: PersonResult) -> str:
    return f"{result.outcome}  {whom(result.person)}  {result.message}"


def _terminal_width(name: str) -> int:
    """Return the width of the terminal that stdout or stderr is; the other one may be a file."""
    try:
        return os.get_terminal_size(getattr(sys, name).fileno()).columns or _DEFAULT_WIDTH
    except (OSError, ValueError, AttributeError):
        return _DEFAULT_WIDTH


def _bar(done: int, total: int) -> str:
    full, rest = ("█", "░") if "utf" in (sys.stderr.encoding or "").lower() else ("#", ".")
    filled = _BAR_WIDTH * done // max(total, 1)
    return full * filled + rest * (_BAR_WIDTH - filled)


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 60 else f"{-(-seconds // 60)} min"

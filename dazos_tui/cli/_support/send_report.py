"""The report of a send: what it would act on as text, the outcome of each reset as a line or as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dazos_tui.cli._support.exit_codes import echo_error, echo_problem
from dazos_tui.cli._support.output import (
    OutputClosedError,
    OutputFailedError,
    echo_err,
    echo_note,
    format_person,
    format_table,
    json_line,
    write_stdout,
)
from dazos_tui.crm.models import User
from dazos_tui.history.export import entry_to_record
from dazos_tui.history.models import CrmAction, HistoryEntry, Outcome
from dazos_tui.history.times import format_local_time
from dazos_tui.resets.service import STILL_LOCKED_ADVICE, UNKNOWN_OUTCOME_ADVICE, PreparedReset, ResetResult
from dazos_tui.text.sanitize import safe_text

_INTERRUPTED = "Interrupted: the link may have been sent."
NOT_REQUESTED = "Not requested: the command was interrupted."
"""The message of a send that did not begin before Ctrl+C."""
_JSON_KEYS = ("outcome", "message", "instance", "user", "ticket", "history_id", "requested_at", "finished_at")


@dataclass(slots=True)
class SendReport:
    """Writes the outcome of each reset of one command to stdout; as text to stderr once stdout fails."""

    ticket: str
    as_json: bool
    has_begun: bool = False
    """Whether a link may have been requested: from then on, nothing says that nobody was looked up."""
    _is_closed: bool = False
    _has_written: bool = False

    def write_result(self, check: PreparedReset, result: ResetResult) -> None:
        """Write the outcome of a reset, and on stderr what went wrong and what to do next."""
        entry = result.entry
        self._write(
            check, {**entry_to_record(entry)}, f"{entry.outcome}  {format_user(check)}  {entry.message}"
        )
        if result.error is not None:
            echo_problem(str(result.error), advice=result.advice)
        if result.record_error is not None:
            echo_error(result.record_error)

    def write_skipped(self, check: PreparedReset, reason: str) -> None:
        """Write that a reset was not requested, and the reason."""
        record = self._unrequested_record(check, reason)
        self._write(check, record, f"{Outcome.NOT_SENT}  {format_user(check)}  {reason}")

    def write_blocked(self, check: PreparedReset, reason: str) -> None:
        """Write, in JSON only, that a reset was not requested. The text form of the reasons is on stderr."""
        if self.as_json:
            self.write_skipped(check, reason)

    def write_interrupted(self, check: PreparedReset, entry: HistoryEntry | None) -> None:
        """Write, in JSON only, that the user interrupted a send; `entry` is its row in the history.

        Without a row nothing was sent. Unless the row has an outcome, whether the link was sent is not known.
        """
        if entry is None:
            self.write_blocked(check, NOT_REQUESTED)
        elif self.as_json:
            record = {**entry_to_record(entry)}
            if entry.finished_at is None:
                record |= {"outcome": Outcome.UNKNOWN.value, "message": _INTERRUPTED}
            self._write(check, record, f"{record['outcome']}  {format_user(check)}")

    def write_unresolved(self, instance: str, arguments: Sequence[str], reason: str) -> None:
        """Write, in JSON only, that the command ended before a user was found. Nothing if a line was written.

        `instance` is its name, as far as it is known. Each line has the `argument` as it was given, because
        the user is not known.
        """
        if not self.as_json or self._has_written or self.has_begun:
            return
        unknown = dict.fromkeys(("id", "user_name", "name", "email"))
        for argument in arguments:
            record = self._not_sent_record(instance, unknown, safe_text(reason))
            self._write_line(json_line({**record, "findings": [], "argument": safe_text(argument)}))

    def _unrequested_record(self, check: PreparedReset, reason: str) -> dict[str, object]:
        user = check.profile.user
        known = {"id": user.id, "user_name": user.user_name, "name": user.name, "email": user.email}
        return self._not_sent_record(check.instance.name, known, reason)

    def _not_sent_record(
        self, instance: str, user: Mapping[str, str | None], reason: str
    ) -> dict[str, object]:
        return {
            "outcome": Outcome.NOT_SENT.value,
            "message": reason,
            "instance": instance,
            "user": user,
            "ticket": self.ticket,
            "history_id": None,
            "requested_at": None,
            "finished_at": None,
        }

    def _write(self, check: PreparedReset, record: dict[str, object], line: str) -> None:
        findings = [finding.code for finding in check.findings]
        kept = {**{key: record[key] for key in _JSON_KEYS}, "findings": findings}
        self._write_line(json_line(kept) if self.as_json else line)
        if self._is_closed:
            echo_err(line)

    def _write_line(self, line: str) -> None:
        # Output that cannot be written stops nothing: the sends continue, and the exit code reports them.
        if self._is_closed:
            return
        self._has_written = True
        try:
            write_stdout([line])
        except OutputClosedError:
            self._is_closed = True
        except OutputFailedError as error:
            self._is_closed = True
            echo_error(error)


def echo_prepared(check: PreparedReset, *, is_question: bool) -> None:
    """Show on stderr what a reset would act on, and the findings.

    Where no question about it follows, --quiet leaves out the facts, but never the findings.
    """
    echo_fact = echo_err if is_question else echo_note
    echo_fact("Reset link")
    for line in format_table(prepared_facts(check)):
        echo_fact(f"  {line}")
    for finding in check.findings:
        echo_err(f"  {'✗' if finding.is_blocking else '!'} {finding.message}")


def prepared_facts(check: PreparedReset) -> list[tuple[str, str]]:
    """Return what a reset would act on, as labels and values."""
    instance, user = check.instance, check.profile.user
    last = check.last_reset
    facts = [
        ("instance", f"{instance.name}  {instance.environment.upper()}  {instance.host}"),
        ("name", user.name),
        ("user name", user.user_name),
        ("e-mail", user.email),
        ("role", _format_role(user)),
        ("status", user.status.label),
        ("last reset", _format_reset(last) if last else "none known"),
    ]
    if check.last_failed is not None:
        facts.append(("last attempt", _format_reset(check.last_failed)))
    return facts


def interrupted_lines(row: HistoryEntry | None, action: CrmAction = CrmAction.RESET_LINK) -> list[str]:
    """Return what is to be known about a request that was interrupted, whose row this is.

    Without a row nothing left: what is not in the history is not requested.
    """
    if row is None:
        return ["Nothing was done." if action is CrmAction.ENABLE_LOGIN else "Nothing was sent."]
    where = f" It is row {row.id} of the history."
    if row.outcome is not Outcome.UNKNOWN:
        return [f"The history has the outcome: {row.outcome_label}.{where}", row.message]
    return unknown_lines(action, where)


def unknown_lines(action: CrmAction, where: str = "") -> list[str]:
    """Return what is to be known about a request of which nobody knows what became."""
    if action is CrmAction.ENABLE_LOGIN:
        return [f"The outcome is unknown: it may have been enabled.{where}", STILL_LOCKED_ADVICE]
    return [f"The outcome is unknown: it may have been sent.{where}", UNKNOWN_OUTCOME_ADVICE]


def format_user(check: PreparedReset) -> str:
    """Return the one-line form of the user of a prepared reset."""
    user = check.profile.user
    return format_person(user.name, user.user_name, user.email)


def _format_reset(entry: HistoryEntry) -> str:
    return f"{format_local_time(entry.requested_at)}  {entry.outcome}"


def _format_role(user: User) -> str:
    return user.role + ("  (admin)" if user.admin else "")

"""How resets are written: what was looked at as words, what became of each as a line or as JSON."""

from dataclasses import dataclass

from dazos_tui.cli.exits import report, tell
from dazos_tui.cli.output import OutputFailed, OutputGone, columns, json_line, named, out, words
from dazos_tui.crm.models import User
from dazos_tui.history.export import entry_record
from dazos_tui.history.models import Outcome
from dazos_tui.resets.service import Check, Result

_JSON_KEYS = ("outcome", "message", "instance", "user", "ticket", "history_id", "requested_at", "finished_at")


@dataclass(slots=True)
class Writer:
    """Writes what became of each reset of one call: to stdout, or as words once that cannot be written."""

    ticket: str
    as_json: bool
    _gone: bool = False

    def done(self, check: Check, result: Result) -> None:
        """Write what became of a reset, and on stderr what went wrong and what to do next."""
        entry = result.entry
        self._write(check, {**entry_record(entry)}, f"{entry.outcome}  {person(check)}  {entry.message}")
        if result.error is not None:
            tell(str(result.error), advice=result.advice)
        if result.record_error is not None:
            report(result.record_error)

    def left_out(self, check: Check, why: str) -> None:
        """Write that a reset was not asked for."""
        user = check.profile.user
        record: dict[str, object] = {
            "outcome": Outcome.NOT_SENT.value,
            "message": why,
            "instance": check.instance.name,
            "user": {"id": user.id, "user_name": user.user_name, "name": user.name, "email": user.email},
            "ticket": self.ticket,
            "history_id": None,
            "requested_at": None,
            "finished_at": None,
        }
        self._write(check, record, f"{Outcome.NOT_SENT}  {person(check)}  {why}")

    def refused(self, check: Check, why: str) -> None:
        """Write for a script that nothing was asked for; a person reads the reasons on stderr."""
        if self.as_json:
            self.left_out(check, why)

    def _write(self, check: Check, record: dict[str, object], line: str) -> None:
        findings = [finding.code for finding in check.findings]
        kept = {**{key: record[key] for key in _JSON_KEYS}, "findings": findings}
        self._out(json_line(kept) if self.as_json else line)
        if self._gone:
            words(line)

    def _out(self, line: str) -> None:
        # What cannot be written stops nothing: the sends go on, and the exit code tells of them.
        if self._gone:
            return
        try:
            out([line])
        except OutputGone:
            self._gone = True
        except OutputFailed as error:
            self._gone = True
            report(error)


def show(check: Check) -> None:
    """Show what a reset would act on, and what speaks against it."""
    instance, user = check.instance, check.profile.user
    last = check.last
    facts = [
        ("instance", f"{instance.name}  {instance.environment.upper()}  {instance.host}"),
        ("name", user.name),
        ("user name", user.user_name),
        ("e-mail", user.email),
        ("role", _role(user)),
        ("status", user.status.words),
        (
            "last reset",
            f"{last.requested_at.astimezone():%Y-%m-%d %H:%M}  {last.outcome}" if last else "none known",
        ),
    ]
    words("Reset link")
    for line in columns(facts):
        words(f"  {line}")
    for finding in check.findings:
        words(f"  {'✗' if finding.blocks else '!'} {finding.sentence}")


def person(check: Check) -> str:
    """Return how the person of a check is written in a line."""
    user = check.profile.user
    return named(user.name, user.user_name, user.email)


def _role(user: User) -> str:
    return user.role + ("  (admin)" if user.admin else "")

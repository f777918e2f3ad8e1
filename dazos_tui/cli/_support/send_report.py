"""How resets are written: what was looked at as words, what became of each as a line or as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dazos_tui.cli._support.exit_codes import report, tell
from dazos_tui.cli._support.output import OutputFailed, OutputGone, columns, json_line, named, out, words
from dazos_tui.config.models import Instance
from dazos_tui.crm.models import User
from dazos_tui.history.export import entry_record
from dazos_tui.history.models import Entry, Outcome
from dazos_tui.resets.service import Check, Result
from dazos_tui.text.sanitize import safe_text

_JSON_KEYS = ("outcome", "message", "instance", "user", "ticket", "history_id", "requested_at", "finished_at")


@dataclass(slots=True)
class Writer:
    """Writes what became of each reset of one call: to stdout, or as words once that cannot be written."""

    ticket: str
    as_json: bool
    _gone: bool = False
    _begun: bool = False

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
        known = {"id": user.id, "user_name": user.user_name, "name": user.name, "email": user.email}
        record = self._not_asked(check.instance, known, why)
        self._write(check, record, f"{Outcome.NOT_SENT}  {person(check)}  {why}")

    def refused(self, check: Check, why: str) -> None:
        """Write for a script that nothing was asked for; a person reads the reasons on stderr."""
        if self.as_json:
            self.left_out(check, why)

    def nobody(self, instance: Instance, arguments: Sequence[str], why: str) -> None:
        """Write for a script, unless a line was written, that it ended before anybody was asked for.

        Who is meant is not known then: each line has the `argument` as it was given.
        """
        if not self.as_json or self._begun:
            return
        unknown = dict.fromkeys(("id", "user_name", "name", "email"))
        for argument in arguments:
            record = self._not_asked(instance, unknown, safe_text(why))
            self._out(json_line({**record, "findings": [], "argument": safe_text(argument)}))

    def _not_asked(self, instance: Instance, user: Mapping[str, str | None], why: str) -> dict[str, object]:
        return {
            "outcome": Outcome.NOT_SENT.value,
            "message": why,
            "instance": instance.name,
            "user": user,
            "ticket": self.ticket,
            "history_id": None,
            "requested_at": None,
            "finished_at": None,
        }

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
        self._begun = True
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
        ("last reset", _when(last) if last else "none known"),
    ]
    if check.failed is not None:
        facts.append(("last try", _when(check.failed)))
    words("Reset link")
    for line in columns(facts):
        words(f"  {line}")
    for finding in check.findings:
        words(f"  {'✗' if finding.blocks else '!'} {finding.sentence}")


def person(check: Check) -> str:
    """Return how the person of a check is written in a line."""
    user = check.profile.user
    return named(user.name, user.user_name, user.email)


def _when(entry: Entry) -> str:
    return f"{entry.requested_at.astimezone():%Y-%m-%d %H:%M}  {entry.outcome}"


def _role(user: User) -> str:
    return user.role + ("  (admin)" if user.admin else "")

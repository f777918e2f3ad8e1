"""``dazos-tui learn``: teaches the config an instance's own requests, from a recording of a browser."""

import re
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from shlex import quote

import click

from dazos_tui.cli._support import prompts
from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_err, echo_note, format_table, json_line, write_stdout
from dazos_tui.cli._support.output_options import json_options
from dazos_tui.cli._support.pasted_text import read_pasted_text
from dazos_tui.config.edit import change_instance, preview_instance
from dazos_tui.config.errors import ConfigError, MissingConfigError
from dazos_tui.config.models import Instance
from dazos_tui.config.toml_edit import Keys, Value, dotted_text, key_text
from dazos_tui.learning.config_changes import request_changes
from dazos_tui.learning.curl import MAX_COMMAND_LENGTH, parse_curl
from dazos_tui.learning.har import read_har
from dazos_tui.learning.recording import RecordingError
from dazos_tui.learning.recording_file import read_command_file
from dazos_tui.learning.request_lesson import LearnedRequest, learn_request
from dazos_tui.learning.walk import LearnedPart, crm_addresses, learn_walk
from dazos_tui.system.paths import is_existing_file
from dazos_tui.text.sanitize import safe_text

_HUNK = re.compile(r"@@ -[0-9,]+ \+([0-9]+)[0-9,]* @@")
_PASTE_PROMPT = "Paste the request copied as cURL, then press Ctrl+D. It is not shown."


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What was learned, whatever the recording was."""

    request: LearnedRequest | None
    changes: dict[Keys, Value]
    recognised: tuple[LearnedPart, ...] = ()
    missing: tuple[LearnedPart, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the recording is: a command in a file or on stdin (``-``), or a HAR file."""

    curl: str | None
    har: Path | None

    @property
    def advice(self) -> str:
        """Return what to do with the recording afterwards; empty if the file does not exist."""
        if self.curl == "-":
            return "The clipboard may still hold a live session: copy something else, or sign out there."
        path = self.har if self.har is not None else Path(self.curl or "")
        if not is_existing_file(path):
            return ""
        return (
            f"Delete {safe_text(str(path))} now: it holds a live session and people's data. Signing out in "
            "that browser ends the session."
        )


@click.command()
@instance_option
@click.option(
    "--curl", metavar="FILE", help="Learn from one request, copied as cURL (or fetch); -: pasted or piped in."
)
@click.option(
    "--har", type=click.Path(path_type=Path), metavar="FILE", help="Learn from a HAR file of the whole walk."
)
@click.option("--person", metavar="FIELD", help="The field that is the person, if that is not clear.")
@click.option("--yes", is_flag=True, help="Write without asking. Required if there is no terminal.")
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
@json_options
@click.pass_obj
def learn(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    *,
    instance: str | None,
    curl: str | None,
    har: Path | None,
    person: str | None,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Learn from your browser how an instance sends a link, and write it into the config.

    In the browser's developer tools, record how you send a link to yourself: copy that one request as cURL,
    or save the whole walk (sign in, list, person, send) as HAR. It is read on this machine and nobody is
    contacted. Cookies, tokens, passwords and people's data are dropped. You see what would be written, and
    are asked. Exit codes: 0 written, or nothing to write; 2 not a recording; 3 you declined; 4 the recording
    does not show what is needed.
    """
    if (curl is None) == (har is None):
        raise click.UsageError("Give either --curl FILE or --har FILE.")
    source = _Source(curl, har)
    chosen = _resolve_instance(settings, instance, source)
    try:
        lesson = _learn(chosen, source, person)
        if not as_json:
            write_stdout([*_report(lesson), *_diff(settings.config_path, chosen, lesson)])
        _require_usable(lesson)
        written = _apply(settings.config_path, chosen, lesson, yes=yes, dry_run=dry_run)
    except (RecordingError, CommandError, ConfigError) as error:
        error.advice = "\n".join(filter(None, [error.advice, source.advice]))
        raise
    if as_json:
        write_stdout([json_line(_record(chosen, lesson, written=written))])
    echo_err(source.advice)
    return ExitCode.DONE


def _resolve_instance(settings: Settings, name: str | None, source: _Source) -> Instance:
    """Return the instance. Raises ConfigError; for a new one, it says what to write into the config."""
    wanted = name if name is not None else settings.instance
    try:
        return settings.resolve_instance(name)
    except ConfigError as error:
        is_new = isinstance(error, MissingConfigError) or wanted not in settings.config().instances
        if source.har is not None and wanted is not None and is_new:
            error.advice = "\n".join([error.advice, *_proposed_table(wanted, source.har)])
        raise


def _proposed_table(name: str, har: Path) -> list[str]:
    """Return lines that say how to add the instance of a recording."""
    addresses = crm_addresses(read_har(har))
    if len(addresses) != 1:
        return []
    return [
        f"The recording is of {addresses[0]}. Add it first: start “dazos-tui”, or write into the config:",
        f"[{dotted_text(('instances', name))}]",
        key_text(("url",), addresses[0]),
        'username = "…"      # your user name there',
        'environment = "…"   # production, staging or sandbox',
    ]


def _learn(instance: Instance, source: _Source, person: str | None) -> _Lesson:
    """Return what the recording says. Raises RecordingError."""
    if source.har is not None:
        walk = learn_walk(instance, read_har(source.har), person_field=person)
        return _Lesson(walk.reset, walk.changes, walk.recognised, walk.missing)
    request = parse_curl(_read_command(source.curl or "-"))
    learned = learn_request(instance, request, person_field=person)
    changes = request_changes(instance, request, learned.template) if learned.template is not None else {}
    return _Lesson(learned, changes)


def _read_command(name: str) -> str:
    if name == "-":
        return read_pasted_text(_PASTE_PROMPT, limit=MAX_COMMAND_LENGTH)
    return read_command_file(Path(name), max_bytes=MAX_COMMAND_LENGTH)


def _report(lesson: _Lesson) -> list[str]:
    """Return what was recognised and what was not, as lines."""
    lines = []
    if lesson.recognised:
        lines += ["Recognised:", *_table([(part.topic, part.words) for part in lesson.recognised])]
    if lesson.missing:
        rows = [(part.topic, f"{part.words}. {part.advice}".strip()) for part in lesson.missing]
        lines += ["Not recognised:", *_table(rows)]
    if lesson.request is not None and not lesson.recognised:
        lines.append(f"Request: {safe_text(lesson.request.summary)}")
    if lesson.request is not None:
        lines += _request_lines(lesson.request)
    return lines


def _table(rows: list[tuple[str, str]]) -> list[str]:
    return [f"  {line}" for line in format_table([(safe_text(one), safe_text(other)) for one, other in rows])]


def _request_lines(request: LearnedRequest) -> list[str]:
    if not request.kept:
        return list(request.notes)
    kept, dropped = ", ".join(request.kept), ", ".join(request.dropped) or "nothing"
    return [f"Kept: {kept}. Dropped: {dropped}.", *request.notes]


def _diff(path: Path, instance: Instance, lesson: _Lesson) -> list[str]:
    """Return the lines of the config that would change. Raises ConfigError."""
    if not lesson.changes:
        return []
    before, after = (text.splitlines() for text in preview_instance(path, instance.name, lesson.changes))
    changed = _changed_lines(before, after)
    return [f"Would be written to {safe_text(str(path))}:", *map(safe_text, changed)]


def _changed_lines(before: list[str], after: list[str]) -> list[str]:
    """Return the lines that differ, with the header of the table above those that do not begin one."""
    shown, header = list[str](), ""
    for line in [*unified_diff(before, after, n=0, lineterm="")][2:]:
        if hunk := _HUNK.match(line):
            above = [one for one in after[: int(hunk[1])] if one.lstrip().startswith("[")]
            header = above[-1] if above else ""
        elif line[1:].strip():
            if header and not line[1:].lstrip().startswith("[") and f" {header}" not in shown:
                shown.append(f" {header}")
            header = ""
            shown.append(line)
    return shown


def _require_usable(lesson: _Lesson) -> None:
    """Raise CommandError if nothing follows from the recording."""
    if lesson.request is not None and lesson.request.candidates:
        names = ", ".join(f"“{one.name}”" for one in lesson.request.candidates)
        raise CommandError(
            ExitCode.NO_MATCH,
            f"The names of the fields do not say which one is the person. These have a number: {names}.",
            advice="Choose one with --person FIELD: the one with the number of the person's record.",
        )
    if lesson.request is None and not lesson.changes:
        raise CommandError(
            ExitCode.NO_MATCH,
            "Nothing was recognised that belongs into the config.",
            advice="Record the whole walk: sign in, list of users, a person, and a link sent to yourself.",
        )


def _apply(path: Path, instance: Instance, lesson: _Lesson, *, yes: bool, dry_run: bool) -> bool:
    """Write the changes, if there are any and the user agrees; return whether they were written."""
    if not lesson.changes:
        echo_note("Nothing to write: the config says it already, or it is not needed.")
        return False
    if dry_run:
        echo_note("Nothing was written.")
        return False
    if not yes and not prompts.can_ask():
        raise CommandError(
            ExitCode.USAGE,
            "Could not ask before writing: there is no terminal. Nothing was written.",
            advice="To write without being asked, use --yes.",
        )
    if not yes and not prompts.confirm("Write this into the config?"):
        raise CommandError(ExitCode.NOT_SENT, "Nothing was written.", advice="")
    change_instance(path, instance.name, lesson.changes)
    echo_note(f"Written to {safe_text(str(path))}.")
    name = quote(instance.name)
    echo_note(f"Next: check it with “dazos-tui doctor -i {name}”, then send the first link to yourself.")
    return True


def _record(instance: Instance, lesson: _Lesson, *, written: bool) -> dict[str, object]:
    request = lesson.request
    return {
        "instance": instance.name,
        "recognised": [{"topic": part.topic, "words": part.words} for part in lesson.recognised],
        "missing": [
            {"topic": part.topic, "words": part.words, "advice": part.advice} for part in lesson.missing
        ],
        "request": request.summary if request is not None else None,
        "kept": request.kept if request is not None else [],
        "dropped": request.dropped if request is not None else [],
        "notes": request.notes if request is not None else [],
        "changes": {".".join(keys): value for keys, value in lesson.changes.items()},
        "written": written,
    }

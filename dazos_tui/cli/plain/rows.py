"""The history in plain mode: rows in words, their notes for the ticket, and who is back in."""

from asyncio import to_thread
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from dazos_tui.cli._support.noted import record_noted
from dazos_tui.cli.plain.console import PAGE, StepCancelledError, StepGivenUpError, as_number, brief
from dazos_tui.cli.plain.visit import Visit
from dazos_tui.history.models import BackIn, BackInProof, HistoryEntry
from dazos_tui.history.times import format_local_time, utc_now
from dazos_tui.notes.note import render_note
from dazos_tui.notes.note_command import run_note_command
from dazos_tui.verification.next_step import LOOKBACK, is_waiting, next_step
from dazos_tui.verification.service import Verdict, Verification

NOTHING = "No reset is recorded."

_NOBODY_WAITS = "Nobody is waiting: no link that may have gone out is open."

_MOST_ROWS = 10 * PAGE
"""The most rows that a search of the history reads out."""

_ENTRY_ACTIONS = ("Note for the ticket", "Is the person back in", "The person says they are back in")
"""The first is for every row, the others for one whose person is not back in yet."""


def row_line(entry: HistoryEntry) -> str:
    """Return a row of the history in one line."""
    request = entry.request
    ticket = f"ticket {request.ticket}" if request.ticket else ""
    waiting = "not back in yet" if is_waiting(entry) else ""
    who = request.name or request.user_name
    when = f"{entry.outcome_label} {format_local_time(entry.requested_at)}"
    return ", ".join(filter(None, (who, when, ticket, entry.back_in_label or waiting)))


def row_facts(entry: HistoryEntry) -> list[str]:
    """Return everything about a row of the history, a line each."""
    request = entry.request
    facts = {
        "Row": str(entry.id),
        "Action": entry.action.value,
        "Outcome": entry.outcome_label,
        "The CRM said": entry.message,
        "Person": f"{request.name or request.user_name}, {request.user_name}",
        "E-mail": request.email,
        "Instance": f"{request.instance}, {request.environment.upper()}, {request.host}",
        "Ticket": request.ticket,
        "Requested": f"{format_local_time(entry.requested_at)} by {request.asked_by}",
        "Since then": entry.back_in_label,
        "Next": next_step(entry, utc_now()) if is_waiting(entry) else "",
    }
    return [f"{label}: {value}" for label, value in facts.items() if value]


async def browse_rows(visit: Visit, rows: Sequence[HistoryEntry], *, nothing: str) -> None:
    """Read out rows, newest first, and do what is chosen for one; say `nothing` if there are none.

    Raises as `Console.ask` does.
    """
    console, start, answer = visit.console, 0, "m"
    if not rows:
        console.say(nothing)
        return
    while answer:
        if answer == "m" and start < len(rows):
            shown = rows[start : start + PAGE]
            console.say(*(f"{start + at}. {row_line(entry)}" for at, entry in enumerate(shown, start=1)))
            start += len(shown)
        elif (number := as_number(answer, start)) is not None:
            await open_row(visit, rows[number - 1])
            return
        else:
            console.say(f"“{answer}” is not a number from 1 to {start}.")
        more = f", m for {len(rows) - start} more" if start < len(rows) else ""
        answer = console.ask(f"Number{more}, or Enter to go back:")


async def open_row(visit: Visit, entry: HistoryEntry) -> None:
    """Read out a row, and do what is chosen for it. Raises as `Console.ask` does."""
    visit.console.say(*row_facts(entry))
    chosen = visit.console.choose(_ENTRY_ACTIONS if is_waiting(entry) else _ENTRY_ACTIONS[:1])
    if chosen == 0:
        await take_note(visit, entry)
    elif chosen == 1:
        await check_back_in(visit, [entry])
    elif chosen == 2 and visit.console.agrees(
        f"Record that {brief(entry.request.name or entry.request.user_name)} is back in?"
    ):
        await _record_back_in(visit, entry)


async def _record_back_in(visit: Visit, entry: HistoryEntry) -> None:
    record = partial(visit.store.record_back_in, entry.id, BackIn(utc_now(), BackInProof.PERSON))
    try:
        row = await visit.console.during("Recording it", to_thread(record))
    except StepCancelledError:
        visit.console.say("Cancelled. It may have been recorded: the history shows it then.")
    else:
        visit.console.say(f"Noted: {row_line(row)}.")


async def search_history(visit: Visit) -> None:
    """Ask what to look for in the history, and read out what is found. Raises HistoryError."""
    words = visit.console.ask("Words to find in the history, or Enter for the newest:")
    search = partial(visit.store.search, words, instance=visit.instance.name, limit=_MOST_ROWS + 1)
    rows = await visit.read_history(search)
    await visit.say_notice()
    if len(rows) > _MOST_ROWS:
        visit.console.say(f"Only the newest {_MOST_ROWS}: more words find less.")
    nothing = f"Nothing in the history of {visit.instance.name} matches “{words}”." if words else NOTHING
    await browse_rows(visit, rows[:_MOST_ROWS], nothing=nothing)


async def check_waiting(visit: Visit) -> None:
    """Look for the sign-ins of everybody who is not back in yet. Raises CrmError, HistoryError."""
    since, name = utc_now() - LOOKBACK, visit.instance.name
    waiting = await visit.read_history(partial(visit.store.resets_awaiting_sign_in, since, instance=name))
    await visit.say_notice()
    await check_back_in(visit, waiting)


async def check_back_in(
    visit: Visit, entries: Sequence[HistoryEntry], *, nobody: str = _NOBODY_WAITS
) -> None:
    """Look for sign-ins after these resets, and say who is back in; say `nobody` if there are no resets.

    Raises CrmError, HistoryError.
    """
    if not entries:
        visit.console.say(nobody)
        return
    found = await visit.read("Reading the login history", partial(visit.back_in.check, entries))
    visit.console.say(*map(_verification_line, found))


def _verification_line(one: Verification) -> str:
    request = one.entry.request
    unclear = "unclear" if one.verdict is Verdict.UNCLEAR else "not back in yet"
    words = f"{request.name or request.user_name}: {one.entry.back_in_label or unclear}. {one.explanation}"
    return f"{words.rstrip()} {next_step(one.entry, utc_now()) if is_waiting(one.entry) else ''}".rstrip()


async def take_note(visit: Visit, entry: HistoryEntry) -> None:
    """Read out the note for the ticket, and offer to hand it over. Raises NoteCommandError."""
    config = visit.context.config
    mask = config.note_mask_address
    text = render_note(entry, template=config.note_template, mask_address=mask)
    read_note(visit, text)
    # It is recorded although nobody waits for it.
    with suppress(StepCancelledError):
        recorded = to_thread(record_noted, visit.store, entry)
        await visit.console.during("Recording that the note was read", recorded)
    if config.note_command is None:
        return
    program = config.note_command[0]
    ticket = entry.request.ticket or visit.console.ask("Ticket to hand the note over to, or Enter for none:")
    if ticket and visit.console.agrees(f"Hand the note over to {ticket} with {program}?"):
        about = replace(entry, request=replace(entry.request, ticket=ticket))
        work = run_note_command(
            config.note_command, about, text, secret_variables=config.secret_variables, mask_address=mask
        )
        try:
            await visit.console.during("Handing the note over", work)
        except StepGivenUpError:
            visit.console.say(f"{program} was stopped. Look in the ticket: it may have the note already.")
        else:
            visit.console.say(f"The note was passed to {program}.")


def read_note(visit: Visit, text: str) -> None:
    """Read out the lines of a note."""
    lines = text.split("\n")
    visit.console.say(f"Note for the ticket, {len(lines)} lines:", *lines, "End of the note.")

"""Sending a link, or enabling a login, in plain mode: the same guards as everywhere, in words."""

from contextlib import suppress
from functools import partial

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.form_route import FORM_QUESTION
from dazos_tui.cli._support.output import is_terminal
from dazos_tui.cli._support.send_report import interrupted_lines, prepared_facts, unknown_lines
from dazos_tui.cli.plain.console import StepCancelledError, StepGivenUpError, brief
from dazos_tui.cli.plain.rows import take_note
from dazos_tui.cli.plain.visit import Visit
from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.models import MenuItemKind, Profile, User
from dazos_tui.directory.email_typos import count_domains
from dazos_tui.history.models import CrmAction, Outcome
from dazos_tui.resets.accounts import UserSnapshot
from dazos_tui.resets.service import PreparedReset, ResetResult, ResetService

_NOTHING_SENT = "Nothing was sent."


async def send_link(visit: Visit, user: User) -> None:
    """Check a person afresh, ask, and send the link that was shown.

    Raises CommandError if nobody hears the question, ResetBlockedError, HistoryError (then nothing was
    sent), CrmError, and as `Console.ask` does.
    """
    _require_terminal("send", advice="To send without being asked, use dazos-tui send --yes.")
    check = await _check(visit, user)
    await _read_out(visit, check)
    if check.needs_forgot_password_form and visit.console.agrees(FORM_QUESTION):
        visit.use_form_route()
        check = await _check(visit, user)
        await _read_out(visit, check)
    if check.blockers:
        visit.console.say("No link can be sent.")
        return
    ticket = _ask_ticket(visit)
    if not _confirm(visit, check):
        visit.console.say(_NOTHING_SENT)
        return
    await _send(visit, check, ticket)


async def enable_login(visit: Visit, user: User) -> None:
    """Enable a locked login after a question. Raises as `send_link` does."""
    _require_terminal("enable a login")
    profile = await fetch_profile(visit, user)
    item = profile.menu_item(MenuItemKind.ENABLE_LOGIN)
    if item is None:
        visit.console.say("The login is not locked: the CRM does not offer to enable it.")
        return
    ticket = _ask_ticket(visit)
    who = f"{brief(profile.user.name)} ({profile.user.user_name}) in {visit.place}"
    if not visit.console.agrees(f"{item.label} for {who}?"):
        visit.console.say("Nothing was done.")
        return
    visit.ticket = ""
    # Read again: another admin may have enabled it since.
    fresh = await fetch_profile(visit, user)
    resets = visit.resets
    try:
        work = resets.enable_login(fresh, ticket=ticket)
        result = await visit.console.during("Enabling the login", work)
    except StepGivenUpError:
        visit.console.say("Cancelled while the login was being enabled.")
        await _say_given_up(visit, resets, CrmAction.ENABLE_LOGIN)
        return
    await _read_result(visit, result)


def _require_terminal(action: str, *, advice: str = "") -> None:
    """Raise CommandError if the user cannot hear a question, or cannot answer it."""
    if not (is_terminal("stdin") and is_terminal("stdout")):
        words = f"Could not ask whether to {action}: input and output are not both a terminal."
        raise CommandError(ExitCode.USAGE, words, advice=advice)


async def fetch_profile(visit: Visit, user: User) -> Profile:
    """Return a person's profile with both menus, read now. Raises as `Visit.read` does."""
    fetch = partial(visit.client.fetch_profile, user.id, include_row_menu=True)
    return await visit.read("Reading the profile", fetch)


async def _check(visit: Visit, user: User) -> PreparedReset:
    profile = await fetch_profile(visit, user)
    domains = count_domains(visit.people.users)
    snapshot = UserSnapshot.from_user(user)
    work = visit.resets.prepare_for_profile(profile, snapshot=snapshot, domains=domains)
    return await visit.console.during("Checking", work)


async def _read_out(visit: Visit, check: PreparedReset) -> None:
    """Read out what a send would act on, and every finding with its weight."""
    say = visit.console.say
    say("Before sending:", *(f"{label}: {value or 'none'}" for label, value in prepared_facts(check)))
    for finding in check.findings:
        weight = "Blocked" if finding.is_blocking else "STOP" if finding.is_overridable else "Note"
        say(f"{weight}: {finding.message}")
    await visit.say_notice()


def _ask_ticket(visit: Visit) -> str:
    if not visit.ticket:
        return ticket_typed(visit.console.ask("Ticket, or Enter for none:"))
    typed = visit.console.ask(f"Ticket, or Enter for {visit.ticket}, or - for none:")
    return ticket_typed(typed or visit.ticket)


def ticket_typed(answer: str) -> str:
    """Return the ticket that an answer gives: a dash is none."""
    return answer if answer != "-" else ""


def _confirm(visit: Visit, check: PreparedReset) -> bool:
    """Ask whether to send what was read out; STOPs are overridden with another answer than yes."""
    user, stops = check.profile.user, len(check.overridable)
    what = f"Send a link to {brief(user.name or user.user_name)}, {user.email}, in {visit.place}"
    if not stops:
        return visit.console.agrees(f"{what}?")
    despite = "1 STOP" if stops == 1 else f"{stops} STOPs"
    question = f"{what}, despite {despite}? A and Enter sends, anything else does not:"
    return visit.console.ask(question, fresh=True) == "A"


async def _send(visit: Visit, check: PreparedReset, ticket: str) -> None:
    allowed = frozenset(finding.code for finding in check.overridable)
    visit.ticket = ""
    resets = visit.resets
    try:
        work = resets.send(check, ticket=ticket, allowed=allowed)
        result = await visit.console.during("Requesting the link", work)
    except StepGivenUpError:
        visit.console.say("Cancelled while the link was requested.")
        await _say_given_up(visit, resets, CrmAction.RESET_LINK)
        return
    await _read_result(visit, result)
    if result.entry.outcome is not Outcome.SENT or result.record_error is not None:
        return
    if visit.context.config.sign_in_check_seconds:
        # Without it a sign-in in the same minute is no proof; nothing else is lost.
        with suppress(CrmError, StepCancelledError):
            baseline = visit.back_in.record_baseline(result.entry)
            await visit.console.during("Reading the sign-ins so far", baseline)
    if ticket:
        await take_note(visit, result.entry)


async def _say_given_up(visit: Visit, resets: ResetService, action: CrmAction) -> None:
    """Say what is known about a request that was cancelled."""
    try:
        row = await visit.console.during("Reading the history", resets.read_begun())
    except StepCancelledError:
        visit.console.say(*unknown_lines(action))
    else:
        visit.console.say(*interrupted_lines(row, action))


async def _read_result(visit: Visit, result: ResetResult) -> None:
    """Read out the outcome, the CRM's words, and what to do next."""
    entry, say = result.entry, visit.console.say
    request = entry.request
    say(f"{entry.outcome_label.capitalize()}: {request.name or request.user_name}, {request.email}.")
    source = "Reason" if result.error is not None else "The CRM said"
    say(f"{source}: {entry.message}", *([result.advice] if result.advice else []))
    if result.record_error is not None:
        visit.console.report(result.record_error)
    with suppress(StepCancelledError):
        await visit.say_notice()

"""The conversation itself: choosing an instance, then finding one person after the other."""

import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from dazos_tui.cli._support.quiet import hide_progress
from dazos_tui.cli._support.signed_in import run_async, signed_in
from dazos_tui.cli.plain.console import Console, EndOfInputError, IdleError, StepCancelledError, as_number
from dazos_tui.cli.plain.people import PeopleList
from dazos_tui.cli.plain.person import open_person
from dazos_tui.cli.plain.rows import check_waiting, search_history
from dazos_tui.cli.plain.sending import ticket_typed
from dazos_tui.cli.plain.trouble import explain_missing
from dazos_tui.cli.plain.visit import PlainContext, SwitchInstanceError, Visit
from dazos_tui.config.errors import ConfigError
from dazos_tui.config.models import Instance

_HELP = (
    "Type part of a name, a user name or an e-mail, then Enter. A number opens that person.",
    "m: more people. r: read the list again. t: ticket for the next link.",
    "h: history. v: who is back in. w: what to try for somebody whom nobody matches.",
    "i: another instance. q or Ctrl+D: quit. Ctrl+C: cancel what is going on.",
    "To search for a single letter or a number, type / before it.",
)


class _QuitError(Exception):
    """The user is done."""


@dataclass
class _Start:
    """What the next instance begins with."""

    instance: str | None
    search: str
    ticket: str


def run_plain(context: PlainContext, *, instance: str | None, search: str = "", ticket: str = "") -> int:
    """Talk until the user quits; return the exit code.

    Raises ConfigError for an unknown `instance`, or if the config has none.
    """
    hide_progress()
    if instance is not None:
        context.config.instance(instance)
    if not context.config.instances:
        raise ConfigError("There is no instance in the config.", advice="Try “dazos-tui --plain demo”.")
    run_async(_talk(context, _Start(instance, search, ticket)))
    return 0


async def _talk(context: PlainContext, start: _Start) -> None:
    console = context.console
    # By itself, asyncio would cancel everything.
    signal.signal(signal.SIGINT, console.on_interrupt)
    console.say("dazos-tui, plain mode. ? is help, q quits.")
    try:
        while True:
            instance = context.config.instance(start.instance) if start.instance else _choose(context)
            start.instance = instance.name
            await _visit_safely(context, instance, start)
    except (EndOfInputError, _QuitError):
        console.say("Goodbye.")


def _choose(context: PlainContext) -> Instance:
    """Ask for an instance, unless there is only one.

    Raises EndOfInputError, _QuitError.
    """
    instances = list(context.config.instances.values())
    if len(instances) == 1:
        return instances[0]
    console = context.console
    names = [f"{one.name}, {one.environment.upper()}, {one.host}" for one in instances]
    console.say("Instances:", *(f"{number}. {name}" for number, name in enumerate(names, start=1)))
    while True:
        try:
            answer = console.ask("Number of the instance:", is_timed=False)
        except StepCancelledError:
            continue
        if answer == "q":
            raise _QuitError
        if (number := as_number(answer, len(instances))) is not None:
            return instances[number - 1]
        if answer in context.config.instances:
            return context.config.instances[answer]
        console.say(f"“{answer}” is none of them. q quits." if answer else "q quits.")


async def _visit_safely(context: PlainContext, instance: Instance, start: _Start) -> None:
    """Visit an instance, and set in `start` how to go on. Raises EndOfInputError, _QuitError."""
    console = context.console
    try:
        if not await console.attempt(_visit(context, instance, start)):
            _begin_again(context, start)
    except SwitchInstanceError as switch:
        start.instance, start.search = None, switch.search
    except IdleError:
        console.say(f"Locked: nothing was typed for {context.config.lock_minutes} minutes.")
        _wait_for_return(context)


def _begin_again(context: PlainContext, start: _Start) -> None:
    """Have an instance chosen again; where there is only one, wait. Raises EndOfInputError, _QuitError."""
    start.instance = None
    if len(context.config.instances) == 1:
        _wait_for_return(context)


def _wait_for_return(context: PlainContext) -> None:
    """Wait until the user wants to sign in again. Raises EndOfInputError, _QuitError."""
    while True:
        try:
            if context.console.ask("Enter signs in again, q quits:", is_timed=False) == "q":
                raise _QuitError
        except StepCancelledError:
            continue
        return


async def _visit(context: PlainContext, instance: Instance, start: _Start) -> None:
    """Sign in and find people, until another instance is chosen. Raises SwitchInstanceError, CrmError …"""
    console = context.console
    async with AsyncExitStack() as stack:
        opening = stack.enter_async_context(signed_in(instance, _pause_listener(console, instance.name)))
        client = await console.during(f"Signing in to {instance.name}", opening)
        visit = Visit(context, instance, client)
        console.say(f"Signed in to {visit.place}, {instance.host}, as {instance.operator}.")
        search, ticket = start.search, start.ticket
        start.search = start.ticket = ""
        try:
            await _find_people(visit, search, ticket)
        finally:
            # It is for the next link, wherever that is sent.
            start.ticket = visit.ticket


def _pause_listener(console: Console, name: str) -> Callable[[int], None]:
    """Return what says once for each pause that the instance of this name asks for how long it is."""
    left = 0

    def on_pause(seconds: int) -> None:
        nonlocal left
        if seconds > left:
            console.say(f"{name} asked for a pause of {seconds} seconds.")
        left = seconds

    return on_pause


async def _find_people(visit: Visit, search: str, ticket: str) -> None:
    """Take one search or command after the other. Raises SwitchInstanceError, EndOfInputError …"""
    people = PeopleList(visit)
    console = visit.console
    step: Awaitable[None] = _begin(visit, people, search, ticket)
    while True:
        await console.attempt(step)
        step = _obey(visit, people, _ask_what_next(console))


def _ask_what_next(console: Console) -> str:
    """Return what is typed, which is not empty. Raises EndOfInputError, IdleError."""
    answer = ""
    while not answer:
        try:
            answer = console.ask("Name, number, or ? for help:")
        except StepCancelledError:
            console.say("Cancelled. q quits.")
    return answer


async def _begin(visit: Visit, people: PeopleList, search: str, ticket: str) -> None:
    """Have the list, and do what the command line asked for. Raises as `Console.ask` does."""
    if ticket:
        visit.plan_ticket(ticket)
    # Each step can do without those before it.
    attempt = visit.console.attempt
    await attempt(visit.load_people())
    # Who starts plain mode is about to send.
    await attempt(visit.read_history(visit.store.require_current))
    await attempt(people.read_ticket())
    if search:
        await attempt(people.search(search))


async def _obey(visit: Visit, people: PeopleList, answer: str) -> None:
    """Do what one line asks for: a command, the number of a person, or a search."""
    if (command := _COMMANDS.get(answer)) is not None:
        await command(visit, people)
    elif (user := people.numbered(answer)) is not None:
        await open_person(visit, user)
    elif not people.refuses_number(answer):
        await people.search(answer.removeprefix("/"))


async def _say_help(visit: Visit, _people: PeopleList) -> None:
    visit.console.say(*_HELP)


async def _quit(_visit: Visit, _people: PeopleList) -> None:
    raise _QuitError


async def _switch(_visit: Visit, _people: PeopleList) -> None:
    raise SwitchInstanceError


async def _read_more(visit: Visit, people: PeopleList) -> None:
    if not people.read_more():
        visit.console.say("That was everybody.")


async def _explain_missing(visit: Visit, people: PeopleList) -> None:
    if people.unmatched:
        explain_missing(visit, people.unmatched, is_certain=people.is_certain)
    else:
        visit.console.say("w is for a name that nobody matches: type it first.")


async def _choose_ticket(visit: Visit, people: PeopleList) -> None:
    visit.plan_ticket(ticket_typed(visit.console.ask("Ticket for the next link, or Enter for none:")))
    await people.read_ticket()


_COMMANDS: dict[str, Callable[[Visit, PeopleList], Awaitable[None]]] = {
    "?": _say_help,
    "q": _quit,
    "i": _switch,
    "m": _read_more,
    "r": lambda visit, _people: visit.load_people(again=True),
    "h": lambda visit, _people: search_history(visit),
    "v": lambda visit, _people: check_waiting(visit),
    "w": _explain_missing,
    "t": _choose_ticket,
}

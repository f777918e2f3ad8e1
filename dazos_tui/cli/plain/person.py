"""A person's profile in plain mode, and what can be done for them."""

from collections.abc import Awaitable, Callable
from functools import partial

from dazos_tui.cli.plain.console import as_number, brief
from dazos_tui.cli.plain.rows import NOTHING, browse_rows, row_line, take_note
from dazos_tui.cli.plain.sending import enable_login, fetch_profile, send_link
from dazos_tui.cli.plain.trouble import check_person, troubleshoot
from dazos_tui.cli.plain.visit import Visit
from dazos_tui.crm.models import Profile, User
from dazos_tui.history.errors import HistoryError
from dazos_tui.resets.accounts import account_of

_Action = Callable[[Visit, User], Awaitable[None]]

_BACK = "Back"
_SEND = "Send Reset Link"


async def open_person(visit: Visit, user: User) -> None:
    """Read out a person's profile and do what is chosen, until they are left.

    Raises CrmError if the profile cannot be read, and as `Console.ask` does; an error of an action is said.
    """
    profile = await fetch_profile(visit, user)
    await _read_out(visit, profile)
    actions = _actions(profile)
    visit.console.say_numbered(list(actions))
    question = f"What for {brief(user.name or user.user_name)}? Number, or ? for the list:"
    while True:
        answer = visit.console.ask(question)
        number = as_number(answer, len(actions))
        if number is None:
            visit.console.say_numbered(list(actions))
            continue
        action = list(actions.values())[number - 1]
        if action is None:
            return
        await visit.console.attempt(action(visit, user))


def _actions(profile: Profile) -> dict[str, _Action | None]:
    """Return what can be done for a person, by its name; None leaves them."""

    async def read_fields(visit: Visit, _user: User) -> None:
        for block in profile.blocks:
            filled = [field for field in block.fields if field.value]
            visit.console.say(f"{block.title}:", *(f"{field.label}: {field.value}" for field in filled))

    return {
        _SEND: send_link,
        "History of this person": _history,
        "Is the person back in": check_person,
        "Can't get in: find out why": troubleshoot,
        "Note for the ticket": _note,
        _BACK: None,
        "All fields of the profile": read_fields,
        **({"Enable the locked login": enable_login} if profile.is_locked else {}),
    }


async def _read_out(visit: Visit, profile: Profile) -> None:
    user = profile.user
    facts = {
        "Profile of": user.name,
        "Instance": f"{visit.place}, {visit.instance.host}",
        "User name": user.user_name,
        "E-mail": user.email,
        "Role": f"{user.role}, admin" if user.admin else user.role,
        "Status": f"{user.status.label}, login locked" if profile.is_locked else user.status.label,
        "More menu": ", ".join(item.label for item in profile.menu if item.is_shown),
    }
    visit.console.say(*(f"{label}: {value or 'none'}" for label, value in facts.items()))
    find = partial(visit.store.last_reset, account_of(visit.instance, user), mailbox=True)
    try:
        last = await visit.read_history(find)
    except HistoryError as error:
        # It only stops sends: people can be looked up.
        visit.console.say("Last link: not known.")
        visit.console.report(error)
    else:
        visit.console.say(f"Last link: {row_line(last) if last is not None else 'none from here'}")
        await visit.say_notice()


async def _history(visit: Visit, user: User) -> None:
    account = account_of(visit.instance, user)
    rows = await visit.read_history(partial(visit.store.entries_of_account, account))
    await visit.say_notice()
    await browse_rows(visit, rows, nothing=NOTHING)


async def _note(visit: Visit, user: User) -> None:
    account = account_of(visit.instance, user)
    last = await visit.read_history(partial(visit.store.last_reset, account))
    await visit.say_notice()
    if last is None:
        visit.console.say("No link to this person is recorded here, so there is nothing to write.")
    else:
        await take_note(visit, last)

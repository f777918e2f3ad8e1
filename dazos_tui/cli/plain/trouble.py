"""The troubleshooter in plain mode: what keeps a person out, and what helps."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from dazos_tui.cli.plain.rows import check_back_in, read_note
from dazos_tui.cli.plain.sending import enable_login, fetch_profile, send_link
from dazos_tui.cli.plain.visit import SwitchInstanceError, Visit
from dazos_tui.crm.models import Profile, User
from dazos_tui.directory.email_typos import count_domains, find_email_typos
from dazos_tui.history.models import Account, HistoryEntry
from dazos_tui.history.store import HistoryStore
from dazos_tui.history.times import utc_now
from dazos_tui.notes.note import mask_emails_in
from dazos_tui.resets.accounts import account_of
from dazos_tui.troubleshooting.steps import (
    Remedy,
    StepStatus,
    TroubleshootingStep,
    diagnose,
    diagnose_missing_user,
    summarize,
)

_WEIGHTS = {StepStatus.FOUND: "Found", StepStatus.ASK: "Ask the person", StepStatus.FINE: "In order"}
_REMEDIES = {
    Remedy.SEND_AGAIN: "Send a fresh link",
    Remedy.ENABLE_LOGIN: "Enable the login",
    Remedy.CHECK_SIGN_INS: "Is the person back in",
    Remedy.OPEN_IN_BROWSER: "Address of the profile, for the browser",
    Remedy.OTHER_INSTANCES: "Look in another instance",
}


async def troubleshoot(visit: Visit, user: User) -> None:
    """Read a person's profile, read out what may keep them out, and do what is chosen about it.

    Raises CrmError, HistoryError, and as `Console.ask` does.
    """
    profile = await fetch_profile(visit, user)
    account = account_of(visit.instance, profile.user)
    last = await visit.read_history(partial(_last_reset, visit.store, account))
    domains = count_domains(visit.people.users)
    typos = find_email_typos(profile.user.email, profile.user.name, profile.user.user_name, domains)
    steps = diagnose(visit.instance, profile, last, utc_now(), typos)
    _read_out(visit, steps)
    offered = dict.fromkeys(step.remedy for step in steps if step.remedy is not None)
    remedies = [remedy for remedy in offered if _is_possible(visit, remedy)]
    names = [*(_REMEDIES[remedy] for remedy in remedies), "Note for the ticket about this"]
    chosen = visit.console.choose(names)
    if chosen == len(remedies):
        _read_summary(visit, profile, steps)
    elif chosen is not None:
        await _do(visit, remedies[chosen], profile.user)


def _last_reset(store: HistoryStore, account: Account) -> HistoryEntry | None:
    return store.last_reset(account) or store.last_failed_reset(account)


def explain_missing(visit: Visit, text: str, *, is_certain: bool) -> None:
    """Read out what to try for a person that this instance does not have."""
    others = [name for name in visit.context.config.instances if name != visit.instance.name]
    _read_out(visit, diagnose_missing_user(text, others, is_certain=is_certain))


def _read_out(visit: Visit, steps: Sequence[TroubleshootingStep]) -> None:
    for number, step in enumerate(steps, start=1):
        words = f"{_WEIGHTS[step.status]}: {step.title}. {step.message} {step.advice}"
        visit.console.say(f"{number} of {len(steps)}. {words.rstrip()}")


def _is_possible(visit: Visit, remedy: Remedy) -> bool:
    return remedy is not Remedy.OTHER_INSTANCES or len(visit.context.config.instances) > 1


def _read_summary(visit: Visit, profile: Profile, steps: Sequence[TroubleshootingStep]) -> None:
    text = summarize(profile, steps)
    read_note(visit, mask_emails_in(text) if visit.context.config.note_mask_address else text)


async def _do(visit: Visit, remedy: Remedy, user: User) -> None:
    actions: dict[Remedy, Callable[[Visit, User], Awaitable[None]]] = {
        Remedy.SEND_AGAIN: send_link,
        Remedy.ENABLE_LOGIN: enable_login,
        Remedy.CHECK_SIGN_INS: check_person,
    }
    if remedy in actions:
        await actions[remedy](visit, user)
    elif remedy is Remedy.OPEN_IN_BROWSER:
        visit.console.say(visit.client.profile_url(user.id))
    else:
        raise SwitchInstanceError(user.user_name)


async def check_person(visit: Visit, user: User) -> None:
    """Look whether a person is back in since their newest link. Raises CrmError, HistoryError."""
    account = account_of(visit.instance, user)
    last = await visit.read_history(partial(visit.store.last_reset, account))
    await visit.say_notice()
    nobody = "No link to this person is recorded that went out, or may have."
    await check_back_in(visit, [last] if last is not None else [], nobody=nobody)

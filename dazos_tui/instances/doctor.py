"""Everything a send needs, looked at one after the other without sending anything."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from dazos_tui.config.models import Auth, Instance, ResetRoute
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import (
    CrmError,
    SignedOut,
    SingleSignOn,
    TlsFailed,
    UnexpectedPage,
    Unreachable,
    UnreadableList,
    WrongHost,
)
from dazos_tui.crm.menu_item_urls import way_out
from dazos_tui.crm.models import ItemKind, Status, User
from dazos_tui.crm.reader import PeopleReader
from dazos_tui.instances.factory import Prompts, client_for, open_session, sign_out
from dazos_tui.resets.guards import item_to_run
from dazos_tui.secrets import SecretError


class Step(StrEnum):
    """What is looked at, in this order."""

    REACH = "reach"
    TLS = "tls"
    CRM = "crm"
    SIGN_IN = "sign in"
    ADMIN = "admin rights"
    LIST = "list"
    MENU_ITEM = "menu item"


@dataclass(frozen=True, slots=True)
class CheckStep:
    """What was found in one step: in words, with what to do about it if that is not well.

    `error` is what was raised, None if all is well, or if it is no error but an instance without the item.
    """

    step: Step
    ok: bool
    words: str
    advice: str = ""
    error: CrmError | SecretError | None = None


@dataclass(slots=True, eq=False)
class Opened:
    """A session that a checkup leaves open, and the people it read, by their record ids.

    The `reader` goes on with what is missing of the list, if anything is.
    """

    instance: Instance
    client: CrmClient
    reader: PeopleReader
    people: dict[str, User] = field(default_factory=dict)
    has_ended: bool = False
    """Whether the CRM has ended it, as a later check found."""

    async def close(self) -> None:
        """Sign out and close the connections."""
        await sign_out(self.client, self.instance)
        await self.client.close()


class _Failed(Exception):
    """A step that ends the checkup."""

    def __init__(self, step: CheckStep) -> None:
        super().__init__(step.words)
        self.step = step


async def check_up(
    instance: Instance,
    prompts: Prompts,
    keep: Callable[[Opened], object] | None = None,
    opened: Opened | None = None,
) -> AsyncGenerator[CheckStep, None]:
    """Yield each step as it passes, up to the first that fails. Nothing is sent.

    What `prompts` raise, but CrmError and SecretError, is raised. Nobody stays signed in, unless `keep` takes
    the session: it is given it as soon as it is signed in, and closes it from then on.

    `opened` is the session that an earlier check of the same account gave to `keep`: nobody signs in again
    unless it has ended.
    """
    if opened is not None:
        async with aclosing(_steps_again(opened)) as again:
            async for step in again:
                yield step
        if not opened.has_ended:
            return
    try:
        async with AsyncExitStack() as at_end:
            client = await at_end.enter_async_context(_client(instance))
            async for step in _door(client, instance):
                yield step
            signed_in = await _signed_in(client, instance, prompts)
            opened = Opened(instance, client, PeopleReader(client))
            if keep is not None:
                at_end.pop_all()
                keep(opened)
            else:
                at_end.push_async_callback(sign_out, client, instance)
            yield signed_in
            async with aclosing(_steps_inside(opened)) as steps:
                async for step in steps:
                    yield step
    except _Failed as failed:
        yield failed.step


async def _steps_again(opened: Opened) -> AsyncGenerator[CheckStep, None]:
    """Yield each step behind the sign-in; none if the first one finds that the session has ended."""
    first = True
    async with aclosing(_steps_inside(opened)) as steps:
        async for step in steps:
            if first and isinstance(step.error, SignedOut):
                opened.has_ended = True
                return
            if first and step.ok:
                yield CheckStep(
                    Step.SIGN_IN, ok=True, words=f"Still signed in as {opened.instance.operator}."
                )
            first = False
            yield step


async def look_at_door(instance: Instance) -> CheckStep:
    """Return whether a CRM answers, without signing in: the first step that fails, or the last one."""
    try:
        async with _client(instance) as client:
            return [step async for step in _door(client, instance)][-1]
    except _Failed as failed:
        return failed.step


def _client(instance: Instance) -> CrmClient:
    try:
        return client_for(instance)
    except CrmError as error:
        raise _Failed(_failure(Step.REACH, error)) from None


async def _door(client: CrmClient, instance: Instance) -> AsyncGenerator[CheckStep, None]:
    trouble: CrmError | None = None
    asked: tuple[str, ...] = ()
    try:
        asked = await client.recognise()
    except TlsFailed as error:
        yield CheckStep(Step.REACH, ok=True, words=f"{instance.host} answers.")
        raise _Failed(_failure(Step.TLS, error)) from None
    except CrmError as error:
        trouble = error
    if instance.auth is Auth.COOKIE and isinstance(trouble, SingleSignOn | WrongHost):
        # Where people sign in elsewhere, the browser's session is what counts.
        trouble = None
    # Only these two mean that no answer came; every other one is about what it said.
    if isinstance(trouble, Unreachable) or (trouble is not None and trouble.fleeting):
        raise _Failed(_failure(Step.REACH, trouble))
    yield CheckStep(Step.REACH, ok=True, words=f"{instance.host} answers.")
    yield CheckStep(Step.TLS, ok=True, words=_encryption(instance))
    if trouble is not None:
        raise _Failed(_failure(Step.CRM, trouble))
    more = f" It asks for more than user name and password: {', '.join(asked)}." if asked else ""
    yield CheckStep(Step.CRM, ok=True, words=f"The CRM's login page is there.{more}")


def _encryption(instance: Instance) -> str:
    if instance.url.startswith("https:"):
        return "The connection is encrypted, and the certificate is accepted."
    return "The connection is not encrypted: http, as its address says."


async def _signed_in(client: CrmClient, instance: Instance, prompts: Prompts) -> CheckStep:
    try:
        await open_session(client, instance, prompts)
        await client.confirm()
    except (CrmError, SecretError) as error:
        raise _Failed(_failure(Step.SIGN_IN, error)) from None
    return CheckStep(Step.SIGN_IN, ok=True, words=f"Signed in as {instance.operator}.")


async def _steps_inside(opened: Opened) -> AsyncGenerator[CheckStep, None]:
    """Yield each step behind the sign-in, the one that fails too."""
    try:
        async with aclosing(_inside(opened)) as steps:
            async for step in steps:
                yield step
    except _Failed as failed:
        yield failed.step


async def _inside(opened: Opened) -> AsyncGenerator[CheckStep, None]:
    client, instance, people, reader = opened.client, opened.instance, opened.people, opened.reader
    at = Step.ADMIN
    try:
        # The list is shown to administrators alone.
        seen = CheckStep(at, ok=True, words="This account may see the people of the CRM.")
        # Where it was shown and cannot be read, the next step says why.
        with suppress(UnreadableList):
            (await client.users_page(Status.ACTIVE, 1))()
        yield seen
        at = Step.LIST
        async for arrival in reader.read():
            people.update((user.id, user) for user in arrival.users)
        if reader.gaps:
            raise UnexpectedPage(" ".join(reader.gaps), advice="The list is incomplete. Try again.")
        yield CheckStep(at, ok=True, words=_counted(people))
        at = Step.MENU_ITEM
        yield await _menu_item(client, instance, people)
    except CrmError as error:
        raise _Failed(_failure(at, error)) from None


def _counted(people: dict[str, User]) -> str:
    count = Counter(user.status for user in people.values())
    unknown = f", {count[Status.UNKNOWN]} whose status is not known" if count[Status.UNKNOWN] else ""
    return f"The list is complete: {count[Status.ACTIVE]} active, {count[Status.INACTIVE]} inactive{unknown}."


async def _menu_item(client: CrmClient, instance: Instance, people: dict[str, User]) -> CheckStep:
    found = partial(CheckStep, Step.MENU_ITEM)
    # A colleague: what the CRM offers for oneself may differ.
    colleagues = sorted(people.values(), key=lambda one: one.status is not Status.ACTIVE)
    person = next((one for one in colleagues if _is_colleague(one, instance)), None)
    if person is None:
        return found(ok=True, words="There is no active colleague whose menu could be looked at.")
    profile = await client.profile(person.id)
    label = instance.labels.send_reset_link
    item = profile.item(ItemKind.SEND_RESET_LINK)
    if item is not None and not item.problem:
        return found(ok=True, words=f"“{label}” is in the menu of an active account.")
    if item is not None and item_to_run(instance, profile) is not None:
        return found(ok=False, words=item.problem, advice=way_out(item))
    none = f"“{label}” is not in the menu of an active account"
    if item is not None:
        none = f"“{label}” has no address that could be run"
    if instance.reset_route is ResetRoute.FORGOT_PASSWORD:
        return found(ok=True, words=f"{none}: the CRM's forgot-password form is used, as configured.")
    advice = (
        "If the item is called otherwise there, name it as labels.send_reset_link in the config. Where there "
        'is none, reset_route = "forgot_password" has the CRM\'s public form mail the link.'
    )
    return found(ok=False, words=f"{none}.", advice=advice)


def _is_colleague(user: User, instance: Instance) -> bool:
    return user.status is not Status.INACTIVE and user.user_name.casefold() != instance.username.casefold()


def _failure(step: Step, error: CrmError | SecretError) -> CheckStep:
    return CheckStep(step, ok=False, words=str(error), advice=error.advice, error=error)

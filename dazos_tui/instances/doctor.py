"""Everything a send needs, checked step by step without sending anything."""

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
    SignedOutError,
    SingleSignOnError,
    TlsError,
    UnexpectedPageError,
    UnreachableError,
    UnreadableListError,
    WrongHostError,
)
from dazos_tui.crm.http.exchange import Exchange
from dazos_tui.crm.menu_item_urls import advice_for_item
from dazos_tui.crm.models import MenuItem, MenuItemKind, Status, User
from dazos_tui.crm.reader import UserListReader
from dazos_tui.instances.factory import Prompts, create_client, dialect_of, open_session, sign_out
from dazos_tui.resets.guards import menu_item_to_run
from dazos_tui.secrets import SecretError


class DoctorStep(StrEnum):
    """The steps, in the order in which they are checked."""

    REACH = "reach"
    TLS = "tls"
    CRM = "crm"
    SIGN_IN = "sign in"
    ADMIN = "admin rights"
    LIST = "list"
    MENU_ITEM = "menu item"


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of one step: a sentence, with advice if the step failed.

    `can_be_learned` is whether the step failed only because it is not known what the browser requests for the
    menu item, and `is_item_missing` whether it failed because no menu has the item. `error` is what was
    raised. It is None if the step passed, or if the instance lacks the menu item, which raises nothing.
    """

    step: DoctorStep
    ok: bool
    message: str
    advice: str = ""
    error: CrmError | SecretError | None = None
    can_be_learned: bool = False
    is_item_missing: bool = False


@dataclass(slots=True, eq=False)
class OpenedInstance:
    """A session that a check leaves open, and the people it read, by record id.

    `reader` fetches what is still missing from the list, if anything is.
    """

    instance: Instance
    client: CrmClient
    reader: UserListReader
    users: dict[str, User] = field(default_factory=dict)
    has_ended: bool = False
    """Whether a later check found that the CRM has ended the session."""

    def use_instance(self, instance: Instance) -> None:
        """Continue the session with other settings of the same account."""
        self.instance = instance
        self.client.use_requests_of(dialect_of(instance))

    async def close(self) -> None:
        """Sign out and close the connections."""
        await sign_out(self.client, self.instance)
        await self.client.close()


class _StepFailedError(Exception):
    """A failed step, which ends the check."""

    def __init__(self, result: StepResult) -> None:
        super().__init__(result.message)
        self.result = result


async def run_doctor(
    instance: Instance,
    prompts: Prompts,
    on_opened: Callable[[OpenedInstance], object] | None = None,
    opened: OpenedInstance | None = None,
    on_exchange: Callable[[Exchange], object] | None = None,
) -> AsyncGenerator[StepResult, None]:
    """Yield each step as it passes, up to the first that fails. Nothing is sent.

    The session is closed at the end unless `on_opened` takes it: it gets the session as soon as it is signed
    in, and has to close it from then on. `opened` is the session that an earlier check of the same account
    passed to `on_opened`: there is no new sign-in unless it has ended. `on_exchange` is called with each
    request that the instance answers. Raises what `prompts` raise, except CrmError and SecretError.
    """
    if opened is not None:
        async with aclosing(_steps_again(opened)) as again:
            async for step in again:
                yield step
        if not opened.has_ended:
            return
    try:
        async with AsyncExitStack() as at_end:
            client = await at_end.enter_async_context(_create_client(instance, on_exchange))
            async for step in _steps_before_sign_in(client, instance):
                yield step
            signed_in = await _sign_in_step(client, instance, prompts)
            opened = OpenedInstance(instance, client, UserListReader(client))
            if on_opened is not None:
                at_end.pop_all()
                on_opened(opened)
            else:
                at_end.push_async_callback(sign_out, client, instance)
            yield signed_in
            async with aclosing(_steps_after_sign_in_or_failure(opened)) as steps:
                async for step in steps:
                    yield step
    except _StepFailedError as failed:
        yield failed.result


async def _steps_again(opened: OpenedInstance) -> AsyncGenerator[StepResult, None]:
    """Yield each step after the sign-in; none if the first one finds that the session has ended."""
    first = True
    async with aclosing(_steps_after_sign_in_or_failure(opened)) as steps:
        async for step in steps:
            if first and isinstance(step.error, SignedOutError):
                opened.has_ended = True
                return
            if first and step.ok:
                yield StepResult(
                    DoctorStep.SIGN_IN, ok=True, message=f"Still signed in as {opened.instance.operator}."
                )
            first = False
            yield step


async def check_reachable(instance: Instance) -> StepResult:
    """Return whether a CRM answers, without signing in: the first step that fails, or the last one."""
    try:
        async with _create_client(instance) as client:
            return [step async for step in _steps_before_sign_in(client, instance)][-1]
    except _StepFailedError as failed:
        return failed.result


def _create_client(instance: Instance, on_exchange: Callable[[Exchange], object] | None = None) -> CrmClient:
    try:
        return create_client(instance, on_exchange)
    except CrmError as error:
        raise _StepFailedError(_failed_result(DoctorStep.REACH, error)) from None


async def _steps_before_sign_in(client: CrmClient, instance: Instance) -> AsyncGenerator[StepResult, None]:
    problem: CrmError | None = None
    extra_fields: tuple[str, ...] = ()
    try:
        extra_fields = await client.probe_login_page()
    except TlsError as error:
        yield StepResult(DoctorStep.REACH, ok=True, message=f"{instance.host} answers.")
        raise _StepFailedError(_failed_result(DoctorStep.TLS, error)) from None
    except CrmError as error:
        problem = error
    if instance.auth is Auth.COOKIE and isinstance(problem, SingleSignOnError | WrongHostError):
        # Where people sign in elsewhere, the browser's session is what counts.
        problem = None
    # Only these two mean that no answer came; every other error is about the answer.
    if isinstance(problem, UnreachableError) or (problem is not None and problem.is_transient):
        raise _StepFailedError(_failed_result(DoctorStep.REACH, problem))
    yield StepResult(DoctorStep.REACH, ok=True, message=f"{instance.host} answers.")
    yield StepResult(DoctorStep.TLS, ok=True, message=_describe_encryption(instance))
    if problem is not None:
        raise _StepFailedError(_failed_result(DoctorStep.CRM, problem))
    more = (
        f" It asks for more than user name and password: {', '.join(extra_fields)}." if extra_fields else ""
    )
    yield StepResult(DoctorStep.CRM, ok=True, message=f"The CRM's login page was found.{more}")


def _describe_encryption(instance: Instance) -> str:
    if instance.url.startswith("https:"):
        return "The connection is encrypted, and the certificate is accepted."
    return "The connection is not encrypted: the instance's address starts with http."


async def _sign_in_step(client: CrmClient, instance: Instance, prompts: Prompts) -> StepResult:
    try:
        await open_session(client, instance, prompts)
        await client.confirm_session()
    except (CrmError, SecretError) as error:
        raise _StepFailedError(_failed_result(DoctorStep.SIGN_IN, error)) from None
    return StepResult(DoctorStep.SIGN_IN, ok=True, message=f"Signed in as {instance.operator}.")


async def _steps_after_sign_in_or_failure(opened: OpenedInstance) -> AsyncGenerator[StepResult, None]:
    """Yield each step after the sign-in, including one that fails."""
    try:
        async with aclosing(_steps_after_sign_in(opened)) as steps:
            async for step in steps:
                yield step
    except _StepFailedError as failed:
        yield failed.result


async def _steps_after_sign_in(opened: OpenedInstance) -> AsyncGenerator[StepResult, None]:
    client, instance, people, reader = opened.client, opened.instance, opened.users, opened.reader
    step = DoctorStep.ADMIN
    try:
        # Only administrators see the list.
        has_rights = StepResult(step, ok=True, message="This account may see the CRM's users.")
        # If the list is shown but cannot be read, the next step says why.
        with suppress(UnreadableListError):
            (await client.request_user_page(Status.ACTIVE, 1))()
        yield has_rights
        step = DoctorStep.LIST
        async for batch in reader.read():
            people.update((user.id, user) for user in batch.users)
        if reader.gaps:
            raise UnexpectedPageError(" ".join(reader.gaps), advice="The list is incomplete. Try again.")
        yield StepResult(step, ok=True, message=_describe_counts(people))
        step = DoctorStep.MENU_ITEM
        yield await _menu_item_step(client, instance, people)
    except CrmError as error:
        raise _StepFailedError(_failed_result(step, error)) from None


def _describe_counts(users: dict[str, User]) -> str:
    count = Counter(user.status for user in users.values())
    unknown = f", {count[Status.UNKNOWN]} whose status is not known" if count[Status.UNKNOWN] else ""
    return f"The list is complete: {count[Status.ACTIVE]} active, {count[Status.INACTIVE]} inactive{unknown}."


async def _menu_item_step(client: CrmClient, instance: Instance, users: dict[str, User]) -> StepResult:
    result = partial(StepResult, DoctorStep.MENU_ITEM)
    # A colleague, since the CRM may offer something else for one's own account.
    colleagues = sorted(users.values(), key=lambda one: one.status is not Status.ACTIVE)
    person = next((one for one in colleagues if _is_colleague(one, instance)), None)
    if person is None:
        return result(ok=True, message="There is no active colleague whose menu could be checked.")
    profile = await client.fetch_profile(person.id)
    label = instance.labels.send_reset_link
    item = profile.menu_item(MenuItemKind.SEND_RESET_LINK)
    if item is not None and not item.problem:
        return result(ok=True, message=_describe_usable_item(item))
    if item is not None and menu_item_to_run(instance, profile) is not None:
        return result(
            ok=False, message=item.problem, advice=advice_for_item(item), can_be_learned=not item.href
        )
    problem = f"“{label}” is not in the menu of an active account"
    if item is not None:
        problem = f"“{label}” has no address that could be run"
    if instance.reset_route is ResetRoute.FORGOT_PASSWORD:
        return result(ok=True, message=f"{problem}: the CRM's forgot-password form is used, as configured.")
    advice = _advice_for_missing_item(instance)
    return result(ok=False, message=f"{problem}.", advice=advice, is_item_missing=item is None)


def _advice_for_missing_item(instance: Instance) -> str:
    other_name = "If the item has another name there, set labels.send_reset_link in the config to it. "
    if instance.reset_request is not None:
        return (
            f'{other_name}If no menu has it although it works in a browser, set offered = "always" in '
            "reset_request."
        )
    return (
        f'{other_name}If there is no such item, set reset_route = "forgot_password" to have the CRM\'s '
        "public form mail the link. If only a browser can send one, “dazos-tui learn” learns the request "
        "that it makes."
    )


def _describe_usable_item(item: MenuItem) -> str:
    if not item.is_shown:
        return f"“{item.label}” is not in the menu of an active account: the configured request is used."
    used = "" if item.request is None else ", and the configured request is used for it"
    return f"“{item.label}” is in the menu of an active account{used}."


def _is_colleague(user: User, instance: Instance) -> bool:
    return user.status is not Status.INACTIVE and user.user_name.casefold() != instance.username.casefold()


def _failed_result(step: DoctorStep, error: CrmError | SecretError) -> StepResult:
    return StepResult(step, ok=False, message=str(error), advice=error.advice, error=error)

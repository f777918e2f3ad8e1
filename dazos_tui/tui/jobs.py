"""The slow jobs of one instance. They know no screen: they return a result or raise."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence, Set
from contextlib import aclosing, contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from pydantic import SecretStr
from textual.message import Message

from dazos_tui.config.batch_table import BatchTable
from dazos_tui.config.models import Instance, ResetRoute
from dazos_tui.crm.client import ChallengeAnswers
from dazos_tui.crm.errors import CrmError, SignedOutError, UserNotFoundError
from dazos_tui.crm.models import Challenge, Profile, User
from dazos_tui.crm.reader import UserBatch, UserListReader
from dazos_tui.crm.webservice import WebServiceClient
from dazos_tui.directory.email_typos import count_domains, find_email_typos
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.instances.doctor import OpenedInstance, StepResult, run_doctor
from dazos_tui.instances.factory import (
    Prompts,
    create_client,
    create_webservice_client,
    dialect_of,
    open_session,
    sign_out,
    watch_pauses,
)
from dazos_tui.resets.accounts import UserSnapshot, account_of
from dazos_tui.resets.batch import BatchRun, batch_state
from dazos_tui.resets.batch_plan import BatchPlan, Check, picked_people, plan_batch
from dazos_tui.resets.service import PreparedReset, ResetResult, ResetService
from dazos_tui.secrets import SecretError, access_key_for
from dazos_tui.troubleshooting.steps import TroubleshootingStep, diagnose
from dazos_tui.tui import messages
from dazos_tui.tui.history_reader import HistoryReader
from dazos_tui.tui.target import ResetTarget
from dazos_tui.verification.service import BackInService, Verification

Reporter = Callable[[Message], object]
T = TypeVar("T")

_TICKET_ROWS = 20
"""The most entries for one ticket."""


class PasswordDeclinedError(SignedOutError):
    """The user closed the sign-in dialog without giving a password."""


class InstanceJobs:
    """Runs the slow work of one instance. Each job returns its result, or raises what stopped it.

    A job that reads signs in first if needed, and once more if the session ended in the meantime, since
    reading can be repeated. A failed sign-in ends all jobs that wait for it; none of them repeats it.
    Events that are no job's result, such as a shared sign-in, go to `report`.
    Raises UnreachableError if the instance's address cannot be one.
    """

    def __init__(self, instance: Instance, store: HistoryStore, opened: OpenedInstance | None = None) -> None:
        """Build the jobs. `opened` is the session of a check just made, if any: nothing is read twice."""
        self.instance = instance
        self.report: Reporter = _discard
        self._opened_by_check = opened
        self.client = opened.client if opened is not None else create_client(instance)
        # The config may have changed since the check.
        self.client.use_requests_of(dialect_of(instance))
        # Not the screen's own store: that would wait for a send that waits for another process.
        self._store = store.reopen()
        self.history_reader = HistoryReader(store)
        self._back_in = BackInService(instance, self.client, self._store)
        self._running: dict[str, asyncio.Task[Any]] = {}
        self._open_questions: set[asyncio.Future[Any]] = set()
        self._unattended = False
        self._sign_in_attempts = 0 if opened is None else 1
        self._sign_in_error: CrmError | SecretError | None = None

    def use_route(self, route: ResetRoute) -> None:
        """Request links in this way from now on, where no menu offers them."""
        self.instance = self.instance.model_copy(update={"reset_route": route})
        self.report(messages.RouteChosen(self.instance.name, route))

    def use_requests(self, instance: Instance) -> None:
        """Run the menu items with the requests that the config now has for them, in the same session."""
        taught = {key: getattr(instance, key) for key in ("reset_request", "enable_login_request")}
        self.instance = self.instance.model_copy(update=taught)
        self.client.use_requests_of(dialect_of(self.instance))

    async def check_instance(self) -> AsyncGenerator[StepResult, None]:
        """Yield each step of a check of the instance in this session, as the doctor does. Nothing is sent.

        Raises CrmError, SecretError.
        """
        await self._with_session(self.client.confirm_session)
        prompts = Prompts(self._ask_credential, self._ask_challenge, attempts=None)
        opened = OpenedInstance(self.instance, self.client, UserListReader(self.client))
        async with aclosing(run_doctor(self.instance, prompts, opened=opened)) as steps:
            async for step in steps:
                yield step

    def list_reader(self) -> UserListReader:
        """Return a new reader of the user list, or the one that a check has already used."""
        if self._opened_by_check is not None:
            return self._opened_by_check.reader
        return UserListReader(self.client, self._open_webservice)

    async def read_users(self, reader: UserListReader, on_batch: Callable[[UserBatch], object]) -> None:
        """Read all users, or those that an earlier attempt left; continue after a new sign-in.

        `on_batch` gets the users as they arrive. Raises CrmError, SecretError.
        """
        batch_count = 0
        if self._opened_by_check is not None:
            users = tuple(self._opened_by_check.users.values())
            self._opened_by_check = None
            self.report(messages.SignedIn())
            on_batch(UserBatch(users, len(users), None))

        async def read() -> None:
            nonlocal batch_count
            async with aclosing(reader.read()) as batches:
                async for batch in batches:
                    batch_count += 1
                    # No await between the two: the reader never returns these users again.
                    on_batch(batch)

        while True:
            before = batch_count
            try:
                return await self._with_session(read)
            except SignedOutError as ended:
                # Sign in again as often as the session ends, provided that each session brought users.
                if isinstance(ended, PasswordDeclinedError) or batch_count == before:
                    raise

    async def find_users(self, text: str) -> list[User] | None:
        """Return what the CRM's own search finds, while the list is incomplete; None if the search failed."""
        found: list[User] | None = None
        with self._background_request():
            found = [row.user for row in await self.client.quick_search(text)]
        return found  # noqa: RET504 - also what a failure left of it

    async def _open_webservice(self) -> WebServiceClient | None:
        service = create_webservice_client(self.instance)
        if service is None:
            return None
        try:
            key = await access_key_for(self.instance)
            if key is not None:
                await service.sign_in(key)
                return service
        except SecretError as error:
            await service.close()
            raise CrmError(str(error), advice=error.advice) from None
        except BaseException:
            await service.close()
            raise
        return None

    async def profile(self, user_id: str) -> Profile:
        """Read a profile. Raises CrmError, SecretError."""
        return await self._profile(user_id)

    async def with_row_menu(self, profile: Profile) -> Profile:
        """Return a profile with the menu of the person's list row added. Raises CrmError, SecretError."""
        return await self._with_session(partial(self.client.with_row_menu, profile))

    async def check(
        self, target: ResetTarget, fresh: Profile | None, colleagues: Sequence[User]
    ) -> PreparedReset:
        """Check a reset before the user confirms it, on the `fresh` profile or on one read now.

        `colleagues` are the users whose addresses show how the e-mail domains are spelled.
        Raises CrmError, SecretError, HistoryError.
        """
        domains = await asyncio.to_thread(count_domains, colleagues)
        return await self._check(target, fresh, domains)

    async def _check(
        self, target: ResetTarget, fresh: Profile | None, domains: Mapping[str, int]
    ) -> PreparedReset:
        profile = await self._profile_with_menus(target, fresh)
        chosen = UserSnapshot(target.user_name, target.name, target.email)
        return await self._reset_service().prepare_for_profile(profile, snapshot=chosen, domains=domains)

    async def send(self, check: PreparedReset, ticket: str, allowed: Set[str]) -> ResetResult:
        """Send the confirmed link, once. `allowed` are the codes of the findings that the user overrode.

        Raises ResetBlockedError, HistoryError: then nothing was sent.
        """
        return await self._reset_service().send(check, ticket=ticket, allowed=allowed)

    async def batch_check(self, colleagues: Sequence[User]) -> Check:
        """Return the check of each person of a batch, which reads their profile afresh.

        `colleagues` are the users whose addresses show how the e-mail domains are spelled.
        """
        domains = await asyncio.to_thread(count_domains, colleagues)

        async def check(user: User) -> PreparedReset:
            try:
                return await self._check(ResetTarget.of_user(user), None, domains)
            except SecretError as error:
                raise SignedOutError(str(error), advice=error.advice) from None

        return check

    async def plan_batch(
        self, users: Sequence[User], check: Check, batch_id: str, on_progress: Callable[[int, int], object]
    ) -> BatchPlan:
        """Return the plan for these people, after reading each profile. Raises CrmError, HistoryError."""
        done = await asyncio.to_thread(batch_state, self._store, batch_id, self.instance)
        return await plan_batch(
            self.instance, picked_people(users), check, batch_id=batch_id, done=done, on_progress=on_progress
        )

    def batch_run(self, plan: BatchPlan, check: Check, ticket: str, limits: BatchTable) -> BatchRun:
        """Return the run of a confirmed plan."""
        return BatchRun(plan, self._reset_service(), self._store, check, ticket=ticket, limits=limits)

    async def enable_login(self, profile: Profile, ticket: str) -> ResetResult:
        """Enable a locked login, once.

        Raises ResetBlockedError, CrmError, SecretError, HistoryError: then nothing was done.
        """
        # Read again: another admin may have enabled it since.
        fresh = await self._profile(profile.user.id, profile.user.user_name, both_menus=True)
        return await self._reset_service().enable_login(fresh, ticket=ticket)

    async def troubleshoot(
        self, target: ResetTarget, domains: Mapping[str, int], row: HistoryEntry | None
    ) -> tuple[Profile, tuple[TroubleshootingStep, ...]]:
        """Read a profile again and return it with what may keep the person from signing in.

        `domains` counts the e-mail domains of the colleagues. `row` is the reset by which the person was
        chosen, if any: it counts unless a link went out, or may have, after it.
        Raises CrmError, SecretError, HistoryError.
        """
        profile = await self._profile(target.id, target.user_name, both_menus=True)
        user = profile.user
        account = account_of(self.instance, user)
        last = await asyncio.to_thread(self._store.last_reset, account)
        if row is not None and (last is None or last.id < row.id):
            last = row
        if last is None:
            last = await asyncio.to_thread(self._store.last_failed_reset, account)
        found = find_email_typos(user.email, user.name, user.user_name, domains)
        return profile, diagnose(self.instance, profile, last, utc_now(), found)

    async def entries_for_ticket(self, ticket: str) -> Sequence[HistoryEntry]:
        """Return the newest entries of this instance for a ticket, newest first. Raises HistoryError."""
        search = partial(self._store.search, instance=self.instance.name, ticket=ticket, limit=_TICKET_ROWS)
        return await asyncio.to_thread(search)

    async def check_sign_ins(self, entries: Sequence[HistoryEntry]) -> Sequence[Verification]:
        """Check these resets in the login history. Raises CrmError, SecretError, HistoryError."""
        return await self._with_session(lambda: self._back_in.check(entries))

    async def poll_sign_ins(self, entries: Sequence[HistoryEntry]) -> Sequence[Verification]:
        """Look at the newest sign-ins in the background: without signing in; empty if that fails."""
        with suppress(HistoryError), self._background_request():
            return await self._back_in.poll(entries)
        return ()

    async def record_baseline(self, entry: HistoryEntry) -> None:
        """Record who signed in before a link that was just sent, so that a later sign-in is proof."""
        with self._background_request():
            await self._back_in.record_baseline(entry)

    @contextmanager
    def _background_request(self) -> Iterator[None]:
        """Run background work: it never signs in, and only an ended session is reported."""
        try:
            yield
        except SignedOutError:
            if "sign-in" not in self._running:
                self.report(messages.SessionEnded())
        except CrmError:
            pass

    def cancel_questions(self) -> None:
        """Cancel all questions to the user, those asked from now on too: nobody is there to answer.

        A job that waits for an answer ends as if the dialog had been closed.
        """
        self._unattended = True
        for answer in self._open_questions:
            if not answer.done():
                answer.set_result(None)

    async def close(self) -> None:
        """Sign out and close the connections."""
        for task in list(self._running.values()):
            task.cancel()
        try:
            await sign_out(self.client, self.instance)
            await self.client.close()
        finally:
            # Also when the app does not wait for a server that hangs.
            if self._store.is_local:
                self._store.close()
            else:
                await asyncio.to_thread(self._store.close)
            # Not at once: it may be counting a million rows.
            await asyncio.to_thread(self.history_reader.close)

    async def _profile_with_menus(self, target: ResetTarget, fresh: Profile | None) -> Profile:
        """Return a person's profile with both menus: only the row menu shows that a login is locked."""
        if fresh is None:
            return await self._profile(target.id, target.user_name, both_menus=True)
        return await self._with_session(lambda: self.client.with_row_menu(fresh))

    async def _profile(self, user_id: str, user_name: str = "", *, both_menus: bool = False) -> Profile:
        """Read a profile. With a `user_name`, raises UserNotFoundError unless the profile has it."""

        def read() -> Coroutine[Any, Any, Profile]:
            return self._with_session(lambda: self.client.fetch_profile(user_id, include_row_menu=both_menus))

        profile = await self._run_shared(f"profile {user_id} {both_menus}", read)
        if user_name and profile.user.user_name.casefold() != user_name.casefold():
            raise UserNotFoundError(
                f"This record now belongs to “{profile.user.user_name}”; it was “{user_name}” before.",
                advice="Look for the person by name, in the filter.",
            )
        return profile

    async def _with_session(self, read: Callable[[], Awaitable[T]]) -> T:
        watch_pauses(self.instance, lambda seconds: self.report(messages.Paused(seconds)))
        before = self._sign_in_attempts
        try:
            return await read()
        except SignedOutError:
            if self._sign_in_attempts == before or "sign-in" in self._running:
                await self._run_shared("sign-in", self._sign_in)
            elif self._sign_in_error is not None:
                # Another job has tried to sign in since this one began: its failure counts for this one too.
                raise self._sign_in_error from None
            return await read()

    async def _sign_in(self) -> None:
        self.report(messages.SigningIn(again=self._sign_in_attempts > 0))
        self._sign_in_attempts += 1
        try:
            prompts = Prompts(self._ask_credential, self._ask_challenge, attempts=None)
            await open_session(self.client, self.instance, prompts)
        except (CrmError, SecretError) as failure:
            self._sign_in_error = failure
            raise
        self._sign_in_error = None
        self.report(messages.SignedIn())

    def _reset_service(self) -> ResetService:
        return ResetService(self.instance, self.client, self._store, renew_session=self._renew)

    async def _renew(self) -> None:
        """Sign in again for a send that never ran because the session had ended."""
        try:
            await self._run_shared("sign-in", self._sign_in)
        except SecretError as error:
            raise SignedOutError(str(error), advice=error.advice) from None

    async def _ask_credential(self, notes: Sequence[str]) -> SecretStr:
        """Return the password that the user types. Raises PasswordDeclinedError if they give none."""
        note = " ".join(notes)
        typed: SecretStr | None = await self._ask_user(
            lambda answer: self.report(messages.PasswordNeeded(answer, note))
        )
        if typed is None:
            raise PasswordDeclinedError(
                "Nobody is signed in.",
                advice=f"Reload the list to be asked for the {self.instance.credential_name} again.",
            )
        return typed

    async def _ask_challenge(self, challenge: Challenge) -> ChallengeAnswers | None:
        return await self._ask_user(lambda answers: self.report(messages.ChallengeAsked(challenge, answers)))

    async def _ask_user(self, ask: Callable[[asyncio.Future[T | None]], object]) -> T | None:
        if self._unattended:
            return None
        answer: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()
        self._open_questions.add(answer)
        ask(answer)
        try:
            return await answer
        finally:
            self._open_questions.discard(answer)

    async def _run_shared(self, key: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run some work, or wait for it if it is already running. Cancelling a wait does not end it."""
        task: asyncio.Task[T] | None = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(work())
            task.add_done_callback(lambda done: self._forget_task(key, done))
        return await asyncio.shield(task)

    def _forget_task(self, key: str, task: "asyncio.Task[Any]") -> None:
        del self._running[key]
        # Read the error even if nobody waits for it: asyncio logs errors that are never read.
        if not task.cancelled():
            task.exception()


def _discard(_: Message) -> None:
    """Drop a message that arrives before a screen listens."""

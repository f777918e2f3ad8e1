"""The one way to send a reset link, for keys, the palette, the command line and batches."""

import asyncio
from asyncio import to_thread
from collections.abc import Awaitable, Callable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import (
    ConnectionLostError,
    CrmError,
    IllegalRequestError,
    PermissionDeniedError,
    SignedOutError,
    SiteUrlMismatchError,
    UnclearAnswerError,
)
from dazos_tui.crm.http.request_trace import Preparation
from dazos_tui.crm.menu_item_urls import advice_for_item
from dazos_tui.crm.models import ActionResult, MenuItem, MenuItemKind, Profile
from dazos_tui.history.errors import ConcurrentResetError, HistoryError, HistoryReplacedError
from dazos_tui.history.models import CrmAction, HistoryEntry, Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from dazos_tui.resets.accounts import UserSnapshot, account_of
from dazos_tui.resets.findings import NO_MENU_ITEM, RESEND_CODES, UNUSABLE_MENU_ITEM, Finding
from dazos_tui.resets.guards import check_profile, menu_item_to_run, suspect_email_finding
from dazos_tui.system.event_log import log, log_error
from dazos_tui.system.keyboard_user import keyboard_user

UNKNOWN_OUTCOME_ADVICE = "Look in the mailbox and in the login history before you send again."
"""What to do next about a link that may have been sent."""

STILL_LOCKED_ADVICE = "Read the profile again: while the login is locked, the CRM offers to enable it."
"""What to do next about a login that may have been enabled."""

NOT_RECORDED_ADVICE = "Keep this outcome in the ticket, and do not send again because of it."
"""What to do about an outcome that the history does not have."""

_SESSION_ENDED_AGAIN_ADVICE = (
    "Nothing was changed, and trying again will not help. See whether it works in a browser, and tell the "
    "instance's administrator."
)
_NO_DOMAINS: Mapping[str, int] = MappingProxyType({})

_HEAD_START_SECONDS = 0.005
"""How long a connection is being made before the record begins: its thread would hold the connection up.
Where the connection is there sooner, the record begins at once."""

RenewSession = Callable[[], Awaitable[None]]
"""Signs in again. Raises CrmError."""

_Run = Callable[[Preparation], Awaitable[ActionResult]]
"""Runs an action once; the preparation ends before it leaves. Raises CrmError."""


class ResetBlockedError(Exception):
    """A guard blocked this reset; nothing was recorded or sent."""


@dataclass(frozen=True, slots=True)
class PreparedReset:
    """A reset that was checked but not yet sent. A send acts on exactly what this shows.

    `item` is the menu item to run; None if it is missing, or if the CRM's forgot-password form is used
    instead. `last_reset` is the newest earlier reset of this account, or of another one with its mailbox.
    `last_failed` is the account's newest reset if its link did not go out.
    """

    instance: Instance
    profile: Profile
    item: MenuItem | None
    last_reset: HistoryEntry | None
    findings: tuple[Finding, ...]
    last_failed: HistoryEntry | None = None

    @property
    def blockers(self) -> tuple[Finding, ...]:
        """Return the findings that cannot be overridden; empty if the link can be sent."""
        return tuple(finding for finding in self.findings if finding.is_blocking)

    @property
    def needs_forgot_password_form(self) -> bool:
        """Return whether only one thing is missing: permission to use the forgot-password form."""
        undecided = self.instance.reset_route is None
        return undecided and [finding.code for finding in self.blockers] == [NO_MENU_ITEM]

    @property
    def can_be_taught(self) -> bool:
        """Return whether only one thing is missing: what to request for the item that sends links."""
        codes = [finding.code for finding in self.blockers]
        has_address = self.item is not None and bool(self.item.href)
        return codes in ([NO_MENU_ITEM], [UNUSABLE_MENU_ITEM]) and not has_address

    @property
    def overridable(self) -> tuple[Finding, ...]:
        """Return the findings that stop the send until the user overrides them."""
        return tuple(finding for finding in self.findings if finding.is_overridable)

    def unresolved(self, allowed: Set[str]) -> tuple[Finding, ...]:
        """Return the findings that still stop the send if those with the codes `allowed` are overridden."""
        return tuple(finding for finding in self.findings if finding.stops(allowed))


@dataclass(frozen=True, slots=True)
class ResetResult:
    """The result of a reset: its row in the history, and the error behind it, if there was one."""

    entry: HistoryEntry
    error: CrmError | None = None
    record_error: HistoryError | None = None
    """Set if the outcome could not be recorded: the history then still says *unknown*."""

    @property
    def advice(self) -> str:
        """Return what to do next; empty where there is nothing to add to the CRM's own words."""
        if self.entry.outcome is Outcome.UNKNOWN:
            return (
                STILL_LOCKED_ADVICE if self.entry.action is CrmAction.ENABLE_LOGIN else UNKNOWN_OUTCOME_ADVICE
            )
        return self.error.advice if self.error is not None else ""


class ResetService:
    """Sends reset links in one signed-in instance, and records each."""

    def __init__(
        self,
        instance: Instance,
        client: CrmClient,
        store: HistoryStore,
        *,
        renew_session: RenewSession | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Build the service on a signed-in client; `renew_session` signs it in again if its session ended.

        Without a `clock`, that of the history counts, which may be a server's.
        """
        self._renew_session = renew_session
        self._instance = instance
        self._client = client
        self._store = store
        self._clock = clock or store.now
        self._recording: _Recording | None = None

    async def prepare(self, user_id: str, *, snapshot: UserSnapshot | None = None) -> PreparedReset:
        """Fetch the person's profile and return the checked reset. Raises CrmError, HistoryError.

        `snapshot` is what was seen of the person when they were chosen.
        """
        return await self.prepare_for_profile(
            await self._client.fetch_profile(user_id, include_row_menu=True), snapshot=snapshot
        )

    async def prepare_for_profile(
        self,
        profile: Profile,
        *,
        snapshot: UserSnapshot | None = None,
        domains: Mapping[str, int] = _NO_DOMAINS,
    ) -> PreparedReset:
        """Return the checked reset for the person on this profile. Raises HistoryError.

        `domains` counts the domains of the colleagues' addresses, as `count_domains` returns it; empty if
        unknown.
        """
        item, account = menu_item_to_run(self._instance, profile), account_of(self._instance, profile.user)
        last = await to_thread(self._store.last_reset, account, mailbox=True)
        failed = await to_thread(self._store.last_failed_reset, account)
        suspect = suspect_email_finding(profile.user, domains)
        # A server may be asked for its time.
        now = await to_thread(self._clock)
        findings = check_profile(self._instance, profile, last, now, snapshot=snapshot, suspect_email=suspect)
        log("checked", findings=[finding.code for finding in findings])
        return PreparedReset(self._instance, profile, item, last, findings, failed)

    async def send(
        self,
        prepared: PreparedReset,
        *,
        ticket: str = "",
        allowed: Set[str] = frozenset(),
        batch: str = "",
    ) -> ResetResult:
        """Ask the CRM once for the link that `prepared` describes, and record the outcome.

        The record is on disk before the request leaves; a crash leaves it *unknown*. It is written while the
        connection for the request is being made. `allowed` are the codes
        of the findings that the user overrides. `batch` is the id of the batch that the send belongs to.

        The request is repeated only if the answer proves that the session had ended and nothing ran; the
        session is renewed first, and each try that was recorded keeps its row. Raises ResetBlockedError if a
        guard stops it, HistoryError if it cannot be recorded (then nothing is sent).
        """
        self._recording = None
        if prepared.instance != self._instance:
            raise ResetBlockedError(
                f"This was checked in {prepared.instance.name}, not in {self._instance.name}."
            )
        unresolved = prepared.unresolved(allowed)
        if unresolved:
            raise ResetBlockedError(" ".join(finding.message for finding in unresolved))
        record = partial(self._record_request, prepared, ticket, allowed, batch)
        begin = partial(_Recording, "send", record)
        return await self._run_recorded(begin, partial(self._request_link, prepared))

    async def enable_login(self, profile: Profile, *, ticket: str = "") -> ResetResult:
        """Enable this person's locked login with the CRM's own menu item, once, recorded like a send.

        Raises ResetBlockedError if no menu of the profile has the item, or it cannot be run; HistoryError if
        it cannot be recorded (then nothing is done).
        """
        self._recording = None
        item = profile.menu_item(MenuItemKind.ENABLE_LOGIN)
        if item is None:
            raise ResetBlockedError(
                f"The CRM does not offer “{self._instance.labels.enable_login}” for this person."
            )
        if item.problem:
            raise ResetBlockedError(f"{item.problem} {advice_for_item(item)}")

        def record() -> HistoryEntry:
            return self._store.record_request(self._build_request(profile, ticket), CrmAction.ENABLE_LOGIN)

        begin = partial(_Recording, "enable login", record)
        return await self._run_recorded(begin, partial(self._client.run_menu_item, item))

    async def read_begun(self) -> HistoryEntry | None:
        """Return the row of the last action as the history has it now, None if it has none: nothing was sent.

        For an action that was given up: its row may still be written, which is waited for, and its outcome
        may be recorded although nobody waited for that.
        """
        entry = await self._recording.begun_entry() if self._recording is not None else None
        if entry is None:
            return None
        try:
            return await to_thread(self._store.read_again, entry) or entry
        except HistoryError:
            return entry

    async def _run_recorded(self, begin: Callable[[], "_Recording"], run: _Run) -> ResetResult:
        """Run an action, and once more if the session had ended; record the outcome.

        Raises what the recording raises: then nothing was sent.
        """
        recording = begin()
        answer = await self._try(recording, run)
        if isinstance(answer, SignedOutError) and self._renew_session is not None:
            failed = await self._renew_after(recording, answer, self._renew_session)
            if failed is not None:
                return failed
            recording = begin()
            answer = await self._try(recording, partial(_run_again, run))
        return await self._finish(recording, answer)

    async def _try(self, recording: "_Recording", run: _Run) -> ActionResult | CrmError:
        """Return the answer to an action, or the error in its place. Nothing leaves before it is recorded."""
        self._recording = recording
        try:
            return await run(recording)
        except CrmError as error:
            return error
        finally:
            recording.stop_waiting()

    async def _finish(self, recording: "_Recording", answer: ActionResult | CrmError) -> ResetResult:
        entry = await recording.entry()
        if isinstance(answer, CrmError):
            return await self._record_outcome(entry, outcome_of(answer), str(answer), answer)
        outcome = Outcome.SENT if answer.success else Outcome.REFUSED
        return await self._record_outcome(entry, outcome, answer.message)

    async def _renew_after(
        self, recording: "_Recording", ended: SignedOutError, renew: RenewSession
    ) -> ResetResult | None:
        """Sign in again after a try that never ran; return the result if nothing can be tried again."""
        # A row has its outcome before anybody is asked for a password, which may take them any time: after
        # some minutes, others take a row without one for a send that was interrupted.
        first = await self._finish(recording, ended) if recording.has_begun else None
        if first is not None and first.record_error is not None:
            return first
        try:
            await renew()
        except CrmError as error:
            if first is None:
                return await self._finish(recording, error)
            return replace(first, entry=replace(first.entry, message=str(error)), error=error)
        return None

    # The history is used in threads: it may have to wait seconds for another process that writes to it. So
    # may asking who is at the keyboard.

    def _record_request(
        self, prepared: PreparedReset, ticket: str, allowed: Set[str], batch: str
    ) -> HistoryEntry:
        last = prepared.last_reset
        known = None if allowed >= RESEND_CODES else last.id if last is not None else 0
        try:
            return self._store.record_request(
                self._build_request(prepared.profile, ticket, batch), unless_after=known
            )
        except ConcurrentResetError as error:
            raise ResetBlockedError(
                f"{error} Nothing was sent: look again before you send another one."
            ) from None

    async def _request_link(self, prepared: PreparedReset, preparation: Preparation) -> ActionResult:
        if prepared.item is None:
            return await self._client.submit_forgot_password_form(prepared.profile.user, preparation)
        return await self._client.run_menu_item(prepared.item, preparation)

    async def _record_outcome(
        self, entry: HistoryEntry, outcome: Outcome, message: str, error: CrmError | None = None
    ) -> ResetResult:
        log("sent", history_id=entry.id, outcome=str(outcome), error=type(error).__name__ if error else "")
        try:
            return ResetResult(await to_thread(self._store.record_outcome, entry.id, outcome, message), error)
        except HistoryError as problem:
            log_error("not recorded", problem)
            # Not its own advice: that may be to try again, which would send another link.
            row = (
                ""
                if isinstance(problem, HistoryReplacedError)
                else f" Row {entry.id} still says “{entry.outcome}”."
            )
            record_error = HistoryError(f"{problem}{row}", advice=NOT_RECORDED_ADVICE)
            return ResetResult(replace(entry, outcome=outcome, message=message), error, record_error)

    def _build_request(self, profile: Profile, ticket: str, batch: str = "") -> ResetRequest:
        user, instance, keyboard = profile.user, self._instance, keyboard_user()
        return ResetRequest(
            instance=instance.name,
            environment=instance.environment,
            host=instance.host,
            operator=instance.operator,
            user_id=user.id,
            user_name=user.user_name,
            name=user.name,
            email=user.email,
            ticket=ticket,
            server=instance.server,
            os_user=keyboard.os_user,
            os_host=keyboard.os_host,
            sudo_user=keyboard.sudo_user,
            batch=batch,
        )


async def _run_again(run: _Run, preparation: Preparation) -> ActionResult:
    """Run an action after a new sign-in. What looks like the end of the session is something else then."""
    try:
        return await run(preparation)
    except IllegalRequestError as error:
        raise SiteUrlMismatchError(f"{error} It happened again right after a new sign-in.") from None
    except SignedOutError as error:
        words = f"{error} It happened again right after a new sign-in."
        raise SignedOutError(words, advice=_SESSION_ENDED_AGAIN_ADVICE) from None


class _Recording:
    """The record of an action, which is written, in a thread, while the connection for it is being made."""

    def __init__(self, event: str, record: Callable[[], HistoryEntry]) -> None:
        """Build it, without beginning. `event` is what the log calls the action."""
        self._event = event
        self._record = record
        self._task: asyncio.Task[HistoryEntry] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def has_begun(self) -> bool:
        """Return whether there is a row, or may be one soon."""
        return self._task is not None

    def begin(self) -> None:
        """Begin to write soon, unless that is so already."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_HEAD_START_SECONDS, self._begun)

    def stop_waiting(self) -> None:
        """Do not begin to write any more: the action is over, or was given up before it sent anything."""
        if self._timer is not None:
            self._timer.cancel()

    async def wait(self) -> None:
        """Wait until the record is on disk. Raises what writing it raised."""
        await self.entry()

    async def entry(self) -> HistoryEntry:
        """Return the row. Raises what writing it raised."""
        task = self._begun()
        # Not `await task`: an action that is given up does not end the record.
        await asyncio.wait([task])
        return task.result()

    async def begun_entry(self) -> HistoryEntry | None:
        """Return the row, None if writing it was not begun, or failed."""
        if self._task is None:
            return None
        await asyncio.wait([self._task])
        return None if self._task.cancelled() or self._task.exception() else self._task.result()

    async def _write(self) -> HistoryEntry:
        entry = await to_thread(self._record)
        log(self._event, history_id=entry.id)
        return entry

    def _begun(self) -> asyncio.Task[HistoryEntry]:
        if self._task is None:
            self._task = asyncio.create_task(self._write())
            # Looked at even if nobody waits any more: else asyncio would write about an error unseen.
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._task


def outcome_of(error: CrmError) -> Outcome:
    """Return what an error during the send proves. With no error, the CRM's `success` says sent or refused.

    ===================== ======== ==================================================================
    PermissionDeniedError refused  the CRM said no
    ConnectionLostError   unknown  a time-out, a dropped connection or half an answer, after the request may
                                   have begun to leave
    UnclearAnswerError    unknown  HTML, a redirect (to the login page, too), HTTP 4xx or 5xx whatever the
                                   answer says, an answer too large or unreadable, `success` with a status
                                   other than 200, an answer with both a yes and a no, or with anything but
                                   PHP's own warnings before it
    every other error     not sent no connection, a certificate not accepted, a session that had ended (HTTP
                                   200 with "Login is required", "Invalid request" or "Illegal request", or a
                                   redirect with the first) and could not be renewed, another host, no form:
                                   the action never ran
    ===================== ======== ==================================================================
    """
    if isinstance(error, PermissionDeniedError):
        return Outcome.REFUSED
    if isinstance(error, ConnectionLostError | UnclearAnswerError):
        return Outcome.UNKNOWN
    return Outcome.NOT_SENT

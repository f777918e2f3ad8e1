"""The jobs of one instance that take time. They run beside the screen and only post messages to it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence, Set
from contextlib import aclosing, contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from pydantic import SecretStr
from textual.message import Message

from dazos_tui.config import Instance, ResetRoute
from dazos_tui.crm.client import Answers
from dazos_tui.crm.errors import CrmError, NoSuchUser, SignedOut
from dazos_tui.crm.models import Profile, Question, User
from dazos_tui.crm.reader import Arrival, PeopleReader
from dazos_tui.crm.webservice import WebService
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import Action, Entry
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.instances import Prompts, client_for, open_session, service_for, sign_out, tell_pauses
from dazos_tui.resets.accounts import Chosen, account_of
from dazos_tui.resets.addresses import domains_of, doubts
from dazos_tui.resets.back_in import BackInService
from dazos_tui.resets.checkup import Opened
from dazos_tui.resets.service import Blocked, Check, ResetService
from dazos_tui.resets.troubleshooter import walk
from dazos_tui.secrets import SecretError, access_key_for
from dazos_tui.tui import messages
from dazos_tui.tui.whom import Whom

Post = Callable[[Message], object]
T = TypeVar("T")


class Declined(SignedOut):
    """Nobody is signed in because nobody wanted to be: the person gave no password."""


class InstanceSession:
    """One instance: its client, its resets, and the jobs that use them.

    Whatever reads signs in first if need be, and once more if the session had ended meanwhile: reading can
    be repeated. A sign-in that fails ends all jobs that wait for it, and is not repeated by any of them.
    Raises Unreachable if the instance's address cannot be one.
    """

    def __init__(self, instance: Instance, store: HistoryStore, opened: Opened | None = None) -> None:
        """Take the instance, and the session a check has just opened: nobody signs in, or reads, twice."""
        self.instance = instance
        self._opened = opened
        self.client = opened.client if opened is not None else client_for(instance)
        # Not the screen's own: it would have to wait for a send that waits for another process.
        self._store = store.another()
        self._back_in = BackInService(instance, self.client, self._store)
        self._under_way: dict[str, asyncio.Task[Any]] = {}
        self._asked: set[asyncio.Future[Any]] = set()
        self._unattended = False
        self._attempts = 0 if opened is None else 1
        self._failure: CrmError | SecretError | None = None

    def use_route(self, route: ResetRoute) -> None:
        """Ask for links in this way from now on, where no menu offers them."""
        self.instance = self.instance.model_copy(update={"reset_route": route})

    def reading(self) -> PeopleReader:
        """Return a reading of the list: one that has not begun, unless a check has just read it."""
        if self._opened is not None:
            return self._opened.reader
        return PeopleReader(self.client, self._open_service)

    async def read_people(self, post: Post, reader: PeopleReader) -> None:
        """Read everybody, or what an earlier try has left; go on after the session had to be opened again."""

        arrived = 0
        if self._opened is not None:
            people = tuple(self._opened.people.values())
            self._opened = None
            post(messages.SignedIn())
            post(messages.PeopleArrived(reader, Arrival(people, len(people), None)))

        async def read() -> None:
            nonlocal arrived
            async with aclosing(reader.read()) as arrivals:
                async for arrival in arrivals:
                    arrived += 1
                    post(messages.PeopleArrived(reader, arrival))

        async def read_on() -> None:
            """Read to the end, signing in again as often as the session ends after it brought somebody."""
            while True:
                before = arrived
                try:
                    return await self._reading(post, read)
                except SignedOut as ended:
                    if isinstance(ended, Declined) or arrived == before:
                        raise

        try:
            await read_on()
        except (CrmError, SecretError) as trouble:
            post(messages.ListFailed(reader, trouble))
        else:
            post(messages.ListRead(reader))

    async def find_people(self, post: Post, text: str) -> None:
        """Ask the CRM's own search for whom the list lacks so far."""
        found: tuple[User, ...] | None = None
        with self._by_the_way(post):
            found = tuple(row.user for row in await self.client.search_like(text))
        post(messages.PeopleFound(text, found))

    async def _open_service(self) -> WebService | None:
        service = service_for(self.instance)
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

    async def load_profile(self, post: Post, user_id: str) -> None:
        """Read a profile."""
        try:
            post(messages.ProfileArrived(await self._profile(post, user_id)))
        except (CrmError, SecretError) as trouble:
            post(messages.ProfileFailed(user_id, trouble))

    async def load_row_menu(self, post: Post, profile: Profile) -> None:
        """Read the row's menu in the list, too; if that fails, the menu stays that of the profile."""
        with suppress(CrmError, SecretError):
            read = partial(self.client.with_row_menu, profile)
            post(messages.RowMenuArrived(await self._reading(post, read)))

    async def check(
        self, post: Post, answer: Post, whom: Whom, fresh: Profile | None, colleagues: Sequence[User]
    ) -> None:
        """Look at a reset before it is confirmed: on the `fresh` profile, or on one read now.

        `colleagues` are the people whose addresses tell how the domains here are spelled.

        The result goes to `answer` alone; `post` gets what else there is to tell.
        """
        try:
            profile = await self._whole(post, whom, fresh)
            chosen = Chosen(whom.user_name, whom.name, whom.email)
            domains = await asyncio.to_thread(domains_of, colleagues)
            checked = await self._resets(post).check_profile(profile, chosen=chosen, domains=domains)
            answer(messages.CheckReady(checked))
            if fresh is None:
                post(messages.ProfileArrived(profile))
            elif profile is not fresh:
                post(messages.RowMenuArrived(profile))
        except (CrmError, SecretError, HistoryError) as trouble:
            answer(messages.CheckFailed(trouble))

    async def send(self, post: Post, check: Check, ticket: str, allowed: Set[str]) -> None:
        """Send the confirmed link, once. `allowed` are the codes of the findings decided against."""
        try:
            result = await self._resets(post).send(check, ticket=ticket, allowed=allowed)
            post(messages.ResetFinished(result))
        except Blocked as blocked:
            post(messages.ResetStopped(check.profile.user.id, str(blocked), ""))
        except HistoryError as error:
            post(messages.ResetStopped(check.profile.user.id, str(error), error.advice))

    async def enable_login(self, post: Post, profile: Profile, ticket: str) -> None:
        """Let a locked login in again, once."""
        stopped = partial(messages.ResetStopped, profile.user.id, action=Action.ENABLE_LOGIN)
        try:
            # Read again: somebody else may have enabled it since.
            fresh = await self._profile(post, profile.user.id, profile.user.user_name, both_menus=True)
            post(messages.ResetFinished(await self._resets(post).enable_login(fresh, ticket=ticket)))
        except Blocked as blocked:
            post(stopped(str(blocked), "The login is not locked, or no longer: read the profile again."))
        except (CrmError, SecretError, HistoryError) as trouble:
            post(stopped(str(trouble), trouble.advice))

    async def look_for_trouble(
        self, post: Post, answer: Post, whom: Whom, domains: Mapping[str, int], row: Entry | None
    ) -> None:
        """Read a profile afresh and look at what may keep the person out.

        `domains` are those of the colleagues' addresses. `row` is the reset that the person was chosen by, if
        any: it counts unless a link went out, or may have, after it.

        The result goes to `answer` alone; `post` gets what else there is to tell.
        """
        try:
            profile = await self._profile(post, whom.id, whom.user_name, both_menus=True)
            user = profile.user
            account = account_of(self.instance, user)
            last = await asyncio.to_thread(self._store.last_reset, account)
            if row is not None and (last is None or last.id < row.id):
                last = row
            if last is None:
                last = await asyncio.to_thread(self._store.last_failed, account)
            found = doubts(user.email, user.name, user.user_name, domains)
            answer(messages.TroubleFound(profile, walk(self.instance, profile, last, utc_now(), found)))
            post(messages.ProfileArrived(profile))
        except (CrmError, SecretError, HistoryError) as trouble:
            answer(messages.CheckFailed(trouble))

    async def check_sign_ins(self, post: Post, entries: Sequence[Entry]) -> None:
        """See in the login history who of these is back in."""
        try:
            seen = await self._reading(post, lambda: self._back_in.check(entries))
            post(messages.SignInsChecked(seen, asked=True))
        except (CrmError, SecretError, HistoryError) as trouble:
            post(messages.SignInsUnknown(trouble))

    async def glance_at_sign_ins(self, post: Post, entries: Sequence[Entry]) -> None:
        """Look at the newest sign-ins, unasked: without signing in for it, silent if it fails."""
        with suppress(HistoryError), self._by_the_way(post):
            if seen := await self._back_in.glance(entries):
                post(messages.SignInsChecked(seen, asked=False))

    async def note_baseline(self, post: Post, entry: Entry) -> None:
        """Take note of who signed in before a link that has just been sent: a later sign-in is a proof."""
        with self._by_the_way(post):
            await self._back_in.note_baseline(entry)

    @contextmanager
    def _by_the_way(self, post: Post) -> Iterator[None]:
        """Do what nobody asked for: it never signs in, and of its failures only an ended session is told."""
        try:
            yield
        except SignedOut:
            if "sign-in" not in self._under_way:
                post(messages.SessionEnded())
        except CrmError:
            pass

    def leave_unanswered(self) -> None:
        """Give no answer to what a person was asked, nor to what is asked from now on: nobody is there.

        What waits for it ends as if the box had been closed.
        """
        self._unattended = True
        for answer in self._asked:
            if not answer.done():
                answer.set_result(None)

    async def close(self) -> None:
        """Sign out and close the connections."""
        for task in list(self._under_way.values()):
            task.cancel()
        try:
            await sign_out(self.client, self.instance)
            await self.client.close()
        finally:
            # Also where the app does not wait for a server that hangs.
            self._store.close()

    async def _whole(self, post: Post, whom: Whom, fresh: Profile | None) -> Profile:
        """Return the person's profile with both menus: only the row's shows that a login is locked."""
        if fresh is None:
            return await self._profile(post, whom.id, whom.user_name, both_menus=True)
        return await self._reading(post, lambda: self.client.with_row_menu(fresh))

    async def _profile(
        self, post: Post, user_id: str, user_name: str = "", *, both_menus: bool = False
    ) -> Profile:
        """Read a profile. With a `user_name`, it must still be that person's: else raises NoSuchUser."""

        def read() -> Coroutine[Any, Any, Profile]:
            return self._reading(post, lambda: self.client.profile(user_id, both_menus=both_menus))

        profile = await self._shared(f"profile {user_id} {both_menus}", read)
        if user_name and profile.user.user_name.casefold() != user_name.casefold():
            raise NoSuchUser(
                f"This record is of “{profile.user.user_name}” by now, and was of “{user_name}”.",
                advice="Look for the person by name: / and type.",
            )
        return profile

    async def _reading(self, post: Post, read: Callable[[], Awaitable[T]]) -> T:
        tell_pauses(self.instance, lambda seconds: post(messages.Paused(seconds)))
        before = self._attempts
        try:
            return await read()
        except SignedOut:
            if self._attempts == before or "sign-in" in self._under_way:
                await self._shared("sign-in", lambda: self._sign_in(post))
            elif self._failure is not None:
                # Another job has tried since this one began: its failure is this one's, too.
                raise self._failure from None
            return await read()

    async def _sign_in(self, post: Post) -> None:
        post(messages.SigningIn(again=self._attempts > 0))
        self._attempts += 1
        try:
            await open_session(self.client, self.instance, self._prompts(post))
        except (CrmError, SecretError) as failure:
            self._failure = failure
            raise
        self._failure = None
        post(messages.SignedIn())

    def _resets(self, post: Post) -> ResetService:
        return ResetService(self.instance, self.client, self._store, renew=partial(self._renew, post))

    async def _renew(self, post: Post) -> None:
        """Open the session again for a send that never ran, because it had ended."""
        try:
            await self._shared("sign-in", lambda: self._sign_in(post))
        except SecretError as error:
            raise SignedOut(str(error), advice=error.advice) from None

    def _prompts(self, post: Post) -> Prompts:
        return Prompts(partial(self._credential, post), partial(self._answered, post), attempts=None)

    async def _credential(self, post: Post, notes: Sequence[str]) -> SecretStr:
        """Return what a person types. Raises Declined if nobody does."""
        note = " ".join(notes)
        typed: SecretStr | None = await self._answer_of_person(
            lambda answer: post(messages.PasswordNeeded(answer, note))
        )
        if typed is None:
            raise Declined(
                "Nobody is signed in.", advice=f"F5 asks for the {self.instance.credential} again."
            )
        return typed

    async def _answered(self, post: Post, question: Question) -> Answers | None:
        return await self._answer_of_person(lambda answers: post(messages.QuestionAsked(question, answers)))

    async def _answer_of_person(self, ask: Callable[[asyncio.Future[T | None]], object]) -> T | None:
        if self._unattended:
            return None
        answer: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()
        self._asked.add(answer)
        ask(answer)
        try:
            return await answer
        finally:
            self._asked.discard(answer)

    async def _shared(self, key: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do some work, or wait for the same work that is under way. Who stops waiting does not end it."""
        task: asyncio.Task[T] | None = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(work())
            task.add_done_callback(lambda done: self._finished(key, done))
        return await asyncio.shield(task)

    def _finished(self, key: str, task: "asyncio.Task[Any]") -> None:
        del self._under_way[key]
        # Looked at even if nobody waits any more: asyncio complains of errors that nobody has seen.
        if not task.cancelled():
            task.exception()

"""The whole job, from sign-in to sign-out, through a proxy that causes one fault."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import SecretStr

from dazos_tui.config.models import ResetRoute
from dazos_tui.crm.client import ChallengeAnswers, CrmClient
from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.http.session import Timeouts
from dazos_tui.crm.models import Challenge, Status
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.people import Person
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.store import HistoryStore
from dazos_tui.instances.factory import sign_in
from dazos_tui.resets.service import ResetResult, ResetService
from tests.faults.fault_kinds import Kind, When
from tests.faults.proxy import Proxy, Step, Strike, proxying
from tests.patience import patience
from tests.support import demo_instance

PATIENT = Timeouts(connect=10.0, read=20.0, write=20.0, total=20.0)
HASTY = Timeouts(connect=10.0, read=0.4, write=0.4, total=0.7)
SLACK = 6.0
"""Seconds that everything except waiting may take on a busy machine."""
PAUSES = 0.9
"""The most seconds of the pauses between three attempts."""
TRIES = 3

_NO = '{"success": false, "error": {"code": "Mail not sent", "message": "The mail could not be sent."}}'


@dataclass(frozen=True)
class Route:
    """The steps of a job in order, and the demo instance that has them."""

    instance: str
    steps: tuple[Step, ...]


_COME = (Step.LOGIN_PAGE, Step.SIGN_IN)
_LISTS = (Step.LIST, Step.SEARCH, Step.SEARCH_INACTIVE)
_LOOK = (Step.PROFILE, Step.ROW)
_ROUTES = (
    Route("harbor-prod", (*_COME, *_LOOK, Step.SEND, Step.SIGN_OUT)),
    # A search also returns the row's menu.
    Route("harbor-prod", (*_COME, *_LISTS, Step.PROFILE, Step.SEND, Step.SIGN_OUT)),
    Route("valley-staging", (*_COME, *_LOOK, Step.FORM_PAGE, Step.FORM, Step.SIGN_OUT)),
    Route("ridge-prod", (*_COME, Step.CODE_PAGE, Step.CODE, *_LOOK, Step.SEND, Step.SIGN_OUT)),
)


@dataclass
class JobResult:
    """The result of a job: what the client reported, and what CRM and proxy saw."""

    proxy: Proxy
    seconds: float = 0.0
    error: CrmError | None = None
    results: list[ResetResult] = field(default_factory=list)
    rows: list[HistoryEntry] = field(default_factory=list)
    mailed: list[str] = field(default_factory=list)
    """User names of the people who got a mail, once for each mail."""
    sign_ins: int = 0

    def posts(self, step: Step) -> int:
        """Return how many requests of this step reached the proxy."""
        return self.proxy.asked.count(step)


@dataclass(frozen=True)
class JobBench:
    """A running demo CRM and a folder for one history, in which jobs are run."""

    demo: DemoServer
    folder: Path
    route: Route = _ROUTES[0]

    @property
    def crm(self) -> DemoInstance:
        """The instance of the job."""
        return self.demo.instance(self.route.instance)

    @property
    def people(self) -> list[Person]:
        """People whom a link can be sent to without a warning."""
        return [person for person in self.crm.people if ordinary(person)]

    def refuse_next(self) -> None:
        """Let the CRM refuse the next send that reaches it."""
        self.crm.faults.answer_with("action", _NO)

    async def play(
        self, strike: Strike, *people: Person, between: Callable[[], None] = lambda: None
    ) -> JobResult:
        """Run the job for these people, one link after the other. `between` is called between two links."""
        mails, attempts = len(self.crm.outbox), self.crm.sign_in_attempts
        async with proxying(self.demo.url, strike) as proxy:
            job = JobResult(proxy)
            began = time.monotonic()
            try:
                async with asyncio.timeout(patience(60)):
                    await self._job(job, strike, people, between)
            except CrmError as error:
                job.error = error
            job.seconds = time.monotonic() - began
        job.mailed = [mail.user_name for mail in self.crm.outbox[mails:]]
        job.sign_ins = self.crm.sign_in_attempts - attempts
        with HistoryStore(self.folder / "history.db") as store:
            job.rows = store.search()[::-1]
        return job

    async def _job(
        self, job: JobResult, strike: Strike, people: tuple[Person, ...], between: Callable[[], None]
    ) -> None:
        url = f"{job.proxy.url}/{self.route.instance}/"
        instance = demo_instance(
            self.demo, self.route.instance, url=url, reset_route=ResetRoute.FORGOT_PASSWORD
        )
        timeouts = timeouts_for(strike.kind)
        with HistoryStore(self.folder / "history.db") as store:
            async with CrmClient(instance.url, timeouts=timeouts) as client:
                await sign_in(client, instance, SecretStr(self.crm.password), _nobody)
                if strike.step in _LISTS:
                    (await client.request_user_page(Status.ACTIVE, 1))()
                    # An e-mail address, because an exact user name would end the search early.
                    await client.find_exact(people[0].email1)
                service = ResetService(instance, client, store)
                checks = [await service.prepare(str(person.id)) for person in people]
                if strike.step is Step.SEND and strike.kind.when is When.IDLE:
                    job.proxy.idle.set()
                    await job.proxy.spoilt.wait()
                for number, check in enumerate(checks):
                    if number:
                        between()
                    job.results.append(await service.send(check))
                await client.sign_out()


async def _nobody(_: Challenge) -> ChallengeAnswers | None:
    return None


def route_of(step: Step) -> Route:
    """Return the shortest route that has this step."""
    return next(route for route in _ROUTES if step in route.steps)


def timeouts_for(kind: Kind) -> Timeouts:
    """Return short time-outs for a fault that only they end. Other faults have to be noticed at once."""
    return HASTY if kind.waits else PATIENT


def longest(kind: Kind) -> float:
    """Return the most seconds that a job with this fault may take."""
    waiting = TRIES * HASTY.total if kind.waits else 0.0
    return waiting + PAUSES + SLACK


def strike_of(kind: Kind, step: Step, times: int) -> Strike:
    """Return a strike with this fault at this step."""
    route = route_of(step).steps
    place = route.index(step)
    return replace(Strike(kind, step, times=times), after=route[place - 1] if place else None)


def ordinary(person: Person) -> bool:
    """Return whether a link can be sent to this person without any finding."""
    if not person.active or "@" not in person.email1 or person.locked_at_start or person.is_admin:
        return False
    return person.roleid not in {"No Access", "Disabled Reps"} and not person.user_name.startswith("odd")

"""What the contract tests run on: each demo instance, or the instance that the options name."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import NoReturn

import pytest
import pytest_asyncio

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import Profile, Status, User
from dazos_tui.crm.reader import UserListReader
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.presets import InstancePreset
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import MISLABELLED, NO_INACTIVE_SWITCH
from dazos_tui.instances.factory import Prompts, create_client, open_session, sign_out
from tests.contract.options import configured_instance, plain_account
from tests.demo_presets import all_presets, instance_keys
from tests.support import demo_instance


@dataclass(frozen=True)
class Target:
    """The instance under test. `demo` is its demo CRM, None for an instance of somebody's own."""

    instance: Instance
    plain: Instance | None
    """The same instance with an account that has no admin rights."""
    mail_to: str | None
    """The user name of the person who gets a link; None: nobody."""
    demo: DemoInstance | None = None

    def skip(self, reason: str) -> NoReturn:
        """Skip a test that needs what this instance lacks. Only some of the demo's may lack anything."""
        assert self.demo is None or self.demo.name in _LACKING, reason
        pytest.skip(reason)


_LACKING = frozenset({"valley-staging", "spanish-prod", NO_INACTIVE_SWITCH.name, MISLABELLED.name})
"""Demo instances without the item or without a list of inactive accounts, or with words nobody configured."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on the instance that the options name, or on every preset of the demo."""
    if "target" in metafunc.fixturenames:
        own = configured_instance(metafunc.config)
        plans: list[Instance | InstancePreset] = [own] if own is not None else [*all_presets()]
        metafunc.parametrize(
            "target", plans, indirect=True, scope="session", ids=[plan.name for plan in plans]
        )


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    with ExitStack() as at_end:
        plan = request.param
        if isinstance(plan, Instance):
            yield _own_target(plan, request.config)
        else:
            yield _demo_target(at_end.enter_context(DemoServer(plan)), plan)


def _own_target(instance: Instance, config: pytest.Config) -> Target:
    account = plain_account(config)
    plain = None if account is None else _with_account(instance, *account)
    return Target(instance, plain, config.getoption("--mail-to"))


def _with_account(instance: Instance, user: str, command: tuple[str, ...]) -> Instance:
    changes = {
        "username": user,
        "password_command": command,
        "password_env": None,
        "access_key_command": None,
    }
    return instance.model_copy(update=changes)


def _demo_target(server: DemoServer, preset: InstancePreset) -> Target:
    demo = server.instance(preset.name)
    key = ("echo", demo.access_key)
    instance = demo_instance(server, preset.name, access_key_command=key, **instance_keys(preset.name))
    plain = _with_account(instance, demo.non_admin.username, ("echo", demo.non_admin.password))
    others = (one for one in demo.people if one.active and one.email1 and not one.is_admin)
    somebody = next(one for one in others if one.user_name.isascii())
    return Target(instance, plain, somebody.user_name, demo)


async def no_answers(_: object) -> None:
    """Answer nothing: a config must say all that a sign-in needs."""
    raise AssertionError("The instance asks for something that its config does not answer.")


PROMPTS = Prompts(no_answers, no_answers)  # type: ignore[arg-type]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def crm(target: Target) -> AsyncIterator[CrmClient]:
    """A signed-in client: one session for all tests of an instance."""
    async with create_client(target.instance) as client:
        await open_session(client, target.instance, PROMPTS)
        await client.confirm_session()
        yield client
        await sign_out(client, target.instance)


@dataclass(frozen=True)
class ReadList:
    """A whole list: its people by record id, its gaps, and how many people it announced."""

    target: Target
    users: dict[str, User]
    count: int
    gaps: tuple[str, ...]
    expected: int | None

    def with_status(self, status: Status) -> list[User]:
        """Return the people of this status; skips the test if there are none."""
        found = [user for user in self.users.values() if user.status is status]
        if not found:
            self.target.skip(f"Nothing shows that anybody here is {status.value}.")
        return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def people(target: Target, crm: CrmClient) -> ReadList:
    """Everybody in the list, read once."""
    reader = UserListReader(crm)
    users: dict[str, User] = {}
    count, expected = 0, None
    async for batch in reader.read():
        users.update((user.id, user) for user in batch.users)
        count, expected = batch.read_count, batch.expected_count
    return ReadList(target, users, count, reader.gaps, expected)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def colleague(target: Target, crm: CrmClient, people: ReadList) -> Profile:
    """The profile of an active person who is not the signed-in account."""
    own = target.instance.username.casefold()
    candidates = [user for user in people.users.values() if user.status is not Status.INACTIVE]
    user = next((one for one in candidates if one.user_name.casefold() != own), None)
    if user is None:
        target.skip("There is nobody besides the signed-in account.")
    return await crm.fetch_profile(user.id, include_row_menu=True)

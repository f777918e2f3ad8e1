"""The one way to sign in: with the configured credential, else with what the user types."""

import traceback

import pytest
from pydantic import SecretStr

from dazos_tui.crm.errors import CredentialRefusedError, SignInError
from dazos_tui.demo.server import DemoServer
from dazos_tui.instances.factory import Prompts, create_client, open_session, sign_in_as_typed
from dazos_tui.secrets import SecretError
from tests.support import demo_instance, eventually


@pytest.fixture
def demo():
    with DemoServer(users=12) as server:
        yield server


class Typist:
    """Types one password after another, and remembers why it was asked; raises SignInError after the last."""

    def __init__(self, *passwords, attempts=1):
        self.passwords, self.notes = list(passwords), []
        self.prompts = Prompts(self.credential, self.answer, attempts)

    async def credential(self, notes):
        self.notes.append(" ".join(notes))
        if not self.passwords:
            raise SignInError("Nobody is there.")
        return SecretStr(self.passwords.pop(0))

    async def answer(self, question):
        raise AssertionError(question)


def attempts_of(crm, count):
    return eventually(lambda: crm.sign_in_attempts == count) and crm.sign_in_attempts


async def signing_in(instance, typist):
    async with create_client(instance) as client:
        await open_session(client, instance, typist.prompts)
        await client.confirm_session()


async def test_the_configured_credential_is_used_without_a_prompt(demo):
    typist = Typist("never")
    await signing_in(demo_instance(demo), typist)
    assert (typist.notes, attempts_of(demo.instance("harbor-prod"), 1)) == ([], 1)


@pytest.mark.parametrize("attempts", [1, 3, None])
async def test_a_refused_configured_credential_is_tried_once_without_a_prompt(demo, attempts):
    typist = Typist(demo.instance("harbor-prod").password, attempts=attempts)
    with pytest.raises(CredentialRefusedError) as caught:
        await signing_in(demo_instance(demo, password_command=["echo", "wrong-hunter2"]), typist)
    assert (typist.notes, attempts_of(demo.instance("harbor-prod"), 1)) == ([], 1)
    assert_unseen("hunter2", caught.value)


async def test_a_failed_command_makes_no_sign_in_attempt(demo):
    typist = Typist("never")
    with pytest.raises(SecretError):
        await signing_in(demo_instance(demo, password_command=["false"]), typist)
    assert (typist.notes, demo.instance("harbor-prod").sign_in_attempts) == ([], 0)


async def test_without_a_configured_source_the_user_types_it(demo):
    typist = Typist(demo.instance("harbor-prod").password)
    await signing_in(demo_instance(demo, password_command=None, keyring=False), typist)
    assert (typist.notes, attempts_of(demo.instance("harbor-prod"), 1)) == ([""], 1)


@pytest.mark.parametrize("attempts", [1, 2, 3])
async def test_a_refused_one_is_prompted_for_again_with_the_reason_up_to_the_limit(demo, attempts):
    typist = Typist(*["wrong-hunter2"] * 5, attempts=attempts)
    with pytest.raises(CredentialRefusedError) as caught:
        await signing_in(demo_instance(demo, password_command=None, keyring=False), typist)
    assert attempts_of(demo.instance("harbor-prod"), attempts) == attempts
    assert len(typist.notes) == attempts
    assert all(f"Try {number} from here" in note for number, note in enumerate(typist.notes[1:], start=1))
    assert_unseen("hunter2", caught.value)


async def test_without_a_limit_the_user_ends_it_by_cancelling(demo):
    typist = Typist(*["wrong-hunter2"] * 4, attempts=None)
    with pytest.raises(SignInError, match="Nobody is there") as caught:
        await signing_in(demo_instance(demo, password_command=None, keyring=False), typist)
    assert attempts_of(demo.instance("harbor-prod"), 4) == 4
    assert_unseen("hunter2", caught.value)


async def test_an_accepted_typed_credential_is_returned_for_the_keyring(demo):
    right, instance = demo.instance("harbor-prod").password, demo_instance(demo)
    typist = Typist("wrong", right, attempts=3)
    async with create_client(instance) as client:
        accepted = await sign_in_as_typed(client, instance, typist.prompts)
    assert accepted.get_secret_value() == right


def assert_unseen(secret, error):
    """Assert that the secret is in no variable of the product's frames in the error's traceback."""
    chain = [error]
    while following := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(following)
    for one in chain:
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if "dazos_tui" not in frame.f_code.co_filename or "tests" in frame.f_code.co_filename:
                continue
            for value in frame.f_locals.values():
                assert not isinstance(value, SecretStr), frame.f_code.co_name
                assert not isinstance(value, str) or secret not in value

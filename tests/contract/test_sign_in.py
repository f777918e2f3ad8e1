"""Signing in, and what the CRM answers to somebody who is not, or no longer, signed in."""

from contextlib import suppress

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import (
    CredentialRefusedError,
    PermissionDeniedError,
    SignedOutError,
    SingleSignOnError,
    UnexpectedPageError,
)
from dazos_tui.crm.http.session import HttpSession
from dazos_tui.crm.models import Status
from dazos_tui.crm.pages.action_results import parse_action_result
from dazos_tui.crm.pages.html import csrf_token, parse_html
from dazos_tui.crm.pages.login import parse_login_form
from dazos_tui.instances.factory import create_client, open_session, sign_out
from tests.contract.conftest import PROMPTS, ReadList, Target

pytestmark = pytest.mark.asyncio(loop_scope="session")

_READING_ACTION = "index.php?module=Users&action=GetData"
"""An action that only reads."""
_AJAX = {"X-Requested-With": "XMLHttpRequest"}


async def test_the_login_page_is_recognised(target: Target) -> None:
    async with create_client(target.instance) as client:
        with suppress(SingleSignOnError):
            await client.probe_login_page()


async def test_a_sign_in_opens_a_session_whose_time_is_known(target: Target, crm: CrmClient) -> None:
    if crm.signed_in_at is None:
        pytest.skip("The session is a browser's: nobody signed in here.")
    assert crm.signed_in_at.tzinfo is not None


async def test_a_wrong_password_is_refused(target: Target) -> None:
    if target.demo is None:
        pytest.skip("A wrong password counts as a failed sign-in of a real account.")
    async with create_client(target.instance) as client:
        with pytest.raises(CredentialRefusedError):
            await client.sign_in(target.demo.non_admin.username, SecretStr("no such password"))


async def test_a_wrong_token_is_a_lost_session(target: Target, crm: CrmClient) -> None:
    response = await crm._session.post(_READING_ACTION, {"__vtrftk": "sid:0,0"}, headers=_AJAX)
    with pytest.raises(SignedOutError):
        parse_action_result(response.status, response.text, target.instance.labels)


async def test_without_a_session_a_page_is_the_login_page(target: Target) -> None:
    session = HttpSession(target.instance.url)
    try:
        page = await session.get(target.instance.paths.users)
    finally:
        await session.close()
    assert parse_login_form(page.text) is not None


async def test_without_a_session_an_action_says_so(target: Target) -> None:
    session = HttpSession(target.instance.url)
    try:
        page = await session.get(target.instance.paths.index)
        form = parse_login_form(page.text)
        assert form is not None
        token = csrf_token(parse_html(page.text)) or form.hidden_fields["__vtrftk"]
        response = await session.post(_READING_ACTION, {"__vtrftk": token}, headers=_AJAX)
    finally:
        await session.close()
    with pytest.raises(SignedOutError):
        parse_action_result(response.status, response.text, target.instance.labels)


async def test_after_a_sign_out_nothing_can_be_read(target: Target) -> None:
    if target.instance.auth == "cookie":
        pytest.skip("The browser's session is not ended from here.")
    async with create_client(target.instance) as client:
        await open_session(client, target.instance, PROMPTS)
        await client.confirm_session()
        cookies = dict(client._session.cookies())
        await client.sign_out()
        with pytest.raises(SignedOutError):
            await client.request_user_page(Status.ACTIVE, 1)
    session = HttpSession(target.instance.url)
    session.set_cookies(cookies)
    try:
        page = await session.get(target.instance.paths.users)
    finally:
        await session.close()
    assert parse_login_form(page.text) is not None, "The old cookie still opens the list."


async def test_an_account_without_admin_rights_gets_an_error_that_says_so(
    target: Target, people: ReadList
) -> None:
    if target.plain is None:
        pytest.skip("No account without admin rights was given (--crm-plain-user).")
    async with create_client(target.plain) as client:
        await open_session(client, target.plain, PROMPTS)
        with pytest.raises(PermissionDeniedError):
            (await client.request_user_page(Status.ACTIVE, 1))()
        with pytest.raises((PermissionDeniedError, UnexpectedPageError)) as raised:
            await client.fetch_profile(next(iter(people.users)))
        await sign_out(client, target.plain)
    assert isinstance(raised.value, PermissionDeniedError)

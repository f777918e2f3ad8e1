"""The CRM's public forgot-password form, submitted for a user."""

from dataclasses import replace

import pytest

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import (
    ConnectionLostError,
    UnclearAnswerError,
    UnexpectedPageError,
    UnreachableError,
    WrongHostError,
)
from dazos_tui.crm.http.session import Timeouts
from dazos_tui.crm.models import Status, User
from dazos_tui.demo.presets import SANDBOX
from dazos_tui.demo.server import DemoServer
from tests.crm.servers import answer, serving

PERSON = User("7", "ann.lee", "Ann Lee", "ann@example.com", "", Status.ACTIVE, None)

PAGE = """<html><body>
<form action="index.php" method="post"><input type="hidden" name="__vtrftk" value="sid:1,2">
<input name="username"><input type="password" name="password"></form>
<form action="forgotPassword.php" method="post"><input type="hidden" name="__vtrftk" value="sid:3,4">
<input name="username"><input name="emailId"></form></body></html>"""

LOGIN = "index.php?module=Users&parent=Settings&view=Login"


def crm(answered: bytes | None, page: str = PAGE):
    """Return an answerer like a CRM with this login page, which answers every form with `answered`."""
    return lambda request: answer(page) if request.method == "GET" else answered


def redirect(query: str) -> bytes:
    return answer("", 302, Location=f"{LOGIN}{query}")


async def submit_form(url: str, person: User = PERSON):
    async with CrmClient(url, timeouts=Timeouts(read=0.3)) as client:
        return await client.submit_forgot_password_form(person)


async def test_the_form_is_found_by_its_fields_and_filled_in_without_a_session():
    async with serving(crm(redirect("&mailStatus=success"))) as server:
        answered = await submit_form(server.url)
    assert answered.success
    page, form = server.requests
    assert (page.method, form.method) == ("GET", "POST")
    assert form.target.endswith("/crm/forgotPassword.php")
    assert sorted(form.body.split("&")) == [
        "__vtrftk=sid%3A3%2C4",
        "emailId=ann%40example.com",
        "username=ann.lee",
    ]


@pytest.mark.parametrize(
    ("query", "words"), [("&error=statusError", "mail server failed"), ("&error=fpError", "found nobody")]
)
async def test_each_refusal_has_its_own_message(query, words):
    async with serving(crm(redirect(query))) as server:
        answered = await submit_form(server.url)
    assert not answered.success
    assert words in answered.message


@pytest.mark.parametrize(
    "answered",
    [
        redirect(""),
        redirect("&mailStatus=failed"),
        redirect("&error=login"),
        redirect("&mailStatus=success&error=statusError"),
        redirect("&mailStatus=success&mailStatus=success"),
        answer("", 302, Location="https://crm.example.test/index.php?mailStatus=success"),
        answer("mailStatus=success"),
        answer("", 500),
        answer("", 200, Location="index.php?mailStatus=success"),
        answer("x", 302, Location="index.php?mailStatus=success", Content_Encoding="br"),
    ],
)
async def test_every_other_answer_is_unclear(answered):
    async with serving(crm(answered)) as server:
        with pytest.raises(UnclearAnswerError):
            await submit_form(server.url)
    assert [request.method for request in server.requests] == ["GET", "POST"]


async def test_a_damaged_address_of_a_redirect_says_what_it_says():
    """httpx takes it, Python's own `urlsplit` does not."""

    def crm_with_damaged_redirect(request):
        place = f"http://[@{request.headers['host']}/crm/index.php?mailStatus=success"
        return answer(PAGE) if request.method == "GET" else answer("", 302, Location=place)

    async with serving(crm_with_damaged_redirect) as server:
        assert (await submit_form(server.url)).success


async def test_a_connection_lost_after_the_form_was_sent_is_reported_and_not_retried():
    async with serving(crm(None)) as server:
        with pytest.raises(ConnectionLostError):
            await submit_form(server.url)
    assert [request.method for request in server.requests] == ["GET", "POST"]


@pytest.mark.parametrize(
    ("page", "error"),
    [
        ("<form><input name=username><input name=password></form>", UnexpectedPageError),
        (PAGE.replace("forgotPassword.php", "https://crm.example.test/forgotPassword.php"), WrongHostError),
    ],
)
async def test_a_page_without_a_form_for_this_instance_gets_no_form(page, error):
    async with serving(crm(redirect("&mailStatus=success"), page)) as server:
        with pytest.raises(error):
            await submit_form(server.url)
    assert [request.method for request in server.requests] == ["GET"]


async def test_an_unreadable_page_proves_that_nothing_was_sent():
    async with serving(lambda request: None) as server:
        with pytest.raises(UnexpectedPageError):
            await submit_form(server.url)
    with pytest.raises(UnreachableError):
        await submit_form(server.url)


async def test_the_demo_crm_sends_and_refuses_in_three_ways():
    broken = replace(SANDBOX, name="no-mail", mail_server_works=False)
    with DemoServer(users=45) as server, DemoServer(broken) as mute:
        harbor, person = server.instance("harbor-prod"), server.instance("harbor-prod").person("odd.garcia")
        user = replace(PERSON, user_name=person.user_name, email=person.email1)
        other = replace(user, email="nobody@example.com")
        without = mute.instance("no-mail")
        first = without.people[0]
        unlucky = replace(PERSON, user_name=first.user_name, email=first.email1)
        answered = [
            await submit_form(url, whom)
            for url, whom in ((harbor.url, user), (harbor.url, other), (without.url, unlucky))
        ]
    assert [one.success for one in answered] == [True, False, False]
    assert [mail.to for mail in harbor.outbox] == [person.email1]
    assert len({one.message for one in answered}) == 3


@pytest.mark.parametrize("status", [403, 500, 503])
async def test_an_outage_is_not_reported_as_a_missing_form(status):
    async with serving(lambda _: answer("<p>Away</p>", status)) as server:
        with pytest.raises(UnexpectedPageError, match=f"could not be read \\(HTTP {status}\\)") as caught:
            await submit_form(server.url)
    assert "reset_route" not in caught.value.advice

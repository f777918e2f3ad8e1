"""Links by a configured request: what the CRM gets, and what the history says, for every kind of answer."""

import time
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from pydantic import SecretStr

from dazos_tui.crm.models import MenuItemKind
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import CrmAction, Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.instances.doctor import DoctorStep, run_doctor
from dazos_tui.instances.factory import Prompts, create_client
from dazos_tui.resets.service import ResetBlockedError, ResetService
from tests.configured_requests import REQUESTS, SHAPES, configured_instance

SENT = "Reset Password Instruction has been sent successfully!"
DENIED = '{"success":false,"error":{"code":"Permission denied","message":"You may not"}}'
NAMES = tuple(SHAPES)


@asynccontextmanager
async def at(name, state, preset=None, **config):
    shape = preset or SHAPES[name]
    with DemoServer(shape) as server, HistoryStore(state / "history.db") as store:
        crm = server.instance(shape.name)
        instance = configured_instance(server, name, **config)
        async with create_client(instance) as client:

            async def renew():
                await client.sign_in(crm.username, SecretStr(crm.password))

            await renew()
            yield crm, ResetService(instance, client, store, renew_session=renew), store


def any_person(crm, *, active=True):
    mine = {crm.username, crm.non_admin.username}
    return next(
        one for one in crm.people if one.active is active and one.email1 and one.user_name not in mine
    )


async def send_to_anybody(crm, resets, **options):
    prepared = await resets.prepare(str(any_person(crm).id))
    return await resets.send(prepared, **options)


def actions(crm):
    """Return the requests of actions, sign-ins aside: the item's own addresses."""
    posts = [one for one in crm.requests if one.method == "POST"]
    return [one for one in posts if one.path.endswith("/api/users/reset")] or posts[crm.sign_in_attempts :]


@pytest.mark.parametrize("name", NAMES)
async def test_a_link_is_sent_once_with_the_crms_words(tmp_path, name):
    async with at(name, tmp_path) as (crm, resets, store):
        result = await send_to_anybody(crm, resets, ticket="T-1")
        [entry] = store.search()
        assert result.error is None
        assert (entry.outcome, entry.message, entry.request.ticket) == (Outcome.SENT, SENT, "T-1")
        assert [run.person for run in crm.actions_run] == [any_person(crm)]
        assert len(actions(crm)) == 1
    assert len(crm.outbox) == 1


@pytest.mark.parametrize("name", NAMES)
async def test_without_the_configured_request_nothing_can_be_sent(tmp_path, name):
    async with at(name, tmp_path, reset_request=None) as (crm, resets, _):
        prepared = await resets.prepare(str(any_person(crm).id))
        assert [one.code for one in prepared.blockers] == [
            "no_menu_item" if name == "no-item" else "unusable_menu_item"
        ]
    assert crm.actions_run == []


@pytest.mark.parametrize("name", NAMES)
async def test_the_record_is_on_disk_before_the_request_leaves(tmp_path, name):
    seen: list[tuple[Outcome, object]] = []
    async with at(name, tmp_path) as (crm, resets, _):
        mail = crm.mail_reset_link

        def look_then_mail(person):
            with HistoryStore(tmp_path / "history.db") as other:
                seen.extend((entry.outcome, entry.finished_at) for entry in other.search())
            return mail(person)

        crm.mail_reset_link = look_then_mail
        await send_to_anybody(crm, resets)
    assert seen == [(Outcome.UNKNOWN, None)]


@pytest.mark.parametrize("name", NAMES)
async def test_a_lost_session_is_renewed_and_the_link_requested_once_more(tmp_path, name):
    async with at(name, tmp_path) as (crm, resets, _):
        prepared = await resets.prepare(str(any_person(crm).id))
        crm.expire_sessions()
        result = await resets.send(prepared)
        assert (result.entry.outcome, crm.sign_in_attempts) == (Outcome.SENT, 2)
        assert len(crm.actions_run) == 1
    assert len(crm.outbox) == 1


@pytest.mark.parametrize("name", NAMES)
async def test_a_session_that_cannot_be_renewed_means_not_sent(tmp_path, name):
    async with at(name, tmp_path) as (crm, resets, _):
        prepared = await resets.prepare(str(any_person(crm).id))
        crm.faults.inject("action", Fault(body="Invalid request"), times=None)
        result = await resets.send(prepared)
    assert result.entry.outcome is Outcome.NOT_SENT
    assert "again right after a new sign-in" in result.entry.message
    assert crm.outbox == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("fault", "outcome", "mails"),
    [
        (Fault(body=DENIED), Outcome.REFUSED, 0),
        (Fault(drop=True), Outcome.UNKNOWN, 0),
        (Fault(drop=True, runs=True), Outcome.UNKNOWN, 1),
        (Fault(body="<html>maintenance</html>", runs=True), Outcome.UNKNOWN, 1),
        (Fault(body="", status=302, headers={"Location": "index.php"}), Outcome.UNKNOWN, 0),
        (Fault(body="", status=500), Outcome.UNKNOWN, 0),
        (Fault(body=DENIED, status=403), Outcome.UNKNOWN, 0),
        (Fault(body='{"done":true}', runs=True), Outcome.UNKNOWN, 1),
        (Fault(body='{"status":"queued"}', runs=True), Outcome.UNKNOWN, 1),
        (Fault(body='{"status":"ok","success":true,"error":"No"}', runs=True), Outcome.UNKNOWN, 1),
    ],
)
async def test_the_outcome_is_what_the_answer_proves_and_nothing_is_repeated(
    tmp_path, name, fault, outcome, mails
):
    async with at(name, tmp_path) as (crm, resets, store):
        prepared = await resets.prepare(str(any_person(crm).id))
        crm.faults.inject("action", fault)
        result = await resets.send(prepared)
        assert result.entry.outcome is outcome
        assert [entry.outcome for entry in store.search()] == [outcome]
        assert (crm.sign_in_attempts, len(actions(crm))) == (1, 1)
    assert len(crm.outbox) == mails


@pytest.mark.parametrize("name", NAMES)
async def test_a_refusal_keeps_the_crms_words(tmp_path, name):
    broken = replace(SHAPES[name], mail_server_works=False)
    async with at(name, tmp_path, broken) as (crm, resets, _):
        result = await send_to_anybody(crm, resets)
    assert (result.entry.outcome, result.entry.message) == (
        Outcome.REFUSED,
        "The mail could not be sent. Check the outgoing server.",
    )


async def test_an_answer_of_another_form_than_configured_is_unknown(tmp_path):
    usual = REQUESTS["script-item"]["reset_request"]
    async with at("other-answer", tmp_path, reset_request=usual) as (crm, resets, _):
        result = await send_to_anybody(crm, resets)
    assert result.entry.outcome is Outcome.UNKNOWN
    assert len(crm.outbox) == 1


async def test_a_configured_request_comes_before_the_form_but_only_where_it_is_offered(tmp_path):
    async with at("script-item", tmp_path, reset_route="forgot_password") as (crm, resets, _):
        prepared = await resets.prepare(str(any_person(crm).id))
        assert prepared.item is not None
        assert prepared.findings == ()
        assert (await resets.send(prepared)).entry.outcome is Outcome.SENT
        assert len(crm.actions_run) == 1
    menu_only = {**REQUESTS["no-item"]["reset_request"], "offered": "menu"}
    by_form = {"reset_route": "forgot_password", "reset_request": menu_only}
    async with at("no-item", tmp_path, **by_form) as (crm, resets, _):
        prepared = await resets.prepare(str(any_person(crm).id))
        assert (prepared.item, [one.code for one in prepared.findings]) == (None, ["by_form"])
        assert crm.actions_run == []


async def test_offered_always_is_said_before_the_send_and_does_not_reach_inactive_people(tmp_path):
    async with at("no-item", tmp_path) as (crm, resets, _):
        prepared = await resets.prepare(str(any_person(crm).id))
        assert [(one.code, one.is_blocking) for one in prepared.findings] == [("by_request", False)]
        assert 'offered = "always"' in prepared.findings[0].message
        gone = await resets.prepare(str(any_person(crm, active=False).id))
        assert gone.profile.menu_item(MenuItemKind.SEND_RESET_LINK) is None
        with pytest.raises(ResetBlockedError, match="inactive"):
            await resets.send(gone)
    assert crm.actions_run == []


async def test_offered_always_does_not_need_a_list_that_can_be_read(tmp_path):
    async with at("no-item", tmp_path) as (crm, resets, _):
        crm.faults.inject("list", Fault(body="<p>under construction</p>", content_type="text/html"))
        assert (await send_to_anybody(crm, resets)).entry.outcome is Outcome.SENT


@pytest.mark.parametrize(
    ("user_name", "why"), [("a/b", "cannot be a part of an address"), ("..", "cannot be a part")]
)
async def test_a_person_whom_the_request_cannot_name_is_blocked(tmp_path, user_name, why):
    request = {"path": "api/{user_name}/link", "form": {"__vtrftk": "{csrf}"}}
    async with at("script-item", tmp_path, reset_request=request) as (crm, resets, _):
        any_person(crm).user_name = user_name
        [blocker] = (await resets.prepare(str(any_person(crm).id))).blockers
        assert blocker.code == "unusable_menu_item"
        assert why in blocker.message
    assert crm.actions_run == []


async def test_the_exact_values_of_a_person_are_sent(tmp_path):
    request = {
        "path": "index.php?module=Users&action=SendResetLink&parent=Settings",
        "form": {"record": "{id}", "x[name]": "{user_name}", "x[mail]": "{email}", "__vtrftk": "{csrf}"},
        "headers": {"X-Requested-With": "XMLHttpRequest"},
    }
    async with at("script-item", tmp_path, reset_request=request) as (crm, resets, _):
        person = any_person(crm)
        person.user_name = "jo\u200b&record=7;x%00=é"
        prepared = await resets.prepare(str(person.id))
        sent = dict(prepared.item.request.form)
        assert sent["x[name]"] == person.user_name
        assert (await resets.send(prepared)).entry.outcome is Outcome.SENT
        assert [run.person for run in crm.actions_run] == [person]


@pytest.mark.parametrize("name", ["script-item", "json-body", "other-answer"])
async def test_a_locked_login_is_enabled_by_its_configured_request_only_while_it_is_locked(tmp_path, name):
    async with at(name, tmp_path) as (crm, resets, store):
        person = any_person(crm)
        with pytest.raises(ResetBlockedError, match="does not offer"):
            await resets.enable_login((await resets.prepare(str(person.id))).profile)
        crm.accounts.lock(person, time.time())
        profile = (await resets.prepare(str(person.id))).profile
        result = await resets.enable_login(profile)
        [entry] = store.search()
        assert result.error is None
        assert (entry.action, entry.outcome) == (CrmAction.ENABLE_LOGIN, Outcome.SENT)
        assert not crm.accounts.is_locked(person, time.time())
    assert [run.action for run in crm.actions_run] == ["enable"]


async def last_step(name, **config):
    with DemoServer(SHAPES[name]) as server:
        crm = server.instances[0]

        async def credential(_):
            return SecretStr(crm.password)

        async def no_answers(_):
            return None

        instance = configured_instance(server, name, **config)
        *before, last = [step async for step in run_doctor(instance, Prompts(credential, no_answers))]
        assert all(step.ok for step in before)
        assert last.step is DoctorStep.MENU_ITEM
        assert crm.actions_run == []
    return last


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("script-item", "is in the menu of an active account, and the configured request is used for it."),
        ("json-body", "is in the menu of an active account, and the configured request is used for it."),
        ("no-item", "is not in the menu of an active account: the configured request is used."),
    ],
)
async def test_the_doctor_says_that_the_configured_request_is_used(name, words):
    last = await last_step(name)
    assert last.ok
    assert last.message == f"“Send Reset Link” {words}"


async def test_the_doctor_says_what_to_do_without_a_usable_item():
    last = await last_step("script-item", reset_request=None)
    assert not last.ok
    assert "“dazos-tui learn”" in last.advice
    assert "--" not in last.advice
    menu_only = {**REQUESTS["no-item"]["reset_request"], "offered": "menu"}
    last = await last_step("no-item", reset_request=menu_only)
    assert not last.ok
    assert 'offered = "always"' in last.advice

"""Links without a menu item: the CRM's public forgot-password form, if it is configured."""

import pytest
from pydantic import SecretStr

from dazos_tui.config.models import ResetRoute
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.instances.factory import create_client
from dazos_tui.resets.service import ResetBlockedError, ResetService
from tests.support import demo_instance

FORM = ResetRoute.FORGOT_PASSWORD


@pytest.fixture
def valley():
    with DemoServer(users=45) as server:
        yield server, server.instance("valley-staging")


def any_person(instance, *, active=True):
    mine = {instance.username, instance.non_admin.username}
    return next(one for one in instance.people if one.active is active and one.user_name not in mine)


class FormRouteDesk:
    """One person of the instance, checked and sent to with a reset route."""

    def __init__(self, server, state, route):
        self.instance = demo_instance(server, "valley-staging", reset_route=route)
        self.password = SecretStr(server.instance("valley-staging").password)
        self.store = HistoryStore(state / "history.db")
        self.client = create_client(self.instance)
        self.service = ResetService(self.instance, self.client, self.store)

    async def __aenter__(self):
        await self.client.sign_in(self.instance.username, self.password)
        return self

    async def __aexit__(self, *_):
        await self.client.close()
        self.store.close()


async def test_without_a_configured_route_nothing_is_sent_and_the_choice_is_named(valley, tmp_path):
    server, instance = valley
    async with FormRouteDesk(server, tmp_path, None) as desk:
        prepared = await desk.service.prepare(str(any_person(instance).id))
        assert prepared.needs_forgot_password_form
        with pytest.raises(ResetBlockedError, match="forgot-password form may mail the same"):
            await desk.service.send(prepared)
        assert desk.store.search() == []
    assert not instance.outbox


async def test_the_form_mails_once_and_the_history_says_how(valley, tmp_path):
    server, instance = valley
    person = any_person(instance)
    seen, mail = list[Outcome](), instance.mail_reset_link

    def look_then_mail(person):
        with HistoryStore(tmp_path / "history.db") as other:
            seen.extend(entry.outcome for entry in other.search())
        return mail(person)

    instance.mail_reset_link = look_then_mail
    async with FormRouteDesk(server, tmp_path, FORM) as desk:
        prepared = await desk.service.prepare(str(person.id))
        assert not prepared.needs_forgot_password_form
        assert "by_form" in [finding.code for finding in prepared.findings]
        result = await desk.service.send(prepared, ticket="T-1")
        [entry] = desk.store.search()
        # The signed-in session has nothing to do with the form, and still works.
        await desk.service.prepare(str(person.id))
    assert seen == [Outcome.UNKNOWN]
    assert (entry.outcome, entry.request.ticket) == (Outcome.SENT, "T-1")
    assert "forgot-password form" in entry.message
    assert result.entry == entry
    assert [mail.to for mail in instance.outbox] == [person.email1]


async def test_the_guards_apply_to_the_form_too(valley, tmp_path):
    server, instance = valley
    async with FormRouteDesk(server, tmp_path, FORM) as desk:
        asleep = await desk.service.prepare(str(any_person(instance, active=False).id))
        assert [finding.code for finding in asleep.blockers] == ["inactive"]
        user_id = str(any_person(instance).id)
        await desk.service.send(await desk.service.prepare(user_id))
        again = await desk.service.prepare(user_id)
        with pytest.raises(ResetBlockedError, match="Send again only if you mean to"):
            await desk.service.send(again)
    assert len(instance.outbox) == 1


async def test_with_the_route_menu_the_form_is_neither_used_nor_offered(valley, tmp_path):
    server, instance = valley
    async with FormRouteDesk(server, tmp_path, ResetRoute.MENU) as desk:
        prepared = await desk.service.prepare(str(any_person(instance).id))
    assert [finding.code for finding in prepared.blockers] == ["no_menu_item"]
    assert not prepared.needs_forgot_password_form


async def test_a_menu_item_takes_precedence_over_the_form(valley, tmp_path):
    server, _ = valley
    harbor = server.instance("harbor-prod")
    instance = demo_instance(server, "harbor-prod", reset_route=FORM)
    with HistoryStore(tmp_path / "history.db") as store:
        async with create_client(instance) as client:
            await client.sign_in(instance.username, SecretStr(harbor.password))
            service = ResetService(instance, client, store)
            result = await service.send(await service.prepare(str(harbor.person("odd.garcia").id)))
    assert result.entry.message == "Reset Password Instruction has been sent successfully!"
    assert [run.action for run in harbor.actions_run] == ["reset"]


@pytest.mark.parametrize("fault", [Fault(drop=True, runs=True), Fault(body="Oops", status=500, runs=True)])
async def test_an_unclear_answer_leaves_the_outcome_unknown(valley, tmp_path, fault):
    server, instance = valley
    async with FormRouteDesk(server, tmp_path, FORM) as desk:
        prepared = await desk.service.prepare(str(any_person(instance).id))
        instance.faults.inject("forgot-password", fault)
        result = await desk.service.send(prepared)
    assert result.entry.outcome is Outcome.UNKNOWN
    assert len(instance.outbox) == 1

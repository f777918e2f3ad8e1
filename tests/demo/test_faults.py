"""Faults on demand."""

import threading
import time

import httpx
import pytest

from dazos_tui.demo.faults import Fault
from tests.demo.delays import delayed_request
from tests.demo.visitor import LIST, PJAX, hidden, row_ids
from tests.patience import patience

SEND = "index.php?module=Users&parent=Settings&action=SendResetLink&record=1"


@pytest.fixture
def instance(demo):
    return demo.instances[0]


@pytest.fixture
def admin(instance, signed_in):
    return signed_in(instance)


@pytest.mark.parametrize("headers", [{}, PJAX])
def test_a_page_cut_short_announces_all_rows_and_shows_some(instance, admin, headers):
    instance.faults.cut_page(3)
    url = f"{LIST}&orderby=user_name&page="
    table = admin.page(f"{url}3", headers=headers)
    assert hidden(table, "listViewEntriesCount") == "20"
    assert len(row_ids(table)) == 2
    assert "</html>" not in admin.get(f"{url}3", headers=headers).text
    assert len(row_ids(admin.page(f"{url}2", headers=headers))) == 20
    instance.faults.clear()
    assert len(row_ids(admin.page(f"{url}3", headers=headers))) == 20


@pytest.mark.parametrize("runs", [True, False])
def test_a_false_answer(instance, admin, runs):
    instance.faults.answer_with("action", "<b>Fatal error</b>", status=500, runs=runs)
    response = admin.post(SEND, admin.token())
    assert (response.status_code, response.text) == (500, "<b>Fatal error</b>")
    assert len(instance.outbox) == runs
    assert admin.post(SEND, admin.token()).json()["success"] is True, "a fault is used once"


@pytest.mark.parametrize("runs", [True, False])
def test_a_dropped_connection(instance, admin, runs):
    token = admin.token()
    instance.faults.drop_connection("action", runs=runs)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        admin.post(SEND, token)
    assert len(instance.outbox) == runs
    assert instance.requests[-1].status == 0


def test_a_dropped_sign_in(instance, visit):
    instance.faults.drop_connection("sign-in")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        visit(instance).sign_in(instance.username, instance.password)
    assert instance.sign_in_attempts == 0


def test_a_late_answer(instance, admin):
    instance.faults.delay("list", 0.2)
    started = time.monotonic()
    admin.get(LIST)
    assert time.monotonic() - started >= 0.2


def test_a_delay_ends_when_the_faults_are_cleared(instance, admin):
    with delayed_request(instance, "list", lambda: admin.get(LIST)) as thread:
        assert thread.is_alive()
        instance.faults.clear()
        thread.join(patience(5))
        assert not thread.is_alive()


def test_a_fault_can_last(instance, admin):
    instance.faults.inject("list", Fault(body="", status=503), times=None)
    assert {admin.get(LIST).status_code for _ in range(3)} == {503}
    instance.faults.clear()
    assert admin.get(LIST).status_code == 200


def test_the_session_ends_just_before_the_action(instance, admin):
    token = admin.token()
    instance.faults.expire_before = "action"
    assert admin.post(SEND, token).text == "Invalid request"
    assert instance.outbox == []
    assert instance.faults.expire_before is None


def test_requests_of_one_session_run_one_at_a_time(instance, admin):
    instance.faults.delay("list", 0.15, times=3)
    cookies = {"PHPSESSID": admin.http.cookies["PHPSESSID"]}
    ended: list[float] = []

    def fetch():
        httpx.get(f"{instance.url}{LIST}", cookies=cookies)
        ended.append(time.monotonic())

    threads = [threading.Thread(target=fetch) for _ in range(3)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(ended) - started >= 0.45


def test_requests_of_two_sessions_do_not_wait_for_each_other(instance, signed_in, admin):
    other = signed_in(instance)
    with delayed_request(instance, "list", lambda: admin.get(LIST)) as thread:
        other.get("index.php?module=Home&view=DashBoard")
        assert thread.is_alive()

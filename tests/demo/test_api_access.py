"""The access-key API: who may log in, and for how long."""

import time

import httpx
import pytest

from tests.demo.api import URL, code, proof
from tests.demo.delays import delayed_request
from tests.demo.visitor import LIST

EVERYBODY = "SELECT id,user_name FROM Users;"


@pytest.fixture
def instance(demo):
    return demo.instances[0]


@pytest.fixture
def program(instance, program_of):
    return program_of(instance)


@pytest.fixture
def admin(instance, program):
    assert program.login(instance.username, instance.access_key)["success"] is True
    return program


def test_a_challenge_has_its_expiry(program, clock):
    challenge = program.challenge("demo.admin")
    assert set(challenge) == {"token", "serverTime", "expireTime"}
    assert challenge["serverTime"] == int(clock.now)
    assert challenge["expireTime"] - challenge["serverTime"] == 300


def test_a_login_returns_the_session_and_the_person(instance, program):
    result = program.login(instance.username, instance.access_key)["result"]
    assert result["sessionName"]
    assert result["userId"] == "19x1"
    assert (result["time_zone"], result["date_format"]) == ("America/New_York", "mm-dd-yyyy")
    assert (result["hour_format"], result["is_admin"]) == ("12", "on")
    assert instance.access_key not in str(result)


def test_everybody_has_a_key(instance, program_of):
    administrators = [person for person in instance.people if person.is_admin and person.active]
    assert len(administrators) > 1
    for person in [*administrators, instance.person("demo.rep")]:
        result = program_of(instance).login(person.user_name, person.accesskey)["result"]
        assert result["userId"] == f"19x{person.id}"
        assert result["is_admin"] == ("on" if person.is_admin else "off")


def test_a_user_name_in_capitals_is_the_same(instance, program):
    assert program.login(instance.username.upper(), instance.access_key)["success"] is True


def test_a_wrong_key_an_unknown_and_an_inactive_user_look_alike(instance, program):
    inactive = next(person for person in instance.people if not person.active)
    wrong = program.login(instance.username, "not-the-key")
    assert code(wrong) == "INVALID_USER_CREDENTIALS"
    assert program.login("nobody.here", "any-key") == wrong
    assert program.login(inactive.user_name, inactive.accesskey) == wrong
    assert program.login(instance.username, "") == wrong


def test_a_login_without_a_challenge(instance, program):
    assert code(program.login(instance.username, instance.access_key, token="")) == "INVALID_AUTH_TOKEN"


def test_a_challenge_is_valid_for_one_login(instance, program):
    token = program.challenge(instance.username)["token"]
    assert program.login(instance.username, instance.access_key, token)["success"] is True
    assert code(program.login(instance.username, instance.access_key, token)) == "INVALID_AUTH_TOKEN"


def test_a_challenge_expires_after_five_minutes(instance, program, clock):
    token = program.challenge(instance.username)["token"]
    clock.advance(301)
    assert code(program.login(instance.username, instance.access_key, token)) == "INVALID_AUTH_TOKEN"
    token = program.challenge(instance.username)["token"]
    clock.advance(299)
    assert program.login(instance.username, instance.access_key, token)["success"] is True


def test_a_new_challenge_cancels_the_last_one_of_that_user_only(instance, program):
    other = program.challenge("demo.rep")["token"]
    first = program.challenge(instance.username)["token"]
    second = program.challenge(instance.username)["token"]
    assert code(program.login(instance.username, instance.access_key, first)) == "INVALID_USER_CREDENTIALS"
    assert program.login(instance.username, instance.access_key, second)["success"] is True
    rep = instance.person("demo.rep")
    assert program.login(rep.user_name, rep.accesskey, other)["success"] is True


def test_each_operation_reads_its_parameters_from_query_or_body(instance, admin):
    token = admin.challenge(instance.username)["token"]
    params = {"username": instance.username, "accessKey": proof(token, instance.access_key)}
    assert code(admin.get("login", **params)) == "INVALID_AUTH_TOKEN"
    posted = admin.post("query", sessionName=admin.session, query=EVERYBODY)
    assert code(posted) == "QUERY_SYNTAX_ERROR"


@pytest.mark.parametrize("operation", ["", "reset", "sendResetLink", "doQuery"])
def test_an_unknown_operation_is_a_bare_error_500(instance, admin, operation):
    for method in ("GET", "POST"):
        params = {"operation": operation, "sessionName": admin.session}
        response = admin.http.request(method, URL, params=params)
        assert (response.status_code, response.content) == (500, b"")
    assert instance.outbox == []


@pytest.mark.parametrize("operation", ["query", "retrieve"])
def test_without_a_session_or_with_a_made_up_one(program, operation):
    assert code(program.get(operation, query=EVERYBODY, id="19x1")) == "AUTHENTICATION_REQUIRED"
    made_up = program.get(operation, query=EVERYBODY, id="19x1", sessionName="0123456789")
    assert code(made_up) == "INVALID_SESSIONID"


def test_a_session_ends_after_half_an_hour_unused(admin, clock):
    clock.advance(1800)
    assert admin.query(EVERYBODY)["success"] is True
    clock.advance(1801)
    assert code(admin.query(EVERYBODY)) == "SESSION_LEFT_IDLE"
    assert code(admin.query(EVERYBODY)) == "INVALID_SESSIONID"


def test_a_session_ends_after_a_day_however_busy(admin, clock):
    for _ in range(48):
        clock.advance(1800)
        assert admin.query(EVERYBODY)["success"] is True
    clock.advance(1)
    assert code(admin.query(EVERYBODY)) == "SESSION_EXPIRED"
    assert code(admin.query(EVERYBODY)) == "INVALID_SESSIONID"


def test_a_deleted_person_is_signed_out(instance, admin):
    instance.remove_person(instance.person("demo.admin"))
    assert code(admin.query(EVERYBODY)) == "AUTHENTICATION_REQUIRED"


def test_its_sessions_are_not_those_of_the_pages(instance, admin, visit):
    response = visit(instance).get(LIST, headers={"Cookie": f"PHPSESSID={admin.session}"})
    assert response.status_code == 302
    assert admin.http.cookies == httpx.Cookies()
    assert instance.sign_in_attempts == 0
    instance.expire_sessions()
    assert code(admin.query(EVERYBODY)) == "INVALID_SESSIONID"


def test_a_cut_connection_a_late_answer_and_another_one(instance, admin):
    instance.faults.drop_connection("webservice")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        admin.query(EVERYBODY)
    instance.faults.answer_with("webservice", "<b>Fatal error</b>", status=500)
    assert admin.http.get(URL).text == "<b>Fatal error</b>"
    instance.faults.delay("webservice", 0.2)
    started = time.monotonic()
    assert admin.query(EVERYBODY)["success"] is True
    assert time.monotonic() - started >= 0.2
    assert instance.faults.is_empty


def test_the_session_ends_just_before_the_query(instance, admin):
    instance.faults.expire_before = "webservice"
    assert code(admin.query(EVERYBODY)) == "INVALID_SESSIONID"
    assert admin.login(instance.username, instance.access_key)["success"] is True


def test_requests_of_one_session_do_not_wait_for_each_other(instance, admin, program_of):
    other = program_of(instance)
    other.session = admin.session
    with delayed_request(instance, "webservice", lambda: admin.query(EVERYBODY)) as thread:
        assert other.query(EVERYBODY)["success"] is True
        assert thread.is_alive()

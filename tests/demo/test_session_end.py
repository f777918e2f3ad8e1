"""The end of a session: all observed answers of a vtiger 8.0 server."""

import pytest

from tests.demo.visitor import AJAX, LIST, PJAX, profile_url

ACTION = "index.php?module=Users&parent=Settings&action=SendResetLink&record=1"


@pytest.fixture
def visitor(demo, signed_in):
    """Return an administrator whose session has just ended unnoticed."""
    visitor = signed_in(demo.instances[0])
    visitor.old_token = visitor.token()
    demo.instances[0].expire_sessions()
    return visitor


@pytest.fixture(autouse=True)
def nothing_is_sent(demo):
    yield
    assert demo.instances[0].actions_run == []
    assert demo.instances[0].outbox == []


@pytest.mark.parametrize("url", [LIST, profile_url(1), "index.php?module=Home&view=DashBoard"])
@pytest.mark.parametrize("headers", [{}, PJAX])
def test_a_page_redirects_to_the_login_page(visitor, url, headers):
    response = visitor.get(url, headers=headers)
    assert (response.status_code, response.headers["location"]) == (302, "index.php")
    assert len(response.content) < 100


def test_an_action_with_a_token_of_the_new_session_redirects_with_json(visitor):
    response = visitor.post(ACTION, visitor.token())
    assert (response.status_code, response.headers["location"]) == (302, "index.php")
    assert response.json()["success"] is False
    assert response.json()["error"]["code"] == "Login is required"


@pytest.mark.parametrize("which", ["old", "none", "nonsense"])
def test_an_action_with_the_old_token_or_none_is_an_invalid_request(visitor, which):
    token = {"old": visitor.old_token, "none": None, "nonsense": "sid:0,x"}[which]
    response = visitor.post(ACTION, token)
    assert (response.status_code, response.text) == (200, "Invalid request")
    assert response.headers["content-type"].startswith("text/plain")


def test_an_action_by_get_is_an_invalid_request_in_json(visitor):
    response = visitor.get(ACTION, headers=AJAX)
    assert response.status_code == 200
    assert response.json()["error"]["code"] == "Invalid request"


def test_an_action_from_elsewhere_is_an_illegal_request(visitor):
    response = visitor.post(ACTION, visitor.token(), Referer="https://elsewhere.example.com/")
    assert response.status_code == 200
    assert response.json()["error"]["code"] == "Illegal request"


def test_method_and_origin_count_for_a_living_session_too(demo, signed_in):
    visitor = signed_in(demo.instances[0])
    assert visitor.get(ACTION, headers=AJAX).json()["error"]["code"] == "Invalid request"
    foreign = visitor.post(ACTION, visitor.token(), Referer="https://elsewhere.example.com/")
    assert foreign.json()["error"]["code"] == "Illegal request"
    assert visitor.post(ACTION, None).text == "Invalid request"


def test_a_token_is_valid_for_two_hours(demo, signed_in, clock):
    visitor = signed_in(demo.instances[0])
    harmless = "index.php?module=Users&action=NoSuchAction"
    token = visitor.token()
    clock.advance(7200)
    assert visitor.post(harmless, token).json()["success"] is False
    clock.advance(1)
    assert visitor.post(harmless, token).text == "Invalid request"
    assert visitor.get(LIST).status_code == 200, "the session itself goes on"


def test_a_session_ends_after_hours_of_silence(demo, signed_in, clock):
    visitor = signed_in(demo.instances[0])
    clock.advance(demo.instances[0].preset.session_lifetime + 1)
    assert visitor.get(LIST).status_code == 302

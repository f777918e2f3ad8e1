"""A user who is not an administrator: the status is 200, and only the body shows the refusal."""

import pytest

from tests.demo.visitor import LIST, PJAX, profile_url


@pytest.fixture
def rep(untouched, visit):
    instance = untouched.instances[0]
    visitor = visit(instance)
    visitor.sign_in(instance.non_admin.username, instance.non_admin.password)
    return visitor


@pytest.mark.parametrize("headers", [{}, PJAX])
@pytest.mark.parametrize(
    "url", [LIST, profile_url(1), "index.php?module=LoginHistory&parent=Settings&view=List"]
)
def test_pages_are_small_and_say_permission_denied(rep, url, headers):
    response = rep.get(url, headers=headers)
    assert response.status_code == 200
    assert "Permission denied" in response.text
    assert len(response.content) < 2000


def test_an_action_says_so_in_json(rep, untouched):
    url = "index.php?module=Users&parent=Settings&action=SendResetLink&record=1"
    response = rep.post(url, rep.token())
    assert response.status_code == 200
    assert response.json()["success"] is False
    assert response.json()["error"]["code"] == "Permission denied"
    assert untouched.instances[0].outbox == []

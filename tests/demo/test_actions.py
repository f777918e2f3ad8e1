"""Running what the menus offer."""

import pytest

from tests.demo.visitor import LIST, PJAX, more_menu, row_menu


@pytest.fixture
def instance(demo):
    return demo.instances[0]


@pytest.fixture
def admin(instance, signed_in):
    return signed_in(instance)


def menu(admin, person):
    return more_menu(admin.profile(person.id))


def row(admin, person):
    url = f'{LIST}&search_params=[[["user_name","e","{person.user_name}"]]]'
    return row_menu(admin.page(url, headers=PJAX), person.id)


def test_send_reset_link(instance, admin):
    person = instance.person("odd.zoe")
    response = admin.post(menu(admin, person)["Send Reset Link"], admin.token())
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/json")
    assert response.json() == {
        "success": True,
        "result": {"message": "Reset Password Instruction has been sent successfully!"},
    }
    (mail,) = instance.outbox
    assert (mail.to, mail.user_name) == (person.email1, person.user_name)
    (run,) = instance.actions_run
    assert (run.action, run.person, run.succeeded) == ("reset", person, True)


def test_the_row_menu_leads_to_the_same(instance, admin):
    person = instance.person("odd.zoe")
    assert row(admin, person)["Send Reset Link"] == menu(admin, person)["Send Reset Link"]


def test_one_token_serves_many_actions(instance, admin):
    token = admin.token()
    target = menu(admin, instance.person("odd.zoe"))["Send Reset Link"]
    assert [admin.post(target, token).json()["success"] for _ in range(3)] == [True] * 3


def test_an_inactive_user_is_refused(instance, admin):
    person = instance.person("odd.zoe")
    target = menu(admin, person)["Send Reset Link"]
    instance.set_status(person, active=False)
    answer = admin.post(target, admin.token()).json()
    assert answer["success"] is False
    assert "inactive" in answer["error"]["message"]
    assert instance.outbox == []


def test_only_scripts_run_actions(instance, admin):
    target = menu(admin, instance.person("odd.zoe"))["Send Reset Link"]
    response = admin.http.post(target, data={"__vtrftk": admin.token()})
    assert response.json()["success"] is False
    assert instance.actions_run == []


def test_enable_login_unlocks(instance, admin, clock):
    person = next(person for person in instance.people if person.locked_at_start)
    target = row(admin, person)["Enable Login"]
    assert admin.post(target, admin.token()).json()["success"] is True
    assert not instance.accounts.is_locked(person, clock())
    assert "Enable Login" not in row(admin, person)


def test_delete_is_recorded(instance, admin):
    person = instance.person("odd.zoe")
    assert instance.deleted == []
    admin.post(menu(admin, person)["Delete"], admin.token())
    assert instance.deleted == [person]
    assert person.id not in admin.ids("&orderby=user_name")


@pytest.mark.parametrize("label", ["Change Username", "Change Password", "Change Access Key"])
def test_the_other_items_do_nothing_but_are_recorded(instance, admin, label):
    person = instance.person("odd.zoe")
    assert admin.post(menu(admin, person)[label], admin.token()).json()["success"] is False
    assert [run.succeeded for run in instance.actions_run] == [False]


def test_an_unknown_record_or_action_is_refused(instance, admin):
    nobody = "index.php?module=Users&parent=Settings&action=SendResetLink&record=99999"
    nothing = "index.php?module=Users&action=Whatever&record=1"
    for url in (nobody, nothing):
        assert admin.post(url, admin.token()).json()["success"] is False
    assert instance.actions_run == []

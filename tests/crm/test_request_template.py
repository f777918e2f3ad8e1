"""A configured request: what is accepted, why the rest is refused, and how it is filled in."""

from typing import Any

import pytest
from pydantic import ValidationError

from dazos_tui.crm.request_fields import OpenField
from dazos_tui.crm.request_template import ENVELOPE, Method, Offered, RequestTemplate

PATH = "index.php?module=Users&action=SendResetLink&record={id}"
FORM = {"__vtrftk": "{csrf}"}


def template(**table: Any) -> RequestTemplate:
    return RequestTemplate.model_validate({"path": PATH, **table})


def fill(table: RequestTemplate, user_id: str = "12", user_name: str = "jo", email: str = "jo@example.com"):
    return table.fill(user_id=user_id, user_name=user_name, email=email)


def reason(**table: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        template(**table)
    return "\n".join(one["msg"] for one in caught.value.errors())


def test_what_is_left_out_has_the_defaults_of_the_protocol() -> None:
    found = template()
    assert (found.method, found.form, found.json_body, found.headers) == (Method.POST, None, None, {})
    assert (found.success, found.offered) == (ENVELOPE, Offered.MENU)
    assert found.success.is_envelope


def test_a_form_is_filled_with_the_person_and_the_token_stays_open() -> None:
    filled = fill(template(form={**FORM, "user": "{user_name}", "mode": "sendLink"}))
    assert filled.path == "index.php?module=Users&action=SendResetLink&record=12"
    assert filled.form == (("__vtrftk", OpenField.CSRF_TOKEN), ("user", "jo"), ("mode", "sendLink"))
    assert filled.needs_token
    assert not fill(template(form={"user": "{user_name}"})).needs_token


def test_a_json_body_keeps_its_form() -> None:
    body = {"userId": "{id}", "n": "{id:number}", "notify": True, "to": ["{email}"], "t": {"x": "{csrf}"}}
    filled = fill(template(path="api/users/reset", json=body))
    assert filled.json_body == {
        "userId": "12",
        "n": 12,
        "notify": True,
        "to": ["jo@example.com"],
        "t": {"x": OpenField.CSRF_TOKEN},
    }
    assert filled.form is None
    assert filled.needs_token


def test_a_value_in_the_address_is_encoded() -> None:
    filled = fill(
        template(path="users/{user_name}?to={email}&x=a%20b"), user_name="a b&c", email="a+b=c@x.test"
    )
    assert filled.path == "users/a%20b%26c?to=a%2Bb%3Dc%40x.test&x=a%20b"


@pytest.mark.parametrize("user_name", ["..", ".", "a/b", "..\\x", "", "a\nb"])
def test_a_value_that_could_be_another_address_is_not_put_into_one(user_name: str) -> None:
    with pytest.raises(ValueError, match=r"user name is missing|cannot be a part of an address"):
        fill(template(path="users/{user_name}"), user_name=user_name)


def test_braces_in_a_persons_name_stay_as_they_are() -> None:
    filled = fill(template(form={"user": "{user_name}"}), user_name="{csrf}")
    assert filled.form == (("user", "{csrf}"),)


@pytest.mark.parametrize("record", ["19x{id}", "[{id}]", '["{id}"]'])
def test_vtigers_own_forms_of_a_record_id(record: str) -> None:
    filled = fill(template(path="index.php", form={"record": record}))
    assert filled.form == (("record", record.replace("{id}", "12")),)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("https://evil.test/?record={id}", "outside the instance"),
        ("//evil.test/{id}", "outside the instance"),
        ("/api/{id}", "outside the instance"),
        ("javascript:{id}", "outside the instance"),
        ("a\\..\\{id}", "outside the instance"),
        ("../api/{id}", "“..”"),
        ("api/../../{id}", "“..”"),
        ("api//{id}", "empty part"),
        ("api/{id}/", "empty part"),
        ("%2e%2e/{id}", "character"),
        ("api/{id}#x", "character"),
        ("api/ {id}", "character"),
        ("api/{id}?x=1;record=3", "character"),
        ("api/{id}?x=\u00e9", "character"),
        ("api/{id}?x", "without a value"),
        ("api/{id}?x=%ff", "without a value"),
        ("api/{id}?record[ ]=3", "character"),
        ("api/{id}?%20record=3", "odd character"),
        ("api/{id}?record%00=3", "odd character"),
        ("api/{id}?{user_name}=3", "odd character"),
        ("api/{name}", "unknown field"),
        ("api/{{id}}", "beside other text"),
        ("api/1{id}", "beside other text"),
        ("api/{id}{id}", "beside other text"),
        ("api/{csrf}/{id}", "form, json or headers"),
        ("api/{id}?t={csrf}", "form, json or headers"),
        ("api/{id}?record=13", "names somebody"),
        ("api/{id}?record[]=13", "names somebody"),
        ("api/{id}?data[userId]=13", "names somebody"),
        ("api/{id}?selected_ids=all", "about everybody"),
        ("api/{id}?to=boss", "names somebody"),
        ("api/{id}?x=boss@example.com", "names somebody"),
        ("api/{id}?x=19x13", "names somebody"),
        ("api/{id}?record={id},13", "beside other text"),
        ("api/{id}?record=1{id}", "beside other text"),
        ("api/{id}?record={id}&record={user_name}", "same parameter twice"),
        ("api/{id}?a=1&A=2", "same parameter twice"),
        ("api/{id}?a=1&a[b]=2", "with and without brackets"),
        ("index.php?module=Contacts&action=SendMail&record={id}", "another module"),
        ("index.php?module=Users&action=DeleteAjax&record={id}", "delete, change or save"),
        ("index.php?module=Users&action=%44eleteAjax&record={id}", "delete, change or save"),
        ("index.php?module=Users&action=SaveAjax&record={id}", "SaveAjax needs a mode"),
        ("index.php?module=Users&action=SaveAjax&mode=savePassword&record={id}", "delete, change or save"),
        ("index.php?module=Users&action=SaveAjax&mode=send&record={id}&x=1", "no further fields"),
        ("api/users/{id}/deactivate", "delete, change or save"),
        ("api/delete.php?user={user_name}", "delete, change or save"),
        ("api/users/set-password/{id}", "delete, change or save"),
        ("api/{id}?operation=revokeAccess", "delete, change or save"),
        ("api/{id}?update=1", "delete, change or save"),
        ("api/{id}?status=x", "would change the account"),
        ("api/{id}?token=abc", "secret"),
        ("api/{id}?x=4f9a0b1c2d3e4f5a6b7c8d9e", "secret"),
        ("api/4f9a0b1c2d3e4f5a6b7c8d9e/{id}", "secret"),
        ("api/users/8?user={id}", "names a record"),
        ("api/users/19x8/{user_name}", "names a record"),
        ("index.php?module=Users&action=SendResetLink", "whom it is for"),
        ("x" * 2001, "too long"),
    ],
)
def test_addresses_that_are_refused(path: str, why: str) -> None:
    assert why in reason(path=path)


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"record": "13"}, "names somebody"),
        ({"Record": "13"}, "names somebody"),
        ({"userId": "13"}, "names somebody"),
        ({"x[record]": "13"}, "names somebody"),
        ({"ids[]": "13"}, "names somebody"),
        ({"email": "x"}, "names somebody"),
        ({"user": ""}, "names somebody"),
        ({"record": "{user_name}"}, "same parameter twice"),
        ({"re\u00e7ord": "1"}, "odd character"),
        ({" record": "1"}, "odd character"),
        ({"a": "x\ny"}, "invisible character"),
        ({"a": "x\x00"}, "invisible character"),
        ({"a": "x\u202e"}, "invisible character"),
        ({"a": "{x}"}, "unknown field"),
        ({"a": "{id:number}"}, "unknown field"),
        ({"a": "Hello {user_name}"}, "beside other text"),
        ({"mode": "changeUsername"}, "delete, change or save"),
        ({"_method": "DELETE"}, "delete, change or save"),
        ({"deactivate": "1"}, "delete, change or save"),
        ({"password": "{user_name}"}, "set a password"),
        ({"userPassword": "x"}, "set a password"),
        ({"is_admin": "1"}, "change the account"),
        ({"__vtrftk": "sid:0a,1"}, "secret"),
        ({"a": "sid:0a,1"}, "secret"),
        ({"PHPSESSID": "x"}, "secret"),
        ({"mode": "ｄｅｌｅｔｅ"}, "no name of an action"),
        ({"what": "ｄｅｌｅｔｅ"}, "delete, change or save"),
        ({"what": "d\u0301elete"}, "delete, change or save"),
        ({"mode": "d\u0435lete"}, "no name of an action"),
        ({"mode": "d-e%6cete"}, "no name of an action"),
        ({"mode": "{csrf}"}, "no name of an action"),
        ({"operation": "{user_name}"}, "no name of an action"),
        ({"what": "%44elete"}, "encoded twice"),
        ({"data": "record=13"}, "names somebody"),
        ({"data": "x.php?a=b&userId=13"}, "names somebody"),
        ({"data": "a=1&is_admin=on"}, "change the account"),
        ({"users[13]": "on"}, "number in the name"),
        ({"x[13][go]": "on"}, "number in the name"),
        ({"selectAll": "1"}, "about everybody"),
        ({"for_users": "13"}, "names somebody"),
        ({"user_no": "2"}, "names somebody"),
        ({"scope": "everyone"}, "about everybody"),
        ({"send_to": "somebody"}, "names somebody"),
        ({"new_email": "{email}"}, "change the account"),
        ({"newUserName": "{email}"}, "change the account"),
        *(
            ({"mode": mode}, "delete, change or save")
            for mode in (
                "cancelUser",
                "terminate",
                "closeAccount",
                "expirePassword",
                "ban",
                "grantAdmin",
                "promote",
                "impersonate",
                "loginAs",
                "switchUser",
                "freeze",
                "unlink",
                "lockout",
                "revise",
                "dropuser",
                "setpassword",
                "newPassword",
                "resetAccessKey",
                "wipe",
                "reject",
            )
        ),
    ],
)
def test_forms_that_are_refused(form: dict[str, str], why: str) -> None:
    assert why in reason(form=form)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"userId": 13}, "names somebody"),
        ({"ids": ["{id}", "13"]}, "names somebody"),
        ({"ids": []}, "names somebody"),
        ({"users": [{"key": 13}]}, "names somebody"),
        ({"a": {"b": {"record": "13"}}}, "names somebody"),
        ({"a": [{"mode": "delete"}]}, "delete, change or save"),
        ({"a": {"setStatus": True}}, "delete, change or save"),
        ({"a": {"action": "SaveAjax"}}, "delete, change or save"),
        ({"active": False}, "change the account"),
        ({"a": {"isAdmin": True}}, "change the account"),
        ({"status": None}, "change the account"),
        ({"role": "{user_name}"}, "change the account"),
        ({"locked": True}, "change the account"),
        ({"locked": 1}, "change the account"),
        ({"status": {"x": "y"}}, "change the account"),
        ({"password": {"new": "y"}}, "set a password"),
        ({"email": {"password": "x"}}, "set a password"),
        ({"reset_password": "hunter2"}, "set a password"),
        ({"action": "SaveAjax"}, "SaveAjax needs a mode"),
        ({"x": float("nan")}, "JSON does not have"),
        ({"x": object()}, "JSON does not have"),
        ({"users": {"13": True}}, "odd character"),
        ({"jo@example.com": True}, "odd character"),
        ({"\uff52ecord": "12"}, "odd character"),
        ({"record": None}, "about everybody"),
        ({"userId": True}, "about everybody"),
        ({"all": True}, "about everybody"),
        ({"data": {"action": ["Send", "{email}"]}}, "no name of an action"),
        ({"a": {"": 1}}, "empty"),
        ({"{id}": 1}, "brace"),
        ({"a": [[[[[[[[[1]]]]]]]]]}, "too deeply"),
        ({"a": "{id:nummer}"}, "{id:number}"),
        ({f"a{one}": one for one in range(101)}, "more than 100"),
    ],
)
def test_json_bodies_that_are_refused(body: dict[str, Any], why: str) -> None:
    assert why in reason(path="api/{id}", json=body)


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Cookie": "PHPSESSID=x"}, "cannot be configured"),
        ({"Referer": "https://crm.example.com/"}, "cannot be configured"),
        ({"Authorization": "Bearer x"}, "cannot be configured"),
        ({"X-CSRF-Token": "abc"}, "write {csrf}"),
        ({"X-PJAX": "true", "x-pjax": "true"}, "twice"),
        ({"Accept": "a\r\nCookie: x"}, "cannot be sent"),
        ({"Accept": ""}, "cannot be sent"),
        ({"Accept": "{id}"}, "can only be {csrf}"),
        ({"Accept": "sid:0123456789abcdef"}, "does not belong there"),
        ({"Accept": "application/json; token=x"}, "does not belong there"),
        ({"X-Requested-With": "my secret is x"}, "does not belong there"),
    ],
)
def test_headers_that_are_refused(headers: dict[str, str], why: str) -> None:
    assert why in reason(headers=headers)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"method": "GET"}, "a GET that changes something"),
        ({"method": "DELETE"}, "not one that can be sent"),
        ({"method": 1}, "not one that can be sent"),
        ({"form": {}, "json": {}}, "both form and json"),
        ({"success": {"pointer": "status"}}, "not a JSON pointer"),
        ({"success": {"pointer": "/a~2"}}, "not a JSON pointer"),
        ({"success": {"equals": 1.5}}, "can be compared"),
        ({"success": {"equals": None}}, "can be compared"),
        ({"success": {"equals": "a\nb"}}, "invisible character"),
        ({"json_body": {"a": "{id}"}}, "not permitted"),
        ({"path": "api/users/{id}", "method": "PUT", "json": {}}, "change the record itself"),
        ({"path": "api/users/{id}", "method": "PATCH", "json": {"notify": True}}, "change the record itself"),
        ({"path": "api/{user_name}?x=1", "method": "PATCH"}, "change the record itself"),
    ],
)
def test_the_rest_that_is_refused(table: dict[str, Any], why: str) -> None:
    assert why in reason(**table)


def test_no_refusal_repeats_a_value() -> None:
    secret = "hunter2-4f9a0b1c2d3e4f5a6b7c8d9e"
    for table in (
        {"form": {"a": secret}},
        {"path": f"api/{secret}/{{id}}"},
        {"json": {"userId": secret}},
        {"headers": {"X-CSRF-Token": secret}},
        {"method": secret},
        {"success": {"pointer": secret}},
        {"form": {"a": "{" + secret + "}"}},
    ):
        assert secret not in reason(**table)


@pytest.mark.parametrize(
    "table",
    [
        {"form": {**FORM, "record": "{id}"}},
        {"path": "index.php?module=Users&action=SaveAjax&mode=enableLogin&record={id}", "form": FORM},
        {"path": "api/v1/users/{id}/password/reset", "json": {}, "headers": {"X-CSRF-Token": "{csrf}"}},
        {"path": "api/users/reset", "json": {"userId": "{id}", "notify": True, "lang": "en"}},
        {"path": "rest/u-{user_name}.json"},
        {"path": "rest/api/2/users/{id}", "headers": {"Accept": "application/vnd.example.v2+json"}},
        {"path": "?module=Users&action=Send&record={id}"},
        {"path": "api/reset", "form": {"data[user][id]": "{id}", "data[type]": "link"}},
        {"path": "api/reset", "json": {"reset_password": True, "to": "{email}"}},
        {"path": "api/reset/{id}", "form": {"notify_user": "1", "users_only": "true"}},
        {"path": "api/reset", "form": {"passwordReset": "1", "to": "{email}"}},
        {"path": "api/users/{id}", "method": "PATCH", "json": {"locked": False}},
        {"path": "api/users/{id}", "method": "PATCH", "json": {"action": "sendResetLink"}},
        {"path": "api/users/{id}/link", "method": "PUT", "json": {"notify": None, "valid": True}},
        {"path": "index.php?module=Users&action=GeneratePasswordResetLink&record={id}"},
        {"path": "api/reset", "json": {"method": "users.unlockLogin", "params": [{"id": "{id}"}]}},
        {"path": "api/reset", "form": {"records[0]": "{id}", "back": "index.php?module=Users&view=List"}},
        {"headers": {"Accept": "application/json, text/javascript, */*; q=0.01"}},
        {"success": {"pointer": "/data/0/a~1b", "equals": "ok"}},
        {"success": {"pointer": "", "equals": 1}, "method": "PATCH", "offered": "always"},
    ],
)
def test_requests_that_are_accepted(table: dict[str, Any]) -> None:
    fill(template(**table))


def test_an_address_of_another_server_in_a_value_is_found() -> None:
    base = "https://crm.example.com/crm/"
    assert not template(form={"back": base + "x"}).foreign_address_in(base)
    for back in (
        "https://evil.test/",
        "//evil.test/",
        base + "?u=https://evil.test/",
        "https://crm.example.com/",
        " //evil.test/",
        "/\\evil.test/",
        "\\\\evil.test/",
        "HTTPS:/evil.test/",
        "javascript:alert(1)",
    ):
        assert template(form={"back": back}).foreign_address_in(base)
        assert template(path="api/{id}", json={"a": {"b": [back]}}).foreign_address_in(base)

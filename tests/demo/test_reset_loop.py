"""From the reset link until the person is back in."""

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

LINK = "index.php?module=Users&parent=Settings&action=SendResetLink&record={}"


@pytest.fixture
def instance(demo):
    return demo.instances[0]


@pytest.fixture
def send(instance, signed_in):
    admin = signed_in(instance)

    def send_link(person):
        assert admin.post(LINK.format(person.id), admin.token()).json()["success"] is True
        return instance.outbox[-1].link

    return send_link


def set_password(link, password, again=None):
    form = LexborHTMLParser(httpx.get(link).text).css_first("#changePasswordForm")
    assert form is not None
    fields = {field.attributes["name"] or "": field.attributes.get("value") for field in form.css("input")}
    assert list(fields) == ["username", "shorturl_id", "secret_hash", "password", "confirmPassword"]
    fields |= {"password": password, "confirmPassword": again or password}
    return httpx.post(link, data=fields).text


def gets_in(visit, instance, person, password):
    return "error=login" not in visit(instance).sign_in(person.user_name, password).headers["location"]


def test_the_whole_way(instance, demo, send, visit):
    person = instance.person("odd.nguyen")
    link = send(person)
    told = httpx.get(demo.outbox_url, headers={"Accept": "application/json"}).json()
    assert told == [
        {
            "to": person.email1,
            "user_name": "odd.nguyen",
            "at": "2027-01-15T08:00:00+00:00",
            "subject": "Request : ForgotPassword",
            "link": link,
            "instance": "harbor-prod",
        }
    ]
    assert link.startswith(instance.url + "shorturl.php?id=")
    assert not gets_in(visit, instance, person, "new-secret")
    assert "has been changed" in set_password(link, "new-secret")
    assert gets_in(visit, instance, person, "new-secret")


def test_a_password_is_valid_for_one_instance_only(instance, demo, send, visit):
    other = demo.instance("harbor-sandbox")
    set_password(send(instance.person("demo.rep")), "new-secret")
    assert gets_in(visit, instance, instance.person("demo.rep"), "new-secret")
    assert not gets_in(visit, other, other.person("demo.rep"), "new-secret")


def test_a_used_link_says_so(instance, send):
    link = send(instance.person("odd.zoe"))
    set_password(link, "new-secret")
    assert "has been used already" in httpx.get(link).text


def test_a_newer_link_invalidates_the_older(instance, send):
    older = send(instance.person("odd.zoe"))
    newer = send(instance.person("odd.zoe"))
    assert "a newer one has been sent" in httpx.get(older).text
    assert "has been changed" in set_password(newer, "new-secret")


def test_a_link_expires(instance, send, clock):
    link = send(instance.person("odd.zoe"))
    clock.advance(instance.preset.link_lifetime + 1)
    assert "has expired" in httpx.get(link).text


def test_a_wrong_link_says_so(instance):
    assert "not valid" in httpx.get(f"{instance.url}shorturl.php?id=nonsense").text


def test_two_different_passwords_are_refused(instance, send, visit):
    person = instance.person("odd.zoe")
    link = send(person)
    assert "not the same" in set_password(link, "one", "other")
    assert not gets_in(visit, instance, person, "one")


def test_the_hash_of_the_form_is_checked(instance, send, visit):
    person = instance.person("odd.zoe")
    link = send(person)
    fields = {
        "username": person.user_name,
        "shorturl_id": link.partition("id=")[2],
        "secret_hash": "guessed",
        "password": "stolen",
        "confirmPassword": "stolen",
    }
    assert "not valid" in httpx.post(link, data=fields).text
    assert not gets_in(visit, instance, person, "stolen")


def test_the_outbox_is_a_page_for_people(instance, demo, send):
    link = send(instance.person("odd.zoe"))
    page = httpx.get(demo.outbox_url)
    assert page.headers["content-type"].startswith("text/html")
    assert link in page.text


def forgot(instance, user_name, email):
    form = {"username": user_name, "emailId": email}
    return httpx.post(f"{instance.url}forgotPassword.php", data=form).headers["location"]


def test_the_public_form_mails_a_link_for_a_matching_pair(instance):
    person = instance.person("odd.zoe")
    assert forgot(instance, person.user_name, person.email1).endswith("view=Login&mailStatus=success")
    assert [mail.user_name for mail in instance.outbox] == ["odd.zoe"]


def test_the_public_form_mails_inactive_users_too(instance):
    person = instance.person("odd.inactive-markup")
    assert forgot(instance, person.user_name, person.email1).endswith("mailStatus=success")


@pytest.mark.parametrize("pair", [("odd.zoe", "other@example.com"), ("nobody", "x@example.com"), ("", "")])
def test_the_public_form_refuses_any_other_pair(instance, pair):
    assert forgot(instance, *pair).endswith("error=fpError")
    assert instance.outbox == []

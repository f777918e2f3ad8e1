"""Pasting searches for the pasted text."""

import pytest

from dazos_tui.demo.server import DemoServer


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=60) as server:
        yield server


@pytest.fixture
def person(demo):
    return next(one for one in demo.instance("harbor-prod").people if one.user_name == "anna.beacon")


async def test_an_address_is_picked_out_of_a_mail_with_a_notice(desk, person):
    desk.paste(f'From: "Support" <help@example.org>\nTo: Anna <{person.email1}>\n')
    await desk.sees("1 match", "Searching for", "pasted text.")
    assert desk.work.panes.users.typed == person.email1


async def test_a_name_is_pasted_unchanged(desk, person):
    desk.paste("Anna Beacon\nHarbor")
    await desk.sees("1 match")
    assert desk.work.panes.users.typed == "Anna Beacon"
    await desk.sees_no("found in the pasted")


@pytest.mark.parametrize("keys", [["tab"], ["f3"]])
async def test_pasting_in_a_list_goes_to_the_filter(desk, person, keys):
    await desk.press(*keys)
    desk.paste(f"mailto:{person.email1}")
    await desk.sees("1 match")
    assert (desk.work.focused.id, desk.work.panes.users.typed) == ("filter", person.email1)


async def test_pasting_and_pressing_enter_opens_this_person(desk, person):
    desk.paste(f"<{person.email1}>;")
    desk.send("enter")
    await desk.until(lambda: desk.work.panes.profile.profile is not None, "no profile came")
    assert desk.work.panes.profile.profile.user.user_name == person.user_name


async def test_an_unknown_search_field_is_reported(desk):
    await desk.filter("mail:anna")
    await desk.sees("There is no field “mail”", "email")


@pytest.mark.parametrize(
    "request_text",
    [
        "curl 'https://crm.example.com/index.php' -b 'PHPSESSID=k00kie5ecret' --data-raw 'record=12'",
        'curl ^"https://crm.example.com/index.php^" -H ^"Cookie: PHPSESSID=k00kie5ecret^"',
        'await fetch("https://crm.example.com/index.php", {"headers": {"x-csrf-token": "k00kie5ecret"}});',
    ],
    ids=["bash", "cmd", "fetch"],
)
@pytest.mark.parametrize("keys", [[], ["f3"], ["f2"], ["ctrl+p"]], ids=str)
async def test_a_request_copied_from_a_browser_is_not_shown_anywhere(desk, request_text, keys):
    await desk.press(*keys)
    desk.paste(request_text)
    await desk.sees("Not pasted", "has your session in it")
    assert "k00kie5ecret" not in desk.text
    assert desk.work.panes.users.typed == ""

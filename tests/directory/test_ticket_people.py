"""Whom a ticket names, among the people of an instance."""

import time

import pytest

from dazos_tui.crm.models import Status, User
from dazos_tui.directory.ticket_people import people_in_text


def user(name: str, user_name: str = "", email: str = "") -> User:
    user_name = user_name or name.lower().replace(" ", ".")
    return User(
        id=user_name, user_name=user_name, name=name, email=email or f"{user_name}@example.com", role="",
        status=Status.ACTIVE, admin=False,
    )  # fmt: skip


BEA, ELENA, HILL, HELP = (
    user("Bea Amber"),
    user("Elena García"),
    user("Hill", "hill"),
    user("Help Desk", "support", "help@example.com"),
)
EVERYBODY = [BEA, ELENA, HILL, HELP]


def named(text: str) -> list[str]:
    return [one.name for one in people_in_text(text, EVERYBODY).people]


@pytest.mark.parametrize(
    "text",
    [
        'From: "Bea Amber" <bea.amber@example.com>\nI cannot log in',
        "mailto:bea.amber@example.com?subject=x",
        "my address is BEA.AMBER@example.com.",
        "Bea Amber cannot log in.",
        "Amber, Bea",
        "the user bea.amber is locked",
        "x" * 5000 + " <bea.amber@example.com> " + "y" * 5000,
        "|name|mail|\n|Bea|bea.amber@example.com|",
        "https://x.example/?user=bea.amber@example.com&id=3",
    ],
)
def test_a_person_is_named_by_address_user_name_or_name(text):
    assert named(text) == ["Bea Amber"]


def test_accents_do_not_matter():
    assert named("elena garcia") == ["Elena García"]


@pytest.mark.parametrize(
    "text", ["", "up the hill", "please support me", "Bea", "Amber", "Bea and Amber", "a@b"]
)
def test_a_word_that_is_also_a_user_name_or_half_a_name_names_nobody(text):
    assert named(text) == []


def test_those_by_address_come_first_in_the_order_of_the_text():
    text = "Elena Garcia wrote: help@example.com told me to ask bea.amber@example.com, CC help@example.com"
    found = people_in_text(text, EVERYBODY)
    assert [one.name for one in found.people] == ["Help Desk", "Bea Amber", "Elena García"]
    assert found.addresses == ("help@example.com", "bea.amber@example.com")


def test_a_name_beside_its_address_does_not_name_a_namesake():
    everybody = [*EVERYBODY, user("Bea Amber", "bea.amber2")]
    found = people_in_text('"Bea Amber" <bea.amber@example.com>', everybody)
    assert [one.user_name for one in found.people] == ["bea.amber"]
    assert len(people_in_text("Bea Amber", everybody).people) == 2


def test_addresses_of_nobody_here_are_still_told():
    found = people_in_text("nobody@example.net \x1b[31mevil\u202e@example.net", EVERYBODY)
    assert found.people == ()
    assert found.addresses[0] == "nobody@example.net"
    assert all(address.isprintable() for address in found.addresses)


@pytest.mark.parametrize("text", ["a" * 1000 + "@ ", "a b ", "@", "a@" * 300 + " ", "(" * 200])
def test_a_flood_takes_a_moment(text):
    flood = (text * (131_072 // len(text) + 1))[:131_072]
    began = time.process_time()
    people_in_text(flood, EVERYBODY)
    assert time.process_time() - began < 2.0

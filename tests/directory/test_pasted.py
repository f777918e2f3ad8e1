"""The query made from pasted text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.directory.pasted_email import emails_in, query_from_pasted
from dazos_tui.directory.query import query_problems

ANN = "ann.bell@example.com"


@pytest.mark.parametrize(
    "pasted",
    [
        f'"Ann Bell" <{ANN}>',
        f"Ann Bell <{ANN}>;",
        f"mailto:{ANN}",
        f"MAILTO:{ANN}?subject=Login",
        f"[{ANN}](mailto:{ANN})",
        f"{ANN};",
        f"{ANN},",
        f"{ANN}.",
        f"  {ANN}  ",
        f"({ANN})",
        f"“{ANN}”",
        "ann.bell\u200b@example.com\u2060",
        f"Hello,\n\nI cannot log in. My address is {ANN}.\nThanks\n",
        f"| Ann Bell | {ANN} | 555 |",
        f"ann.bell@example.com {ANN.upper()};",
    ],
)
def test_the_address_is_picked_out_of_its_surroundings(pasted):
    assert query_from_pasted(pasted).casefold() == ANN


@pytest.mark.parametrize(
    "typed",
    ["ann", f"role:billing {ANN}", "email:@example.com", "@example.com", "ann@", "ann bell", "-ann", ""],
)
def test_a_typed_query_is_unchanged(typed):
    assert query_from_pasted(typed) == typed


def test_an_address_need_not_have_a_dot_in_its_host():
    assert query_from_pasted("<ann@crm>") == "ann@crm"


def test_of_several_addresses_the_one_of_a_person_here_counts():
    mail = f"From: help@example.org\nTo: {ANN}\n"
    assert emails_in(mail) == ("help@example.org", ANN)
    assert query_from_pasted(mail, {ANN}.__contains__) == ANN
    assert query_from_pasted(mail, set().__contains__) == query_from_pasted(mail) == mail


@given(st.text())
def test_an_address_that_is_found_is_found_again_by_itself(text):
    assert all(emails_in(address) == (address,) for address in emails_in(text))


@given(st.text())
def test_nothing_is_invented(text):
    found = query_from_pasted(text)
    assert found == text or "@" in found


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("mail:ann", "There is no field “mail” (did you mean “email”?); there are name, user, email"),
        ("-mail:ann", "There is no field “mail”"),
        ("ann Phone:555", "There is no field “phone”"),
        ("status:lost", "“status:” takes active or inactive"),
        ("admin:maybe", "“admin:” takes yes or no"),
    ],
)
def test_a_term_that_cannot_find_anybody_is_reported(query, words):
    (problem,) = query_problems(query)
    assert problem.startswith(words)


@pytest.mark.parametrize(
    "query",
    ["", "ann", "email:", "mail:", "https://crm.example.com/", "10:30", "status:in", "user:a:b", "a:b"],
)
def test_a_plausible_term_is_not_reported(query):
    assert query_problems(query) == ()

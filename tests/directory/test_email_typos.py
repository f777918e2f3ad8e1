"""Misspelt addresses are found; unusual ones are not reported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.addresses import LEAST_RECALL, MOST_FALSE_ALARMS, measure
from dazos_tui.crm.models import Status, User
from dazos_tui.directory.edit_distance import Typo, TypoKind, find_typo
from dazos_tui.directory.email_typos import PROVIDERS, count_domains, find_email_typos

DOMAINS = {"acme.example": 87, "harbor.example.com": 60, "harbour.example.com": 3, "acne.example": 1}


def told(email, name="Ann Bell", user_name="", domains=DOMAINS):
    return find_email_typos(email, name, user_name, domains)


def codes(email, name="Ann Bell", user_name="", domains=DOMAINS):
    return [doubt.code for doubt in told(email, name, user_name, domains)]


def suggested(email, name="Ann Bell", user_name="", domains=DOMAINS):
    return {doubt.suggestion for doubt in told(email, name, user_name, domains)}


def user(email):
    return User("1", "ann.bell", "Ann Bell", email, "", Status.ACTIVE, None)


def test_a_typo_names_the_facts():
    [doubt] = told("ann.bell@acme.exanple")
    assert doubt.message == "“acme.exanple” is one letter off from acme.example, which 87 colleagues use."
    assert (doubt.code, doubt.suggestion) == ("domain", "ann.bell@acme.example")
    [doubt] = told("ann.blel@acme.example")
    assert (
        doubt.message
        == "“ann.blel” is one letter off from “ann.bell”, as the name or the user name spells it."
    )
    assert (doubt.code, doubt.suggestion) == ("local_part", "ann.bell@acme.example")


@pytest.mark.parametrize(
    "domain",
    ["acme.exanple", "accme.example", "amce.example", "acmeexample", "avme.example", "acme", "ACME.EXANPLE"],
)
def test_a_domain_one_typo_away_from_the_colleagues_is_reported(domain):
    assert suggested(f"ann.bell@{domain}") == {"ann.bell@acme.example"}


@pytest.mark.parametrize("ending", ["con", "cmo", "co", "cm", "om", "ocm", "comm", "net", "org"])
def test_another_ending_is_reported(ending):
    assert suggested(f"ann.bell@harbor.example.{ending}") == {"ann.bell@harbor.example.com"}


def test_a_missing_ending_is_reported():
    assert suggested("ann.bell@harbor.example") == {"ann.bell@harbor.example.com"}
    assert codes("ann.bell@gmail") == ["no_ending"]
    assert suggested("ann.bell@gmail") == {"ann.bell@gmail.com"}
    assert codes("ann.bell@nowhere") == ["no_ending"]
    assert suggested("ann.bell@nowhere") == {""}


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("aoll.com", "aol.com"),
    ],
)
def test_a_provider_one_typo_away_is_suggested(domain, meant):
    [doubt] = told(f"ann.bell@{domain}")
    assert doubt.suggestion == f"ann.bell@{meant}"
    assert "a common mail provider" in doubt.message


@pytest.mark.parametrize("domain", sorted(PROVIDERS))
def test_no_provider_is_taken_for_another_one(domain):
    assert codes(f"ann.bell@{domain}", domains={"gmail.com": 500, "ymail.con": 1}) == []


@pytest.mark.parametrize("domain", ["aon.com", "mac.com", "mail.example", "partner.test"])
def test_an_unrelated_domain_is_not_reported(domain):
    assert codes(f"ann.bell@{domain}") == []


def test_an_established_domain_is_never_reported():
    assert codes("ann.bell@harbour.example.com") == []
    assert codes("ann.bell@harbour.example.com", domains=DOMAINS | {"harbour.example.com": 2}) == ["domain"]


def test_a_few_colleagues_are_not_a_majority():
    assert codes("ann.bell@acmee.example", domains={"acme.example": 4, "acmee.example": 1}) == []
    assert codes("ann.bell@acmee.example", domains={"acme.example": 9, "acmee.example": 2}) == []
    assert codes("ann.bell@acmee.example", domains={"acme.example": 5, "acmee.example": 1}) == ["domain"]


@pytest.mark.parametrize(
    ("local", "name", "user_name", "meant"),
    [
        ("ann.blel", "Ann Bell", "", "ann.bell"),
        ("ann.belll", "Ann Bell", "", "ann.bell"),
        ("an.nbell", "Ann Bell", "", "ann.bell"),
        ("abel", "Ann Bell", "abell", "abell"),
        ("thmas.young2", "Thomas Young", "", "thomas.young2"),
        ("thmas.young+crm", "Thomas Young", "", "thomas.young+crm"),
        ("nora.obrein", "Nora O'Brien", "", "nora.obrien"),
        ("elena.garica", "Elena García", "", "elena.garcia"),
        ("zoe.soerensne", "Zoë Sørensen", "", "zoe.soerensen"),
        ("lucia.martines", "Lucía Martínez-Soto", "", "lucia.martinez"),
        ("liz.yuong", "Elizabeth Young", "eyoung", "liz.young"),
        ("betsy.yung", "Elizabeth Young", "betsy.young", "betsy.young"),
        ("thomas.younf", "Thomas Young", "thomas.younf@acme.example", "thomas.young"),
        ("ab3ll", "Ann Bell", "", "abell"),
    ],
)
def test_a_typo_in_the_local_part_is_found_by_the_name_or_the_user_name(local, name, user_name, meant):
    assert suggested(f"{local}@acme.example", name, user_name) == {f"{meant}@acme.example"}


@pytest.mark.parametrize(
    ("local", "name", "user_name"),
    [
        ("liz.young", "Elizabeth Young", "eyoung"),
        ("bob.miller", "Rob Miller", ""),
        ("jon.smith", "John Smith", ""),
        ("sarah.lee", "Sara Lee", ""),
        ("bmiller", "Robert Miller", "rmiller"),
        ("jasmith", "John Smith", ""),
        ("johnasmith", "John Smith", ""),
        ("john.a.smith", "John Smith", ""),
        ("rjsmith", "John Smith", ""),
        ("john2.smith", "John Smith", ""),
        ("ann.bell2", "Ann Bell", ""),
        ("front.desk", "Ann Bell", "ann.bell"),
        ("ann.taylor", "Ann Bell", "ann.bell"),
        ("mary.ann.smith", "Maryann Smith", ""),
        ("soerensen", "Zoë Sørensen", ""),
        ("asa.oeztuerk", "Åsa Öztürk", ""),
        ("nora.o'brien", "Nora O'Brien", ""),
        ("smith-jones.ann", "Ann Smith-Jones", ""),
        ("ann.jones", "Ann Smith-Jones", ""),
        ("garcia", "Elena García López", ""),
        ("ann.blel", "Ann Bell", "ann.blel"),
        ("wang", "小明 王", ""),
        ("x", "", ""),
        ("mononym", "Mononym", ""),
        ("le", "Bo Li", ""),
    ],
)  # fmt: skip
def test_a_deliberate_difference_is_not_a_typo(local, name, user_name):
    assert codes(f"{local}@acme.example", name, user_name) == []


@pytest.mark.parametrize(
    ("email", "code", "meant"),
    [
        ("ann.bell@acme,example", "comma", "ann.bell@acme.example"),
        ("ann.bell@@acme.example", "two_at", "ann.bell@acme.example"),
        ("ann bell@acme.example", "space", "annbell@acme.example"),
        ("ann.bell@acme.example.", "edge_dot", "ann.bell@acme.example"),
        ("ann.bell.@acme.example", "edge_dot", "ann.bell@acme.example"),
        (".ann.bell@acme.example", "edge_dot", "ann.bell@acme.example"),
        ("ann..bell@acme.example", "dots", "ann.bell@acme.example"),
        ("ann.bellacme.example", "no_at", "ann.bell@acme.example"),
        ("ann.bell", "no_at", ""),
        ("a@b@c", "two_at", ""),
        ("ann<bell>@acme.example", "invalid", ""),
    ],
)
def test_a_malformed_address_is_named_and_repaired_if_possible(email, code, meant):
    [doubt] = told(email)
    assert (doubt.code, doubt.suggestion) == (code, meant)


def test_two_typos_are_reported_with_one_suggestion():
    assert codes("ann.blel@acme.exanple") == ["domain", "local_part"]
    assert suggested("ann.blel@acme.exanple") == {"ann.bell@acme.example"}


@pytest.mark.parametrize("email", ["", " "])
def test_an_empty_address_has_no_typos(email):
    assert codes(email) == []


def test_domains_are_counted_folded():
    counted = count_domains(
        user(email) for email in ("a@Acme.Example", "b@acme.example", "", "nobody", "c@x.test")
    )
    assert counted == {"acme.example": 2, "x.test": 1}


words = st.text("abcdefgh", min_size=2, max_size=8)


@given(words, st.integers(0, 7), st.sampled_from("abcdefghz"))
def test_every_single_edit_is_one_typo(word, place, letter):
    at = place % len(word)
    for typed in (
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    ):
        assert (find_typo(word, typed) is None) == (typed == word)


@given(words, words)
def test_a_typo_is_symmetric(one, other):
    assert (find_typo(one, other) is None) == (find_typo(other, one) is None)


@pytest.mark.parametrize(
    ("typed", "kind", "at"),
    [("bel", "missing", 3), ("bbell", "added", 1), ("bill", "wrong", 1), ("blel", "swapped", 1)],
)
def test_a_typo_has_a_kind_and_an_index(typed, kind, at):
    assert find_typo("bell", typed) == Typo(TypoKind(kind), at)


@pytest.mark.parametrize("typed", ["bell", "be", "lbel", "ball s", ""])
def test_equal_or_more_distant_words_are_no_typo(typed):
    assert find_typo("bell", typed) is None


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=20))
def test_any_text_is_accepted(email, name, user_name):
    assert isinstance(told(email, name, user_name), tuple)


@given(st.from_regex(r"[a-z]{3,10}", fullmatch=True), st.from_regex(r"[a-z]{3,10}", fullmatch=True))
def test_an_address_built_from_the_name_is_never_reported(first, last):
    for local in (f"{first}.{last}", f"{first}{last}", f"{first[0]}{last}", f"{last}_{first}", first, last):
        assert codes(f"{local}@acme.example", f"{first.title()} {last.title()}", "other") == []


@given(st.from_regex(r"[a-z]{3,9}\.example", fullmatch=True), st.integers(3, 99))
def test_a_domain_that_three_people_share_is_never_reported(domain, count):
    assert codes(f"ann.bell@{domain}", domains=DOMAINS | {domain: count}) == []


def test_on_synthetic_instances_recall_and_false_alarms_reach_their_targets():
    score = measure(seed=1, count=1_000)
    assert score.recall >= LEAST_RECALL
    assert score.false_alarms <= MOST_FALSE_ALARMS
    assert sum(bool(case.typo) for case, _, _ in score.results) > 100

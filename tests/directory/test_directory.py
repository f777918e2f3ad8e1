"""The rules of finding somebody, as properties and as stories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.crm.models import Status, User
from dazos_tui.directory.directory import Directory
from dazos_tui.folding import fold
from dazos_tui.text import safe_text


def person(user_id="1", user_name="a.b", name="Ann Bell", email="ann@example.com", role="Admissions",
           status=Status.ACTIVE, admin=False):  # fmt: skip
    return User(user_id, user_name, name, email, role, status, admin)


NAMES = st.text(max_size=12).map(safe_text)
PEOPLE = st.lists(
    st.builds(
        person,
        user_id=st.integers(1, 40).map(str),
        user_name=st.text("abcxyz.", min_size=1, max_size=8),
        name=NAMES,
        email=st.text("abcxyz", min_size=1, max_size=5).map(lambda local: f"{local}@example.com"),
        role=st.sampled_from(["Admissions", "Billing", ""]),
        status=st.sampled_from(Status),
        admin=st.sampled_from([True, False, None]),
    ),
    max_size=15,
    unique_by=lambda user: user.id,
)


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(PEOPLE, st.text(max_size=10), st.text("abcxyz:-'", min_size=1, max_size=6))
def test_one_more_word_never_finds_more_people(people, query, word):
    directory = Directory.of(people)
    fewer = {user.id for user in directory.matching(f"{query} {word}")}
    assert fewer <= {user.id for user in directory.matching(query)}


@given(PEOPLE)
def test_a_whole_email_finds_its_owner_first(people):
    directory = Directory.of(people)
    for user in people:
        first = directory.matching(user.email)[0]
        assert user.email in (first.email, first.user_name)


@given(PEOPLE)
def test_nobody_is_lost_or_doubled(people):
    directory = Directory.of(people).adding(people)
    assert sorted(user.id for user in directory.users) == sorted(user.id for user in people)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("nguyen", "Nguyễn Văn An"),
        ("obrien", "Pat O'Brien"),
        ("o'brien", "Pat O’Brien"),
        ("garcia", "GARCÍA LÓPEZ"),
        ("strasse", "Ida Straße"),
        ("lodz", "Łódź Nowak"),
        ("bell ann", "Ann Bell"),
    ],
)
def test_names_are_found_as_a_plain_keyboard_types_them(typed, name):
    assert [
        user.name
        for user in Directory.of([person(name=name, email="x@y.test", user_name="q")]).matching(typed)
    ] == [name]


def test_words_may_be_in_different_fields_and_all_must_match():
    directory = Directory.of([person("1", name="Ann Bell"), person("2", name="Ann Hill", role="Billing")])
    assert [user.id for user in directory.matching("ann billing")] == ["2"]


def test_an_exact_user_name_comes_before_a_name_that_starts_with_it():
    directory = Directory.of([person("1", "zz", "Lee Aaron"), person("2", "lee", "Zoe Zimmer")])
    assert [user.id for user in directory.matching("lee")] == ["2", "1"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("status:inactive", ["2"]),
        ("status:active", ["1", "3"]),
        ("admin:yes", ["3"]),
        ("role:bill", ["2"]),
        ("-ann", ["2", "3"]),
        ("email:@corp.example", ["3"]),
        ("role:", ["1", "2", "3"]),
        ("nosuchfield:x", []),
    ],
)
def test_field_terms(query, ids):
    directory = Directory.of(
        [
            person("1", "ann", "Ann"),
            person("2", "bob", "Bob", "bob@example.com", "Billing", Status.INACTIVE),
            person("3", "cy", "Cy", "cy@corp.example", admin=True),
        ]
    )
    assert [user.id for user in directory.matching(query)] == ids


def test_counts_by_status():
    directory = Directory.of([person("1"), person("2", status=Status.INACTIVE), person("3")])
    assert (directory.count(Status.ACTIVE), directory.count(Status.INACTIVE)) == (2, 1)

"""The rules of the search, as properties and as examples."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.crm.models import Status, User
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.highlight import highlighted_spans
from dazos_tui.directory.order import SortOrder
from dazos_tui.directory.query import parse_query
from dazos_tui.directory.remembered import ListSource, RememberedPeople
from dazos_tui.directory.remembered_users import RememberedList, to_remembered
from dazos_tui.text.normalize import fold
from dazos_tui.text.packed_texts import PackedTexts
from dazos_tui.text.sanitize import safe_text


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


QUERIES = st.one_of(
    st.text("abcxyz.- @:'", max_size=10),
    st.lists(
        st.sampled_from(
            ["a", "abc", "xyza", "abcabc", "billing", "status:inactive", "admin:yes", "role:bil", "-b",
             "user:a", "-role:adm", "email:c@ex", "name:x", "example.com"]
        ),
        max_size=3,
    ).map(" ".join),
)  # fmt: skip
WORDS = st.text("abcxyz:-'", min_size=1, max_size=6)


@given(PEOPLE, QUERIES, WORDS)
def test_one_more_word_never_finds_more_people(people, query, word):
    directory = Directory.from_users(people)
    fewer = {user.id for user in directory.search(f"{query} {word}")}
    assert fewer <= {user.id for user in directory.search(query)}


@given(people=PEOPLE)
def test_a_whole_email_or_user_name_finds_its_owner_first(people):
    directory = Directory.from_users(people)
    for user in people:
        for typed in (user.email, user.user_name):
            first = directory.search(typed)[0]
            assert typed in (first.email, first.user_name)


@given(PEOPLE)
def test_nobody_is_lost_or_duplicated(people):
    directory = Directory.from_users(people).with_users(people)
    assert sorted(user.id for user in directory.users) == sorted(user.id for user in people)


@given(PEOPLE, st.integers(0, 15))
def test_the_batches_in_which_people_arrive_do_not_matter(people, first):
    in_portions = Directory.from_users(people[:first]).with_users(people[first:])
    assert list(in_portions.users) == list(Directory.from_users(people).users)


@given(PEOPLE, st.integers(1, 40).map(str))
def test_a_person_is_found_by_the_record_id(people, user_id):
    directory = Directory.from_users(people)
    assert list(directory.users) == [directory.users[row] for row in range(len(people))]
    expected = next((user for user in people if user.id == user_id), None)
    assert directory.users.with_id(user_id) == expected
    assert (user_id in directory.ids) == (expected is not None)


ODD_TEXTS = st.text("aÉ\0\t\n\x1f\ud800ﬃ小'", max_size=6)


@given(st.lists(st.builds(person, user_name=ODD_TEXTS, name=ODD_TEXTS, email=ODD_TEXTS), max_size=8))
def test_a_text_that_no_crm_has_disturbs_nobody_else(people):
    ann = person("77", name="Ann Bell")
    directory = Directory.from_users([*(replace(user, id=str(at)) for at, user in enumerate(people)), ann])
    assert len(list(directory.users)) == len(people) + 1
    assert directory.users.with_id("77") == ann
    assert ann in directory.search("bell")


@given(PEOPLE)
def test_who_is_remembered_comes_back_except_for_who_is_an_administrator(people):
    directory = Directory.from_users(people)
    kept = to_remembered(ListSource("acme", "host", "me"), datetime.now(UTC), 24, directory)
    again = RememberedList(RememberedPeople(kept.source, kept.read_at, 24, PackedTexts(kept.lines[:])))
    assert list(again.directory.users) == [replace(user, admin=None) for user in directory.users]
    assert [kept[at].user_name for at in range(len(kept))] == [user.user_name for user in directory.users]


@given(PEOPLE)
def test_a_person_added_again_replaces_the_older_row(people):
    renamed = [replace(user, name="Somebody Else") for user in people]
    assert {user.name for user in Directory.from_users(people).with_users(renamed).users} <= {"Somebody Else"}


@given(PEOPLE, st.sets(st.integers(1, 40).map(str)))
def test_only_those_kept_can_be_found(people, ids):
    kept = Directory.from_users(people).with_only(ids)
    assert {user.id for user in kept.users} == {user.id for user in people} & ids
    assert {user.id for user in kept.search("a")} <= ids


def as_defined(user, query):
    """Return whether a person is found as typed, according to the documentation only."""
    fields = {
        "name": fold(user.name), "user": fold(user.user_name),
        "email": fold(user.email), "role": fold(user.role),
    }  # fmt: skip
    fixed = {"status": user.status.value, "admin": {True: "yes", False: "no", None: ""}[user.admin]}
    for word in query.split():
        exclude = word.startswith("-") and len(word) > 1
        field, colon, rest = word.removeprefix("-" if exclude else "").partition(":")
        if colon and field.lower() in fixed:
            held = fixed[field.lower()].startswith(fold(rest))
        elif colon and field.lower() in fields:
            held = fold(rest) in fields[field.lower()]
        else:
            rest = field + colon + rest
            held = any(fold(rest) in text for text in fields.values())
        if fold(rest) and held is exclude:
            return False
    return True


@given(PEOPLE, QUERIES)
def test_the_search_finds_what_the_documentation_says(people, query):
    found = Directory.from_users(people).search(query)
    assert {user.id for user in found[: found.exact_count]} == {
        user.id for user in people if as_defined(user, query)
    }


@given(PEOPLE, QUERIES, st.integers(0, 12))
def test_how_far_searches_are_prepared_makes_no_difference_to_who_matches_as_typed(people, query, steps):
    directory = Directory.from_users(people)
    before = directory.search(query)
    preparation = directory.prepare()
    for _ in range(steps):
        next(preparation, None)
    during = directory.search(query)
    assert during[: during.exact_count] == before[: before.exact_count]
    for _ in preparation:
        pass
    assert list(directory.search(query)) == list(before)


def tier(user, word):
    name, user_name, email = fold(user.name), fold(user.user_name), fold(user.email)
    if word in (user_name, email):
        return 0
    if name.startswith(word):
        return 1
    texts = (name, user_name, email)
    if any(re.search(rf"(?<![^\W_]){re.escape(word)}", text) for text in texts):
        return 2
    return 3 if any(word in text for text in texts) else 4


@given(people=PEOPLE, word=st.text("abcxyz", min_size=1, max_size=3))
def test_the_best_matches_come_first_and_ties_are_in_the_order_of_names(people, word):
    found = Directory.from_users(people).search(word)
    typed = found[: found.exact_count]
    rank = [(tier(user, word), fold(user.name), fold(user.user_name)) for user in typed]
    assert rank == sorted(rank)
    assert len(typed) == sum(as_defined(user, word) for user in people)


WORDS_ONLY = st.lists(st.text("abcxyz", min_size=1, max_size=3), min_size=1, max_size=3)


def rank_of(user, words):
    """Return how well the words match a person; 0 is best."""
    worst = max(tier(user, word) for word in words)
    begins = len(words) > 1 and fold(user.name).startswith(" ".join(words))
    return min(worst, 1) if begins else worst


@given(PEOPLE, WORDS_ONLY)
def test_the_worst_matching_word_counts_unless_the_name_starts_with_all_words(people, words):
    found = Directory.from_users(people).search(" ".join(words))
    users = found[: found.exact_count]
    ranks = [(rank_of(user, words), fold(user.name), fold(user.user_name)) for user in users]
    assert ranks == sorted(ranks)


def test_a_name_that_starts_as_typed_comes_before_an_address_with_the_second_word():
    people = [
        person("1", "leo.acorn", "Leo Acorn", email="leo@crm.example.com"),
        person("2", "leo.copper", "Leo Copper", email="leo@crm.example.com"),
    ]
    assert [user.id for user in Directory.from_users(people).search("leo co")] == ["2", "1"]


def test_a_word_found_only_in_the_role_comes_last():
    people = [
        person("1", "a", "Abe Acorn", role="Case Manager"),
        person("2", "d", "Dana Manning", role="CEO"),
    ]
    assert [user.id for user in Directory.from_users(people).search("man")] == ["2", "1"]
    assert [user.id for user in Directory.from_users(people).search("ana")] == ["2", "1"]


COLUMN = st.sampled_from(["name", "user_name", "email", "role"])
NO_WORDS = st.sampled_from(["", "  ", "role:b", "email:a", "-zoe", "status:active"])


@given(PEOPLE, COLUMN, st.booleans(), NO_WORDS)
def test_a_column_orders_everybody_if_no_word_is_typed(people, column, descending, query):
    directory = Directory.from_users(people)
    found = directory.search(query, SortOrder(column, descending))
    values = [fold(getattr(user, column)) for user in found]
    assert values == sorted(values, reverse=descending)
    assert {user.id for user in found} == {user.id for user in directory.search(query)}
    assert not found.is_ranked


@given(people=PEOPLE, column=COLUMN, descending=st.booleans(), words=WORDS_ONLY)
def test_with_words_typed_a_column_orders_only_those_who_match_equally_well(
    people, column, descending, words
):
    found = Directory.from_users(people).search(" ".join(words), SortOrder(column, descending))
    ranks = [rank_of(user, words) for user in found[: found.exact_count]]
    assert ranks == sorted(ranks)
    for rank in set(ranks):
        equals = [user for user in found[: found.exact_count] if rank_of(user, words) == rank]
        values = [fold(getattr(user, column)) for user in equals]
        assert values == sorted(values, reverse=descending)
    similar = [fold(getattr(user, column)) for user in found[found.exact_count :]]
    assert similar == sorted(similar, reverse=descending)


@given(PEOPLE, COLUMN, st.booleans(), QUERIES)
def test_sorting_by_a_column_changes_only_the_order(people, column, descending, query):
    directory = Directory.from_users(people)
    found, before = directory.search(query, SortOrder(column, descending)), directory.search(query)
    assert {user.id for user in found} == {user.id for user in before}
    assert found.exact_count == before.exact_count


def test_the_sort_column_does_not_decide_who_is_meant():
    people = [
        person("1", "hugo.copper", "Hugo Copper", email="zz@harbor.example.com"),
        person("2", "hugo.timber", "Hugo Timber", email="aa@harbor.example.com"),
    ]
    for column in ("email", "role", "status", "user_name", ""):
        for descending in (False, True):
            found = Directory.from_users(people).search("hugo co", SortOrder(column, descending))
            assert [user.id for user in found] == ["1", "2"]


@given(PEOPLE, QUERIES)
def test_each_match_knows_its_place(people, query):
    found = Directory.from_users(people).search(query)
    assert [found.index_of(user) for user in found] == list(range(len(found)))
    assert all(found.index_of(user) is None for user in people if user not in found)


@pytest.mark.parametrize(
    "typed", ["Gracia", "Garia", "Garccia", "Garxia", "agrcia", "garci", "garcis", "Garciaa"]
)
def test_a_small_mistake_still_finds_the_person(typed):
    found = Directory.from_users([person(name="Ana García", user_name="q", email="q@y.test")]).search(typed)
    assert [user.name for user in found] == ["Ana García"]


@pytest.mark.parametrize(
    "typed", ["Gra", "Gracai", "Graciax", "Marcia", "bell", "garc -ana", "gracia status:inactive"]
)
def test_a_larger_one_or_another_word_does_not(typed):
    assert not Directory.from_users([person(name="Ana García", user_name="q", email="q@y.test")]).search(
        typed
    )


def test_an_exact_match_comes_before_one_with_a_mistake():
    people = [
        person("1", "aa", "Aaron Jonson"),
        person("2", "zz", "Zoe Johnson"),
        person("3", "y", "Yan Jonson"),
    ]
    found = Directory.from_users(people).search("jonson")
    assert [user.id for user in found] == ["1", "3", "2"]
    assert found.exact_count == 2


def test_a_mistake_in_one_word_of_two():
    people = [
        person("1", "aa", "Zoe Johnson"),
        person("2", "bb", "Ann Johnson"),
        person("3", "cc", "Zoe Jones"),
    ]
    assert [user.id for user in Directory.from_users(people).search("zoe jonhson")] == ["1"]


@given(PEOPLE, st.text("abcxyz", min_size=4, max_size=7))
def test_matches_with_a_mistake_come_after_those_without(people, word):
    found = Directory.from_users(people).search(word)
    assert [as_defined(user, word) for user in found] == sorted(
        (as_defined(user, word) for user in found), reverse=True
    )


@given(st.text(max_size=20).map(safe_text), st.text("abcxyz'é ", max_size=4))
def test_the_found_text_is_highlighted(text, query):
    for start, end in highlighted_spans(text, parse_query(query), "name"):
        part = fold(text[start:end])
        assert any(fold(word) in part for word in query.split())


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("Ann Bell", "bel an", ["An", "Bel"]),
        ("Pat O’Brien", "obri", ["O’Bri"]),
        ("Pat O´Brien", "obri", ["O´Bri"]),
        ("Nguyễn Văn", "nguyen", ["Nguyễn"]),
        ("Bærum Æsop", "rum", ["rum"]),
        ("Ann Bell", "email:ann -bell name:ell", ["ell"]),
        ("Anna", "an nna", ["Anna"]),
        ("Ann", "", []),
    ],
)
def test_highlights(text, query, shown):
    assert [text[start:end] for start, end in highlighted_spans(text, parse_query(query), "name")] == shown


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("nguyen", "Nguyễn Văn An"),
        ("obrien", "Pat O'Brien"),
        ("o'brien", "Pat O’Brien"),
        ("obrien", "Pat O´Brien"),
        ("o´brien", "Pat O'Brien"),
        ("garcia", "GARCÍA LÓPEZ"),
        ("strasse", "Ida Straße"),
        ("lodz", "Łódź Nowak"),
        ("bell ann", "Ann Bell"),
    ],
)
def test_names_are_found_as_a_plain_keyboard_types_them(typed, name):
    assert [
        user.name
        for user in Directory.from_users([person(name=name, email="x@y.test", user_name="q")]).search(typed)
    ] == [name]


def test_words_may_be_in_different_fields_and_all_must_match():
    directory = Directory.from_users(
        [person("1", name="Ann Bell"), person("2", name="Ann Hill", role="Billing")]
    )
    assert [user.id for user in directory.search("ann billing")] == ["2"]


def test_an_exact_user_name_comes_before_a_name_that_starts_with_it():
    directory = Directory.from_users([person("1", "zz", "Lee Aaron"), person("2", "lee", "Zoe Zimmer")])
    assert [user.id for user in directory.search("lee")] == ["2", "1"]


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
    directory = Directory.from_users(
        [
            person("1", "ann", "Ann"),
            person("2", "bob", "Bob", "bob@example.com", "Billing", Status.INACTIVE),
            person("3", "cy", "Cy", "cy@corp.example", admin=True),
        ]
    )
    assert [user.id for user in directory.search(query)] == ids


def test_counts_by_status():
    directory = Directory.from_users([person("1"), person("2", status=Status.INACTIVE), person("3")])
    assert (directory.count(Status.ACTIVE), directory.count(Status.INACTIVE)) == (2, 1)


def test_a_word_longer_than_any_name_is_fast():
    directory = Directory.from_users([person(name="Ana García")])
    assert not directory.search("x" * 100_000)


@pytest.mark.parametrize(
    ("address", "has"),
    [
        ("ann@example.com", True),
        ("ANN@Example.COM", True),
        ("nn@example.com", False),
        ("ann@example.co", False),
        ("an\N{COMBINING ACUTE ACCENT}n@example.com", False),
        ("", False),
    ],
)
def test_somebody_has_an_address_only_if_all_of_it_is_theirs(address, has):
    assert Directory.from_users([person()]).has_address(address) is has

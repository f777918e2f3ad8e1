"""One page of a user list in JSON: what it announces, what is missing from it, and what its errors say."""

import json
from dataclasses import replace
from typing import Any

import pytest

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import (
    CrmError,
    PermissionDeniedError,
    SignedOutError,
    UnexpectedPageError,
    UnreadableListError,
)
from dazos_tui.crm.models import Status, User, UserPage, UserRow
from dazos_tui.crm.pages.user_rows import parse_user_rows
from dazos_tui.crm.user_list_template import UserListTemplate
from tests.json_list import ONE_LIST

FIELDS = ONE_LIST["fields"]
COMPARE = "Compare [instances.NAME.user_list] in the config with an answer in the network tab of the browser."


def parse(
    document: object,
    number: int = 1,
    *,
    status: Status = Status.ACTIVE,
    labels: Labels | None = None,
    **changes: Any,
) -> UserPage:
    """Return a page of the list; changes of its config to None leave that setting out."""
    config = {key: value for key, value in {**ONE_LIST, **changes}.items() if value is not None}
    return parse_user_rows(
        document if isinstance(document, str) else json.dumps(document),
        number=number,
        status=status,
        template=UserListTemplate.model_validate(config),
        labels=labels or Labels(),
    )


def row(number: int = 7, **values: Any) -> dict[str, object]:
    return {"id": number, "login": "ann", "contact": {"email": "ann@x.test"}, **values}


def page(count: int, total: object, **more: object) -> dict[str, object]:
    """Return a document with people 1 to `count`."""
    return {"data": {"users": [row(number) for number in range(1, count + 1)], "total": total}, **more}


@pytest.mark.parametrize(
    ("number", "count", "total", "announced", "has_next", "start"),
    [
        (1, 25, 25, 25, False, 1),
        (1, 25, 26, 25, True, 1),
        (1, 20, 60, 25, True, 1),
        (3, 10, 60, 10, False, 51),
        (3, 8, 60, 10, False, 51),
        (3, 0, 60, 10, False, None),
        (3, 0, 50, 0, False, None),
        (2, 5, 10, 5, False, 26),
        (1, 0, 0, 0, False, None),
        (1, 2, " 30 ", 25, True, 1),
        (1, 2, 10_000_000, 25, True, 1),
    ],
)
def test_a_page_announces_its_rows_by_the_total(
    number: int, count: int, total: object, announced: int, has_next: bool, start: int | None
) -> None:
    found = parse(page(count, total), number)
    shown = (found.number, len(found.rows), found.announced, found.has_next, found.size, found.start)
    assert shown == (number, count, announced, has_next, 25, start)
    assert found.total == int(str(total))


@pytest.mark.parametrize(
    ("count", "following", "announced", "has_next"),
    [
        (3, True, 25, True),
        (3, " No ", 3, False),
        (3, "NULL", 3, False),
        (0, True, 0, False),
        (25, "x", 25, True),
    ],
)
def test_a_page_may_announce_just_the_next_one(
    count: int, following: object, announced: int, has_next: bool
) -> None:
    found = parse(page(count, "any", more=following), next="/more", total=None)
    assert (found.announced, found.has_next, found.total) == (announced, has_next, None)


def test_a_list_without_pages_announces_its_total() -> None:
    config: dict[str, Any] = {"path": "api/users", "page_size": None}
    found = parse(page(2, 5), **config)
    assert found == UserPage(1, found.rows, 5, has_next=False, size=None, start=1, total=5)
    assert parse(page(2, None), **config, total=None) == replace(found, announced=2, total=None)


@pytest.mark.parametrize(
    ("values", "changed"),
    [
        ({}, {}),
        ({"login": None}, {"user_name": ""}),
        ({"contact": {}}, {"email": ""}),
        ({"givenName": "Ann", "familyName": "Lee"}, {"name": "Ann Lee"}),
        ({"givenName": "Ann"}, {"name": "Ann"}),
        ({"familyName": "Lee"}, {"name": "Lee"}),
        ({"role": {"name": "Sales"}}, {"role": "Sales"}),
        ({"role": {"name": True}}, {"role": ""}),
        ({"role": "Sales"}, {"role": ""}),
        ({"state": "enabled"}, {"status": Status.ACTIVE}),
        ({"administrator": "OFF"}, {"admin": False}),
        ({"administrator": "No"}, {"admin": False}),
        ({"administrator": "x"}, {"admin": None}),
    ],
)
def test_a_row_becomes_a_user(values: dict[str, Any], changed: dict[str, Any]) -> None:
    user = User("7", "ann", "", "ann@x.test", "", Status.UNKNOWN, None)
    document = {"data": {"users": [row(**values), row(8)], "total": 2}}
    assert parse(document).rows == (
        UserRow(replace(user, **changed), ()),
        UserRow(replace(user, id="8"), ()),
    )


def test_a_whole_name_is_preferred_to_its_parts_and_the_instances_words_count() -> None:
    fields = {key: value for key, value in FIELDS.items() if key not in {"first_name", "last_name"}}
    values: dict[str, Any] = {"full": "Lee, Ann", "state": "Aktiv", "administrator": "Ja"}
    document = {"data": {"users": [row(**values)], "total": 1}}
    [found] = parse(
        document, fields={**fields, "name": "/full"}, labels=Labels(active="aktiv", yes="ja")
    ).rows
    assert found.user == User("7", "ann", "Lee, Ann", "ann@x.test", "", Status.ACTIVE, admin=True)
    [found] = parse(page(1, 1), fields=fields).rows
    assert found.user.name == ""


def test_the_list_of_the_inactive_shows_who_is() -> None:
    changes: dict[str, Any] = {"inactive_path": "api/users?state=disabled&page={page}"}
    changes |= {"fields": {key: value for key, value in FIELDS.items() if key != "status"}}
    changes |= {"active": None, "inactive": None}
    for status, shown in ((Status.INACTIVE, Status.INACTIVE), (Status.ACTIVE, Status.UNKNOWN)):
        assert parse(page(1, 1), status=status, **changes).rows[0].user.status is shown


def said(*words: object, **more: object) -> dict[str, object]:
    """Return an answer with these words in place of the list."""
    return {**dict(zip(("message", "code", "error", "detail", "title"), words, strict=False)), **more}


NO_ERRORS: tuple[object, ...] = (None, False, "", 0, [], {})
ENDED = "The session has ended. The CRM says: "
NO_LIST = "The CRM's JSON has no list of people where rows points."
REFUSED = "The CRM sent an error in place of the user list. "


@pytest.mark.parametrize(
    ("document", "error", "words"),
    [
        (said("Unauthenticated."), SignedOutError, ENDED + "Unauthenticated."),
        (said("x", "session EXPIRED!"), SignedOutError, ENDED + "x."),
        (said(error={"message": "Login is required"}), SignedOutError, ENDED + "Login is required."),
        (said("x", error={"code": "Unauthorized"}), SignedOutError, ENDED + "Unauthorized."),
        (said("Access denied"), PermissionDeniedError, "The CRM says: Access denied."),
        (said("x", title="Permission denied"), PermissionDeniedError, "The CRM says: x."),
        (said(" ", detail="Not allowed"), PermissionDeniedError, "The CRM says: Not allowed."),
        (said("Nothing"), UnreadableListError, NO_LIST),
        (said("XForbiddenX"), UnreadableListError, NO_LIST),
        (said("Mode X.", success=False), UnexpectedPageError, REFUSED + "The CRM says: Mode X."),
        (said(7, error="Broken.."), UnexpectedPageError, REFUSED + "The CRM says: Broken."),
        (said(success=False), UnexpectedPageError, REFUSED + "It gives no reason."),
        (said(error=True), UnexpectedPageError, REFUSED + "It gives no reason."),
        (said("x" * 301, success=False), UnexpectedPageError, f"{REFUSED}The CRM says: {'x' * 299}…."),
        (said("Forbidden", data=page(1, 1)["data"]), None, ""),
        *((page(1, 1, error=none), None, "") for none in NO_ERRORS),
        (page(1, 1, success=True), None, ""),
        ([], UnreadableListError, NO_LIST),
        (
            {"data": {"users": "x"}},
            UnreadableListError,
            "The CRM's JSON has something other than a list of people where rows points.",
        ),
        (
            {"data": {"users": [{}] * 10_000}},
            UnreadableListError,
            "The CRM's JSON has no person with a value where fields.id points.",
        ),
        (
            {"data": {"users": [{}] * 10_001}},
            UnexpectedPageError,
            "The user list has 10,001 rows on one page, far more than a CRM shows.",
        ),
        (
            {"data": {"users": [row(login="a", id="x")], "total": 1}},
            UnreadableListError,
            "The CRM's JSON has a person whose record id, where fields.id points, is not a number.",
        ),
        (
            {"data": {"users": [{"id": 7, "login": "ann"}], "total": 1}},
            UnreadableListError,
            "The CRM's JSON has no person with a value where fields.email points.",
        ),
        *(
            (
                page(1, total),
                UnreadableListError,
                "The CRM's JSON has no number of all people where total points.",
            )
            for total in (None, "x", -1, "٣", 10_000_001, "0" * 9, [1])
        ),
        (page(1, "0" * 8), None, ""),
        ('{"data"', UnexpectedPageError, "The CRM sent JSON that is damaged, or was cut short."),
        (" [1", UnexpectedPageError, "The CRM sent JSON that is damaged, or was cut short."),
        ("<p>x", UnexpectedPageError, "The CRM sent an unexpected page: the user list in JSON is missing."),
        ("\ufeff" + json.dumps(page(1, 1)), None, ""),
    ],
)
def test_an_unreadable_list_says_why(document: object, error: type[CrmError] | None, words: str) -> None:
    if error is None:
        assert parse(document).rows[0].user.user_name == "ann"
        return
    with pytest.raises(error) as caught:
        parse(document)
    assert (type(caught.value), str(caught.value)) == (error, words)
    advice = COMPARE if error is UnreadableListError else error.advice
    assert caught.value.advice == advice


def test_a_list_has_a_largest_size() -> None:
    longest = json.dumps(page(1, 1)).ljust(5_000_000)
    assert parse(longest) == parse(page(1, 1))
    with pytest.raises(UnexpectedPageError) as caught:
        parse(longest + " ")
    assert str(caught.value) == "The CRM sent a list far larger than any page of one: it was not read."

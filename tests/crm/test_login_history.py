"""The login history's page, and how it is requested."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.dialect import Dialect, Labels, Paths
from dazos_tui.crm.errors import CrmError, PermissionDeniedError, SignedOutError, UnexpectedPageError
from dazos_tui.crm.models import LoginHistoryRow
from dazos_tui.crm.pages.login_history import parse_login_history
from tests.crm import html
from tests.crm.servers import ReceivedRequest, answer, serving

LABELS = Labels()
NAMES = ("user_name", "user_ip", "login_time", "logout_time", "status")
CELLS = ("Ann Lee", "198.51.100.7", "11-23-2026 05:54 AM", "---", "Signed in")
ANN = LoginHistoryRow(*CELLS, succeeded=True)


def table(*rows: tuple[str, ...], names: tuple[str, ...] = NAMES, announced: int | None = None) -> str:
    head = "".join(f"<th><a data-columnname={name}>x</a></th>" if name else "<th></th>" for name in names)
    body = "".join(
        f"<tr class=listViewEntries>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows
    )
    count = f"<input id=noOfEntries value={announced}>" if announced is not None else ""
    return f"{count}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def test_a_whole_page_is_read_as_a_part_of_one_is() -> None:
    """A page with a document type tells capitals of classes and ids apart, a part of a page does not."""
    assert parse_login_history(f"<!DOCTYPE html>{table(CELLS, announced=1)}", LABELS) == (ANN,)
    with pytest.raises(UnexpectedPageError, match="1 of 2 rows"):
        parse_login_history(f"<!DOCTYPE html>{table(CELLS, announced=2)}", LABELS)
    with pytest.raises(UnexpectedPageError, match="0 of 3 rows"):
        parse_login_history("<!DOCTYPE html><input id=listViewEntriesCount value=3>", LABELS)


def test_rows_are_returned_as_the_crm_wrote_them() -> None:
    other = ("Jo O&#039;Brien", "::1", "11-22-2026 01:00 PM", "11-22-2026 02:00 PM", "Signed off")
    assert parse_login_history(table(CELLS, other, announced=2), LABELS) == (
        ANN,
        LoginHistoryRow(
            "Jo O'Brien", "::1", "11-22-2026 01:00 PM", "11-22-2026 02:00 PM", "Signed off", succeeded=True
        ),
    )


def test_columns_are_found_by_name_in_any_order() -> None:
    names = ("", "login_time", "status", "user_name", "x")
    row = ("menu", CELLS[2], CELLS[4], CELLS[0], "y")
    assert parse_login_history(table(row, names=names), LABELS) == (
        LoginHistoryRow("Ann Lee", "", CELLS[2], "", "Signed in", succeeded=True),
    )


def test_without_a_header_the_default_order_is_used() -> None:
    assert parse_login_history(table(CELLS, names=()), LABELS) == (ANN,)


def test_an_empty_list_is_empty() -> None:
    assert parse_login_history(table(), LABELS) == ()
    assert parse_login_history("<input id=listViewEntriesCount value=0>", LABELS) == ()


@pytest.mark.parametrize(
    ("status", "succeeded"),
    [("Signed in", True), ("signedOFF ", True), ("Login failed", False), ("", False), ("Signed", False)],
)
def test_only_a_known_status_is_a_sign_in_that_succeeded(status: str, *, succeeded: bool) -> None:
    [row] = parse_login_history(table((*CELLS[:4], status)), LABELS)
    assert row.succeeded is succeeded


def test_without_a_status_column_no_sign_in_counts_as_successful() -> None:
    [row] = parse_login_history(table(CELLS[:4], names=NAMES[:4]), LABELS)
    assert (row.status, row.succeeded) == ("", False)


def test_terminal_control_characters_are_removed() -> None:
    [row] = parse_login_history(table(("\x1b[31mAnn", "\u202e1", *CELLS[2:])), LABELS)
    assert "\x1b" not in row.name
    assert "\u202e" not in row.ip


MISSING = "page: the list of sign-ins is missing."
LAYOUT = "The login history has an unknown layout:"
NO_TIME = "The login history has no column with the time of the sign-in (login_time)."


@pytest.mark.parametrize(
    ("page", "error", "said"),
    [
        (html.LOGIN, SignedOutError, "The session has ended: the CRM shows its login page."),
        (
            "Invalid request",
            SignedOutError,
            "The session has ended: the CRM no longer accepts its requests.",
        ),
        (html.DENIED, PermissionDeniedError, "The CRM says: Permission denied."),
        ("", UnexpectedPageError, f"The CRM sent an empty {MISSING}"),
        ("<h1>Dashboard</h1>", UnexpectedPageError, f"The CRM sent an unexpected {MISSING}"),
        (table(CELLS[:3]), UnexpectedPageError, f"{LAYOUT} 3 cells for 5 columns."),
        (table(CELLS[:4], names=()), UnexpectedPageError, f"{LAYOUT} 4 cells for 5 columns."),
        (table(CELLS, names=("user_name", "a", "b", "c", "d")), UnexpectedPageError, NO_TIME),
        (
            table(CELLS, names=("user_name", "", "user_ip", "status", "logout_time")),
            UnexpectedPageError,
            NO_TIME,
        ),
        (
            table(*[CELLS] * 1_001),
            UnexpectedPageError,
            "The login history has 1,001 rows on one page, far more than a CRM shows.",
        ),
    ],
    ids=["login", "token", "denied", "empty", "other", "cells", "default", "names", "order", "long"],
)
def test_an_unreadable_page_says_why(page: str, error: type[CrmError], said: str) -> None:
    with pytest.raises(error) as caught:
        parse_login_history(page, LABELS)
    assert (type(caught.value), str(caught.value)) == (error, said)
    assert caught.value.advice == error.advice


def test_a_page_cut_short_is_to_be_tried_again() -> None:
    with pytest.raises(UnexpectedPageError) as caught:
        parse_login_history(table(CELLS, announced=2), LABELS)
    assert str(caught.value) == "The login history was cut short: 1 of 2 rows arrived."
    assert caught.value.advice == "Try again."


@pytest.mark.parametrize(
    ("inputs", "announced"),
    [
        ("<input id=listViewEntriesCount value=' 2 '>", 2),
        ("<input id=listViewEntriesCount value=2><input id=noOfEntries value=3>", 2),
        ("<input id=listViewEntriesCount value=many><input id=noOfEntries value=2>", 2),
        ("<input id=listViewEntriesCount value=٣><input id=noOfEntries value=2>", 2),
        ("<input id=noOfEntries value=999999999>", 999_999_999),
        ("<input id=noOfEntries value=1>", None),
        ("<input id=noOfEntries value=9999999999>", None),
        ("<input id=noOfEntries>", None),
    ],
)
def test_a_page_may_announce_its_rows_in_two_places(inputs: str, announced: int | None) -> None:
    page = inputs + table(CELLS)
    if announced is None:
        assert parse_login_history(page, LABELS) == (ANN,)
        return
    with pytest.raises(UnexpectedPageError, match=f"1 of {announced} rows arrived"):
        parse_login_history(page, LABELS)


def test_a_page_may_have_a_thousand_rows_and_just_a_header_or_just_rows() -> None:
    rows = [CELLS] * 1_000
    assert len(parse_login_history(table(*rows, announced=999), LABELS)) == 1_000
    heading = "<table><tr class=x><th>Who<th><a>x</a><a data-columnname=login_time>x</a></table>"
    assert parse_login_history(heading, LABELS) == ()
    stray = "<div class=x><tr class=listViewEntries></tr></div><th><a data-columnname=status>x</a></th>"
    assert parse_login_history(stray + table(CELLS, names=()), LABELS) == (ANN,)


def _params(request: ReceivedRequest) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.target).query)


async def test_a_server_without_a_fragment_is_asked_for_the_whole_page_once() -> None:
    def crm(request: ReceivedRequest) -> bytes:
        if request.method == "POST":
            return answer(html.HOME)
        if "LoginHistory" in request.target:
            whole = "x-pjax" not in request.headers
            return answer(table(CELLS) if whole else "", Date="Mon, 23 Nov 2026 10:54:07 GMT")
        return answer(html.LOGIN)

    async with serving(crm) as server, CrmClient(server.url) as client:
        await client.sign_in("admin", SecretStr("hunter2"))
        history = await client.fetch_login_history("ann.lee")
        requests = [one for one in server.requests if "LoginHistory" in one.target]
    assert history.rows == (ANN,)
    assert history.server_time == datetime(2026, 11, 23, 10, 54, 7, tzinfo=UTC)
    assert ["x-pjax" in one.headers for one in requests] == [True, False]
    assert [_params(one)["search_value"] for one in requests] == [["ann.lee"]] * 2
    assert client.signed_in_at is not None


@pytest.mark.parametrize(
    "date", ["", "soon", "Mon, 99 Nov 2026 10:54:07 GMT", "Mon, 23 Nov 99999 10:54:07 GMT"]
)
async def test_a_server_without_a_date_has_no_time(date: str) -> None:
    def crm(request: ReceivedRequest) -> bytes:
        if request.method == "POST":
            return answer(html.HOME, Date=date)
        return answer(table() if "Elsewhere" in request.target else html.LOGIN, Date=date)

    dialect = Dialect(paths=Paths(login_history="index.php?module=Elsewhere"))
    async with serving(crm) as server, CrmClient(server.url, dialect=dialect) as client:
        before = datetime.now(UTC)
        await client.sign_in("admin", SecretStr("hunter2"))
        history = await client.fetch_login_history()
        [target] = [one.target for one in server.requests if "Elsewhere" in one.target]
    assert history.rows == ()
    assert history.server_time is None
    assert client.signed_in_at is not None
    assert before <= client.signed_in_at <= datetime.now(UTC)
    assert target == "/crm/index.php?module=Elsewhere"


async def test_without_a_sign_in_nothing_is_requested() -> None:
    async with serving(lambda _: answer(table())) as server, CrmClient(server.url) as client:
        with pytest.raises(SignedOutError):
            await client.fetch_login_history()
        assert server.requests == []

"""The report for print: what the history says, escaped, in a file that loads and runs nothing."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.history import html_report as reports
from dazos_tui.history.html_report import ReportScope, html_report
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, HistoryEntry, Outcome
from dazos_tui.history.query import HistoryQuery
from dazos_tui.history.statistics import BackInTimes, HistoryStatistics, RankedName, collect_statistics
from tests.browser_page import MISSING, dom_of, picture_of, printed
from tests.history.month import month
from tests.history.rows import filled
from tests.reset_requests import request
from tests.support import local_time_of

EMPTY = HistoryStatistics(
    dict.fromkeys(Outcome, 0), (), (0,) * 24, BackInTimes(0, 0, 0, None, None, (0,) * 5), (), (), ()
)
MADE = ReportScope("since 2026-11-01", datetime(2026, 11, 29, 12, tzinfo=UTC))
SAMPLE = Path(__file__).with_name("report.html")
HOSTILE = (
    """<script>document.title = "taken"</script>"><img src=x onerror="document.title = 'taken'">&amp;'"""
)
ROWS = [
    (
        number % 4,
        number % 3,
        number % 3,
        number % 4,
        tuple(Outcome)[number % 4],
        CrmAction.RESET_LINK,
        number % 5 == 0,
    )
    for number in range(60)
]


class Page(HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, lines):
        super().__init__()
        self.tags, self.attributes, self.texts, self.open = [], [], [], []
        self.feed("\n".join(lines))

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in {"meta", "rect", "path", "circle"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in {"rect", "path", "circle"}:
            assert self.open.pop() == tag

    def handle_data(self, text):
        if "style" not in self.open:
            self.texts.append(text)


@pytest.fixture
def found(tmp_path):
    with filled(tmp_path / "history.db", ROWS) as store:
        yield collect_statistics(store, HistoryQuery()), store.search()


def test_it_has_the_numbers_and_the_rows(found):
    statistics, entries = found
    page = Page(html_report(MADE, statistics, entries))
    assert page.open == []
    assert page.tags.count("tr") >= 61
    text = " ".join(" ".join(page.texts).split())
    titles = ("Links per day", "Hours of the day", "Time until back in", "People with most links")
    for words in ("60", *titles, "only: since 2026-11-01", "half of them within"):
        assert words in text
    assert all(entry.request.name in text and entry.message in text for entry in entries)


@given(
    st.text(
        st.sampled_from("<>&\"'/ scriptonerror=") | st.characters(exclude_categories=["Cs", "Cc"]),
        max_size=60,
    )
)
def test_every_text_is_escaped(text):
    row = HistoryEntry(
        1, replace(request(), name=text, email=text, ticket=text), MADE.made_at, None, Outcome.SENT, text
    )
    plain = Page(html_report(MADE, EMPTY, [replace(row, request=request(), message="")]))
    page = Page(html_report(replace(MADE, query=text), EMPTY, [row]))
    assert (page.tags, page.open) == (plain.tags, [])
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert text.strip() in "".join(page.texts)


def test_it_loads_and_runs_nothing(found):
    page = Page(html_report(MADE, *found))
    whole = "\n".join(html_report(MADE, *found))
    assert not {"script", "link", "img", "iframe", "object", "base", "form", "a"} & set(page.tags)
    assert not re.search(r"https?:|//|@import|javascript:", whole.replace("image/svg", ""))
    assert set(re.findall(r"url\(([^)]*)", whole)) <= {"#hatched", "#crossed", "#dotted"}
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert "<style>:root {" in whole


def test_a_long_report_says_what_is_left_out(found, monkeypatch):
    monkeypatch.setattr(reports, "MOST_ROWS", 7)
    page = Page(html_report(MADE, *found))
    assert "Only the newest 7 are listed" in " ".join(page.texts)
    assert list(html_report(MADE, *found))[-2:] == ["</section>", "</main></body></html>"]
    assert page.open == []


def test_a_report_about_nothing_has_no_charts():
    page = Page(html_report(replace(MADE, query=""), EMPTY, []))
    assert [text for text in page.texts if "links" in text] == [
        "Reset links",
        "Password reset links",
        "no links",
        "links",
    ]
    assert page.tags.count("svg") == 1


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_a_browser_shows_it_and_runs_nothing_of_the_history(found, tmp_path):
    statistics, entries = found
    hostile = replace(entries[0], request=replace(entries[0].request, name=HOSTILE), message=HOSTILE)
    people = (RankedName(HOSTILE, 3), *statistics.people)
    page = tmp_path / "report.html"
    lines = html_report(
        replace(MADE, query=HOSTILE), replace(statistics, people=people), [hostile, *entries[1:]]
    )
    page.write_text("\n".join(lines), encoding="utf-8")
    dom = dom_of(page, tmp_path)
    assert "<title>Reset links</title>" in dom
    assert "<script" not in dom
    assert "<img" not in dom
    # In the words of the search, in the chart, as a name and as a message.
    assert dom.count("&lt;script&gt;document.title = ") == 4
    assert dom.count("<tr class=") == 60
    assert dom.count("<rect ") > 60
    light, dark = picture_of(page, tmp_path), picture_of(page, tmp_path, dark=True)
    assert int.from_bytes(light[16:20], "big") == 1000
    assert len(light) > 20_000
    assert light != dark


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_on_paper_the_charts_stand_upright_and_the_rows_have_the_width_they_need(found, tmp_path):
    statistics, entries = found
    page = tmp_path / "report.html"
    page.write_text("\n".join(html_report(MADE, statistics, entries)), encoding="utf-8")
    sizes = re.findall(rb"/MediaBox \[0 0 (\d+)[.\d]* (\d+)", printed(page, tmp_path))
    is_upright = [int(width) < int(height) for width, height in sizes]
    assert (is_upright[0], is_upright[-1]) == (True, False)
    assert is_upright == sorted(is_upright, reverse=True)


@pytest.fixture
def new_york():
    with local_time_of("America/New_York"):
        yield


@pytest.mark.usefixtures("new_york")
def test_a_report_is_drawn_and_written_as_the_sample():
    """To look at the sample: ``tests/history/report.html`` in a browser, though without its style sheet."""
    back = BackIn(MADE.made_at + timedelta(minutes=14), BackInProof.SIGN_IN)
    by_kim = request(os_user="kim", os_host="desk")
    entries = [
        HistoryEntry(3, by_kim, MADE.made_at, None, Outcome.SENT, "Sent.", back_in=back),
        HistoryEntry(2, request(name=""), MADE.made_at, None, Outcome.NOT_SENT, "", CrmAction.ENABLE_LOGIN),
    ]
    lines = [
        re.sub("<style>.*</style>", "", line, flags=re.DOTALL) for line in html_report(MADE, month(), entries)
    ]
    assert lines == SAMPLE.read_text(encoding="utf-8").splitlines()


def test_the_fills_of_bars_are_not_stretched(found):
    assert "preserveAspectRatio" not in "\n".join(html_report(MADE, *found))

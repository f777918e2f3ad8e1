"""The card beside or below the list, and the profile that is read into it."""

from datetime import UTC, datetime, timedelta

import pytest

from dazos_tui.crm.models import ProfileBlock, ProfileField
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.formatting import format_time
from dazos_tui.tui.layout import Pane
from dazos_tui.tui.list_columns import columns_for
from dazos_tui.tui.widgets.profile_fields import field_rows
from dazos_tui.tui.widgets.reflowed_rows import wrap_text
from tests.reset_requests import request_to
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def harbor(demo):
    yield demo.instance("harbor-prod")
    demo.instance("harbor-prod").faults.clear()


def remember(state, instance, harbor, user_name, *, ago, outcome=Outcome.SENT, ticket=""):
    """Put a reset into the history."""
    person = harbor.person(user_name)
    now = datetime.now(UTC) - ago
    request = request_to(person, instance, operator="kim", ticket=ticket)
    with HistoryStore(state / "history.db", clock=lambda: now) as store:
        store.record_outcome(store.record_request(request).id, outcome, "said")


async def test_before_anything_is_typed_the_card_says_how_things_are(demo, harbor, tmp_path):
    instance = demo_instance(demo)
    remember(tmp_path, instance, harbor, "odd.garcia", ago=timedelta(days=3))
    remember(tmp_path, instance, harbor, "dana.acorn", ago=timedelta(0), outcome=Outcome.UNKNOWN)
    async with at_desk(config_of(instance), tmp_path) as desk:
        await desk.loaded()
        await desk.sees(
            "─ Now ─", "Waiting 2 · F7", "3 d", "ask if still needed", "1 unknown", "? look first"
        )
        assert desk.text.index("ask if still needed") < desk.text.index("look first")
        await desk.type("garc")
        await desk.sees("─ Person · Enter ─", "Elena García")
        await desk.press("escape", "escape")
        await desk.sees("─ Now ─")


async def test_how_long_somebody_waits_does_not_touch_the_name(demo, harbor, tmp_path):
    instance = demo_instance(demo)
    waiting = {"odd.garcia": timedelta(hours=20, minutes=30), "dana.acorn": timedelta(minutes=40)}
    for user_name, ago in waiting.items():
        remember(tmp_path, instance, harbor, user_name, ago=ago)
    remember(tmp_path, instance, harbor, "hugo.copper", ago=timedelta(0))
    async with at_desk(config_of(instance), tmp_path) as desk:
        await desk.loaded()
        await desk.sees("< 1 min Hugo Copper", " min  Dana Acorn", "20 h 30 Elena García")
        await desk.sees("give the mail time", "ask if the mail came")


async def test_the_card_of_the_person_under_the_cursor_asks_the_crm_for_nothing(demo, harbor, tmp_path):
    instance = demo_instance(demo)
    remember(tmp_path, instance, harbor, "odd.garcia", ago=timedelta(days=40), outcome=Outcome.REFUSED)
    remember(tmp_path, instance, harbor, "odd.garcia", ago=timedelta(minutes=9), ticket="T-1042")
    async with at_desk(config_of(instance), tmp_path) as desk:
        await desk.loaded()
        before = len(harbor.requests)
        await desk.type("garcia")
        await desk.sees("odd.garcia · ● active · Case Manager", "Resets 2 · 1 not back in")
        await desk.sees("T-1042", "waiting 9 min", "refused", "Enter reads the whole profile now")
        await desk.settled()
        assert len(harbor.requests) == before
        await desk.open()
        await desk.sees("User Login & Role", "Last Name")
        assert len(harbor.requests) > before


async def test_the_card_acted_upon_is_the_one_under_the_cursor_however_fast_one_types(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("dana.acorn")
        await desk.open()
        await desk.press("escape")
        # No rest in between: the card has not followed by itself yet.
        for key in (*"garcia", "tab", "tab"):
            desk.send(key)
        await desk.until(lambda: desk.work.pane is Pane.PROFILE, "never in the card")
        assert desk.person_shown.user_name == "odd.garcia"
        await desk.press("s")
        await desk.asked("odd.garcia@harbor.example.com")


async def test_the_card_does_not_change_while_the_focus_is_in_it(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.open()
        shown = desk.work.panes.profile.user
        desk.work.panes.users.look_for("dana")
        await desk.settled()
        assert desk.work.panes.profile.user == shown
        await desk.press("escape")
        await desk.until(lambda: desk.person_shown.user_name == "dana.acorn", "the card stays")


async def test_enter_in_the_card_reads_the_profile_and_again_opens_what_is_folded(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.type("garcia")
        await desk.press("tab", "tab", "enter")
        await desk.until(lambda: desk.work.panes.profile.profile is not None, "no profile came")
        await desk.sees("▸ ")
        await desk.press("enter")
        await desk.sees_no("▸ ")
        await desk.press("enter")
        await desk.sees("▸ ")


async def test_the_list_shows_what_became_of_each_persons_last_link(demo, harbor, tmp_path):
    instance = demo_instance(demo)
    remember(tmp_path, instance, harbor, "odd.garcia", ago=timedelta(days=40))
    remember(tmp_path, instance, harbor, "dana.acorn", ago=timedelta(days=41), outcome=Outcome.REFUSED)
    async with at_desk(config_of(instance), tmp_path) as desk:
        await desk.loaded()
        row_of = lambda name: next(line for line in desk.text.splitlines() if name in line)  # noqa: E731
        date = format_time(datetime.now(UTC) - timedelta(days=40), datetime.now(UTC))
        assert f"✓ {date}" in row_of("● Elena García")
        assert "✗ 20" in row_of("● Dana Acorn")
        assert "inactive" in row_of("○ Gia Ferry")
        assert "✓" not in row_of("● Jo Anvil")


def test_the_columns_by_the_width():
    names = lambda *widths: [name for name, _ in columns_for(*widths)]  # noqa: E731
    assert names(40, 40) == ["name", "last"]
    assert names(58, 100) == ["name", "email", "last"]
    assert names(80, 80) == ["name", "email", "role", "last"]
    assert names(78, 130) == ["name", "email", "user_name", "last"]
    assert names(118, 200) == ["name", "email", "user_name", "role", "last"]
    for width in range(38, 140):
        assert sum(cells + 1 for _, cells in columns_for(width, width)) == width - 3


async def test_a_frame_has_the_environments_colour_only_where_the_crm_does_something(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.open()
        await desk.press("w")
        await desk.until(lambda: bool(desk.app.screen.query(".box")), "no box came")
        colours = desk.app.get_css_variables()
        [box] = desk.app.screen.query(".box")
        assert box.styles.border_top[1].hex.lower() == colours["secondary"].lower()


BLOCKS = (
    ProfileBlock(
        "Currency and numbers",
        (ProfileField("currency_id", "Currency", "USD"), ProfileField("x", "Empty", "")),
    ),
    ProfileBlock(
        "Sign-in",
        (
            ProfileField("user_name", "User Name", "ann"),
            ProfileField("email1", "Primary Email", "ann.bell@a-long-host.example.com"),
        ),
    ),
)


def test_what_a_sign_in_needs_comes_first_and_the_rest_is_a_row_a_block():
    rows = [row.plain for row in field_rows(BLOCKS, 50, all_open=False)]
    assert rows == [
        "",
        "Sign-in",
        "User Name     ann",
        "Primary Email ann.bell@a-long-host.example.com",
        "",
        "▸ Currency and numbers · 1",
    ]
    assert "Currency      USD" in [row.plain for row in field_rows(BLOCKS, 50, all_open=True)]


def test_an_address_that_fits_a_line_is_never_broken():
    rows = [row.plain for row in field_rows(BLOCKS, 36, all_open=False)]
    assert rows[3:5] == ["Primary Email", "  ann.bell@a-long-host.example.com"]


def test_only_a_word_that_fits_no_line_is_broken():
    assert list(wrap_text("to ann.bell@example.com now", 20)) == ["to", "ann.bell@example.com", "now"]
    assert list(wrap_text("x" * 25, 10)) == ["x" * 10, "x" * 10, "x" * 5]


def test_a_time_is_that_of_the_day_then_the_name_of_a_day_then_the_date():
    now = datetime(2026, 11, 28, 15, 0).astimezone()
    told = [format_time(now - timedelta(days=days), now) for days in (0, 1, 6, 7)]
    assert told == ["15:00", "Fri 15:00", "Sun 15:00", "2026-11-21"]
    assert format_time(now + timedelta(days=1), now) == "2026-11-29"
    assert format_time(now.replace(hour=0), now) == "00:00"

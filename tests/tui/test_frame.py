"""The box before a send at every size: a yes is only taken while all that it is about is on the screen."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App
from textual.geometry import Size
from textual.pilot import Pilot

import dazos_tui.tui.app
from dazos_tui.config.models import Environment, Instance
from dazos_tui.crm.models import MenuItem, MenuItemKind, Profile, Status, User
from dazos_tui.history.store import utc_now
from dazos_tui.resets.findings import OVERRIDABLE, Finding
from dazos_tui.resets.service import PreparedReset
from dazos_tui.tui.dialogs import confirm_guard
from dazos_tui.tui.dialogs.confirm import ConfirmDialog
from dazos_tui.tui.dialogs.guarded_layout import GuardedContent, GuardedView, KeyHint, layout_rows
from dazos_tui.tui.target import ResetTarget
from dazos_tui.tui.theme_controller import ThemeController
from dazos_tui.tui.theming.themes import ENVIRONMENT_COLOURS
from tests.patience import patience
from tests.tui.quick_textual import strips_of

LENGTHS = [5, 24, 60, 150, 254, 464, 900]
"""Letters in an e-mail: 254 is the most that can be sent to (RFC 5321), the last ones cannot be one."""

STOP = "The role “No Access” may not sign in: a link does not help, the role must be changed in the browser."
NOTE = "A link was requested before: tell the person to use only the newest mail."


def email_of(length: int) -> str:
    return f"{'a-name.' * 200}"[: length - 4] + "@a.b"


def inside(rows: Iterable[str]) -> str:
    """Return the text in the frame, without its lines, as one piece without spaces."""
    return "".join(row[2:-2].strip() for row in rows).replace(" ", "")


def content_of(email: str, stops: int, notes: int) -> GuardedContent:
    return GuardedContent(
        "Send a reset link?", "Send?", "production", "Elena García", email, "harbor-prod · crm.example.com",
        "elena.garcia", "active · Case Manager", stops=(STOP,) * stops, notes=(NOTE,) * notes, asks=True,
        undone="Not sent yet.", question="Send despite it?",
    )  # fmt: skip


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(("stops", "notes"), [(0, 0), (0, 1), (0, 5), (1, 0), (2, 0), (2, 3), (5, 0)])
def test_what_it_is_about_is_whole_at_every_size_or_nothing_can_be_answered(length, stops, notes):
    content = content_of(email_of(length), stops, notes)
    hints = (
        KeyHint("A", "send anyway", "send"),
        KeyHint("e", "enable login first", "enable first"),
        KeyHint("Esc", "cancel"),
    )
    for width in (*range(40, 121, 4), 45, 65, 66, 67):
        for height in (*range(15, 41, 3), 16, 20):
            layout = layout_rows(content, Size(width, height), GuardedView(stop=stops))
            rows = [row.plain for row in (*layout.head, *layout.foot, layout.keys(hints, ready=True)[0])]
            assert {cell_len(row) for row in rows} == {layout.width}
            assert layout.width <= width
            assert len(rows) + layout.has_ticket_row <= height - 2
            assert "PRODUCTION" in rows[0]
            assert "Esc cancel" in rows[-1]
            if layout.fits:
                email_rows = -(-length // (layout.width - 4))
                assert email_rows <= 4
                assert inside(rows[2 : 2 + email_rows]) == content.email
                assert "harbor-prod·crm.example.com" in inside(rows)
            else:
                assert length > 4 * (width - 4) or height < 22


@pytest.mark.parametrize("length", [5, 24, 60, 144])
def test_at_the_least_size_an_address_of_a_usual_length_can_be_sent_to(length):
    layout = layout_rows(content_of(email_of(length), 2, 1), Size(40, 15), GuardedView())
    assert layout.fits


@pytest.mark.parametrize("size", [(40, 15), (45, 20), (80, 24), (120, 40)])
def test_each_row_of_each_stop_was_in_sight_before_the_question_is_asked(size):
    stops = tuple(f"Stop {number}: {'word ' * 40}end{number}." for number in range(3))
    content = replace(content_of("a@example.com", 0, 2), stops=stops)
    view, seen = GuardedView(), []
    while True:
        layout = layout_rows(content, Size(*size), view)
        shown = [row.plain for row in (*layout.head, *layout.foot)]
        seen += shown
        if layout.following is None:
            break
        assert not any("Send despite" in row for row in shown)
        view = layout.following
    assert any("Send despite" in row for row in shown)
    text = inside(seen)
    assert all(f"Stop{number}" in text and f"end{number}." in text for number in range(3))


INSTANCE = Instance(
    name="harbor-prod", url="https://crm.example.com/", environment=Environment.PRODUCTION, username="me"
)


def check_of(email: str, codes: Sequence[str]) -> PreparedReset:
    user = User("7", "elena.garcia", "Elena García", email, "Case Manager", Status.ACTIVE, admin=False)
    item = MenuItem("Send Reset Link", MenuItemKind.SEND_RESET_LINK, "index.php", user.id)
    findings = tuple(Finding(code, STOP if code in OVERRIDABLE else NOTE) for code in codes)
    return PreparedReset(INSTANCE, Profile(user, (), (item,)), item, None, findings)


class Stage(App[None]):
    """An app that shows nothing but a box."""

    CSS_PATH = Path(dazos_tui.tui.app.__file__).parent / "styles" / "app.tcss"

    def __init__(self):
        super().__init__()
        self.theming = ThemeController(self, lambda: None)

    def get_theme_variable_defaults(self):
        return ENVIRONMENT_COLOURS

    @property
    def rows(self):
        """Return what is on the screen, as the compositor draws it."""
        return [strip.text for strip in strips_of(self)]


codes = st.lists(st.sampled_from([*sorted(OVERRIDABLE), "sent_before", "by_form"]), max_size=5, unique=True)


@pytest.fixture(scope="module", autouse=True)
def _no_reading():
    """Have a box be armed as soon as it is drawn: nobody types ahead here."""
    before = confirm_guard.READING_SECONDS, confirm_guard.KEY_REPEAT_SECONDS
    confirm_guard.READING_SECONDS = confirm_guard.KEY_REPEAT_SECONDS = 0.01
    yield
    confirm_guard.READING_SECONDS, confirm_guard.KEY_REPEAT_SECONDS = before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(40, 120), st.integers(15, 40), st.integers(5, 900), codes)
async def test_while_a_key_is_armed_all_fixed_parts_are_on_the_screen(width, height, length, codes):
    check, app = check_of(email_of(length), codes), Stage()
    async with app.run_test(size=(width, height), notifications=True) as pilot:
        user = check.profile.user
        box = ConfirmDialog(INSTANCE, ResetTarget.of_user(user))
        await app.push_screen(box)
        box.show_check(check)
        for _ in range(12):
            await settled(pilot, box)
            rows = [row for row in app.rows if row.strip().startswith(("╭", "│", "├", "╰"))]
            shown = inside(row.strip() for row in rows)
            if not box.confirm_key:
                assert "makethewindowlarger" in rows[-1].replace(" ", "")
                return
            assert user.email in shown
            assert "ElenaGarcía" in shown
            assert "harbor-prod·crm.example.com" in shown
            assert " PRODUCTION " in rows[0]
            assert f"{box.confirm_key} " in rows[-1]
            assert "Esc cancel" in rows[-1]
            if box.confirm_key == "A" or not check.overridable:
                return
            while box.guard.is_key_repeat("y"):
                await pilot.pause(0.01)
            await pilot.press("y")
        pytest.fail("the question was never asked")


def text_of(app: App[Any]) -> str:
    """Return the screen as lines of plain text."""
    return "\n".join(strip.text for strip in strips_of(app))


async def settled(pilot: Pilot[None], box: ConfirmDialog) -> None:
    """Wait until the box shows what its check found, and takes a key if there is one to take."""
    deadline = utc_now() + timedelta(seconds=patience(8))
    while not box.guard.is_armed or "Reading the profile" in text_of(box.app):
        assert utc_now() < deadline, text_of(box.app)
        await pilot.pause()

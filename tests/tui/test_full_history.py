"""The whole history: rows by day, a search as one types, the course of a send, and what a row offers."""

import csv
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import asynccontextmanager, closing

import pytest

from dazos_tui.config.keymap_table import KeyTable
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import Outcome
from dazos_tui.tui.dialogs.guarded_dialog import GuardedDialog
from tests.support import demo_config_of
from tests.tui.app_driver import at_desk
from tests.tui.past import DAY, HOUR, MINUTE, past, three_days
from tests.tui.test_copying import copied

__all__ = ["copied"]

NEWEST_FIRST = [
    "Bea Amber", "Omar O'Brien", "Elena Garcet", "Ben Hazel", "Ivo Lantern", "Bea Amber", "Gus Saffron",
]  # fmt: skip


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def desk_with(demo, tmp_path):
    """Return the way to open the whole history of a state folder."""

    @asynccontextmanager
    async def opened(size=(120, 40)):
        async with at_desk(demo_config_of(demo), tmp_path, instance="harbor-prod", size=size) as desk:
            await desk.loaded()
            await desk.open_full_history()
            yield desk

    return opened


# -- rows ---------------------------------------------------------------------------------------------


async def test_rows_are_by_day_with_a_heading_and_totals(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        page = desk.full_history
        await page.shows("── Yesterday ── 3 sent · 1 not sent ──")
        assert [row.split()[0] for row in page.rows] == [
            "12:03", "12:02", "12:01", "12:00", "12:01", "12:00", "12:00",
        ]  # fmt: skip
        assert page.names == NEWEST_FIRST
        assert [line.count("──") for line in page.lines].count(3) == 3
        await desk.sees(
            "7 rows", "4 sent · 1 refused · 1 not sent · 1 unknown", "2 back in, half of them within"
        )


@pytest.mark.parametrize("size", [(120, 40), (100, 30), (80, 24), (45, 20), (40, 15)], ids=str)
async def test_what_a_row_says_at_each_size(demo, tmp_path, desk_with, size):
    three_days(tmp_path, demo)
    width, height = size
    async with desk_with(size=size) as desk:
        page = desk.full_history
        await page.shows("Omar O'Brien", "Yesterday")
        row = next(row for row in page.rows if "Omar" in row)
        assert ("✓ sent" in row, "omar.o'brien@example.com" in row) == (width >= 70, width >= 100)
        assert ("harbor-prod" in row) is (width >= 115)
        assert row.endswith("in 3 min")
        assert ("Time   Outcome" in desk.text) is (width >= 70)
        await page.detail_shows(
            "Bea Amber", "bea.amber@example.com" if width < 100 else "asked for by kim.lead"
        )
        assert all(len(line) <= width for line in desk.lines)
        assert len(desk.lines) == height
        assert "? Help" in desk.lines[-1]


async def test_every_row_is_reachable_and_the_heading_of_the_topmost_day_stays(demo, tmp_path, desk_with):
    with past(tmp_path, demo) as write:
        for number in range(450):
            write.sent(f"Person {number:03}", write.noon - 30 * DAY + number * MINUTE)
        write.sent("Last One", write.noon)
    async with desk_with(size=(80, 24)) as desk:
        page = desk.full_history
        await page.shows("Last One", "Person 449")
        await desk.press("end")
        await page.shows("Person 000")
        assert page.cursor_name == "Person 000"
        assert page.lines[0].startswith("── ")
        await desk.press("pageup", "pageup")
        await page.shows("Person 020")
        await desk.press("home")
        await page.shows("Last One")
        assert page.lines[0].startswith("── Yesterday ──")


async def test_the_cursor_passes_headings(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        page = desk.full_history
        seen = [page.cursor_name]
        for _ in range(6):
            await desk.press("down")
            seen.append(page.cursor_name)
        assert seen == NEWEST_FIRST
        await desk.press("up", "up")
        assert page.cursor_name == "Ivo Lantern"


async def test_a_step_of_the_cursor_changes_two_rows(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        await desk.full_history.detail_shows("Bea Amber")
        await desk.settled()
        before = [list(strip) for strip in desk.strips]
        await desk.press("down")
        after = [list(strip) for strip in desk.strips]
        # Before the cursor rests, nothing but the two rows.
        assert sum(old != new for old, new in zip(before, after, strict=True)) == 2
        await desk.full_history.detail_shows("Omar O'Brien", "back in 3 min")


async def test_sorted_by_a_column_rows_have_dates_and_no_headings(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        page = desk.full_history
        await desk.press("c")
        await desk.sees("Sort the history by", "Time, by day ▼")
        await desk.press("down", "down", "enter")
        await desk.sees("Person ▲")
        await page.up_to_date()
        assert page.names == sorted(NEWEST_FIRST)
        assert not any(line.startswith("──") for line in page.lines)
        assert all(row.lstrip().startswith("20") for row in page.rows)
        await desk.click("Person ▲")
        await desk.sees("Person ▼")
        await page.up_to_date()
        assert page.names == sorted(NEWEST_FIRST, reverse=True)
        await desk.click("Time")
        await page.shows("Yesterday")


async def test_all_instances_or_this_one(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        page = desk.full_history
        await desk.sees("History · all instances")
        await desk.press("a")
        await desk.sees("History · this instance", "6 rows")
        assert "Ben Hazel" not in page.names
        await desk.press("a")
        await desk.sees("7 rows")


async def test_a_row_recorded_meanwhile_appears_and_the_cursor_stays(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        page = desk.full_history
        await desk.press("down", "down")
        assert page.cursor_name == "Elena Garcet"
        with past(tmp_path, demo) as write:
            write.sent("Zoe New", write.now)
        desk.work.show_history()
        await page.shows("Zoe New", "── Today ── 1 sent ──")
        assert page.cursor_name == "Elena Garcet"


# -- searching ----------------------------------------------------------------------------------------


async def test_typing_searches_in_the_language_of_the_command_line(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        page = desk.full_history
        for typed, names in (
            ("amber", ["Bea Amber", "Bea Amber"]),
            ("amber ticket:1007", ["Bea Amber"]),
            ("outcome:unknown", ["Ivo Lantern"]),
            ("by:demo", ["Gus Saffron"]),
            ("instance:summit", ["Ben Hazel"]),
            ("since:3d -amber outcome:sent", ["Omar O'Brien", "Elena Garcet"]),
        ):
            await page.search(typed)
            assert page.names == names
            await desk.sees(f"{len(names)} of 7")


async def test_a_term_that_is_not_understood_is_named_and_the_rows_stay(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        page = desk.full_history
        await page.search("amber")
        await desk.type(" outcome:lost")
        await desk.sees("“outcome:” takes sent, refused, not-sent or unknown")
        assert page.names == ["Bea Amber", "Bea Amber"]
        await desk.press(*["backspace"] * len(" outcome:lost"))
        await desk.sees_no("takes sent")
        await page.search("ticked:7")
        await desk.sees("There is no field “ticked”", "Nothing matches. Esc clears the search.")


async def test_enter_waits_for_the_rows_of_what_was_typed(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        await desk.press("/", *"garcet", "enter")
        await desk.sees("Reset · sent", "elena.garcet@example.com")


async def test_arrows_move_in_the_rows_while_one_types(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        await desk.full_history.search("amber")
        await desk.press("down")
        await desk.full_history.detail_shows("T-1007")
        await desk.press("enter")
        await desk.sees("T-1007", "Reset · sent")


async def test_pasting_in_the_rows_searches_for_it(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        desk.paste("T-1042")
        await desk.until(lambda: desk.full_history.names == ["Elena Garcet"], "it is not searched for")
        assert desk.work.panes.users.typed == ""


async def test_esc_clears_the_search_then_leaves_and_the_way_back_is_as_it_was(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        page = desk.full_history
        await page.search("zzz")
        await desk.sees("Nothing matches. Esc clears the search.")
        await desk.press("escape")
        await desk.sees("7 rows")
        await page.search("garcet")
        await desk.press("tab", "escape")
        await desk.until(lambda: not page.is_shown, "it stays")
        assert desk.focus == "users"
        await desk.press("H")
        await desk.until(lambda: page.is_shown, "it does not come back")
        await desk.sees("1 of 7")
        assert page.cursor_name == "Elena Garcet"
        await desk.press("H")
        await desk.until(lambda: not page.is_shown, "it stays")


async def test_h_in_the_pane_opens_the_whole_history_and_goes_back_to_the_pane(demo, tmp_path):
    three_days(tmp_path, demo)
    async with at_desk(demo_config_of(demo), tmp_path, instance="harbor-prod") as desk:
        await desk.loaded()
        await desk.press("f3", "f3")
        await desk.full_history.shows("Yesterday")
        await desk.press("h")
        await desk.until(lambda: not desk.full_history.is_shown, "it stays")
        assert desk.focus == "history"


# -- one row ------------------------------------------------------------------------------------------


async def test_the_detail_is_the_whole_course_of_a_send(demo, tmp_path, desk_with):
    with past(tmp_path, demo) as write:
        first = write.sent("Elena Garcet", write.noon, Outcome.UNKNOWN, ticket="T-1042")
        again = write.sent("Elena Garcet", write.noon + HOUR, back=2 * HOUR)
    async with desk_with() as desk:
        page = desk.full_history
        await page.detail_shows(
            "Row 1 of 2 · Elena Garcet <elena.garcet@example.com> · harbor-prod PRODUCTION", f"no. {again}"
        )
        await page.detail_shows(
            "13:00:00 asked for by kim.lead", "sent Reset Password Instruction", "back in 2 h"
        )
        await desk.press("down")
        await page.detail_shows(
            f"no. {first}", "12:00:00 asked for by kim.lead, ticket T-1042",
            "unknown No answer within 30 seconds", f"13:00:00 again: sent by kim.lead (no. {again})",
        )  # fmt: skip


async def test_an_open_end_names_the_next_step(demo, tmp_path, desk_with):
    with past(tmp_path, demo) as write:
        write.sent("Ivo Lantern", write.noon, Outcome.UNKNOWN)
    async with desk_with() as desk:
        await desk.full_history.detail_shows("not seen to be back in", "ask whether a mail came")


async def test_p_goes_to_the_person_in_the_list(demo, tmp_path, desk_with):
    person = demo.instance("harbor-prod").person("dana.acorn")
    with past(tmp_path, demo) as write:
        write.sent("Dana Acorn", write.noon)
    async with desk_with() as desk:
        await desk.press("p")
        await desk.until(lambda: desk.work.panes.profile.profile is not None, "no profile came")
        assert desk.person_shown.id == str(person.id)
        assert desk.work.panes.users.typed == "dana.acorn"
        assert not desk.full_history.is_shown


async def test_a_row_of_another_instance_offers_to_go_there(demo, tmp_path, desk_with):
    with past(tmp_path, demo) as write:
        write.sent("Ben Hazel", write.noon, instance="summit-prod")
    async with desk_with() as desk:
        for key in ("s", "w", "v", "o", "p"):
            await desk.press(key)
            await desk.sees("This row is of summit-prod", "Stay in harbor-prod")
            await desk.press("escape")
            await desk.sees_no("This row is of")
        await desk.press("p", "enter")
        await desk.until(lambda: desk.work.jobs.instance.name == "summit-prod", "it stays")
        await desk.until(lambda: desk.work.panes.users.typed == "ben.hazel", "nobody is searched for")


async def test_s_asks_before_it_sends_again_and_the_outcome_is_shown(demo, tmp_path, desk_with):
    with past(tmp_path, demo) as write:
        write.sent("Dana Acorn", write.noon)
    async with desk_with() as desk:
        await desk.press("s")
        await desk.asked("Send a reset link?", "dana.acorn@harbor.example.com")
        # The address in the row is another one than that in the CRM.
        await desk.confirm_despite_warnings()
        await desk.sees("Success")
        await desk.press("tab", "H")
        await desk.full_history.shows("── Today ── 1 sent ──")


async def test_n_shows_the_note_also_of_another_instance_and_v_says_why_not(demo, tmp_path, desk_with):
    with past(tmp_path, demo) as write:
        write.sent("Ben Hazel", write.noon, Outcome.NOT_SENT, instance="summit-prod", ticket="T-1039")
    async with desk_with() as desk:
        await desk.press("n")
        await desk.sees("Note for T-1039")
        await desk.press("escape", "v")
        await desk.sees("not a link whose sign-in is awaited")


async def test_no_key_acts_on_the_person_behind(demo, tmp_path, desk_with):
    async with desk_with() as desk:
        await desk.press("escape")
        await desk.filter("dana.acorn")
        await desk.open()
        await desk.press("H")
        for key in ("s", "m", "w", "o", "y", "Y", "n", "p", "enter"):
            await desk.press(key)
            assert not isinstance(desk.app.screen, GuardedDialog)
            assert desk.app.screen is desk.work
        await desk.press("z")
        await desk.sees("Nothing else is shown beside")


# -- taking rows out ----------------------------------------------------------------------------------


async def test_y_copies_a_row_and_the_menu_all_rows_as_a_table(demo, tmp_path, desk_with, copied):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        await desk.full_history.search("ticket:1042")
        await desk.press("tab", "y")
        await desk.until(
            lambda: copied.exists() and "Elena Garcet <elena" in copied.read_text(), "not copied"
        )
        copied.unlink()
        await desk.full_history.search("amber")
        await desk.press("tab", "Y")
        await desk.sees("All 2 rows, as a table for the ticket")
        await desk.press("down", "enter")
        await desk.until(copied.exists, "nothing was copied")
        await desk.sees("All 2 rows, as a table", "Copied into tmux's buffer")
        lines = copied.read_text().splitlines()
        assert lines[0].startswith("| Time ")
        assert len({len(line) for line in lines}) == 1
        assert [line.split("|")[7].strip() for line in lines[2:]] == ["T-1050", "T-1007"]


async def test_of_one_row_it_is_not_said_that_all_rows_are_taken(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        await desk.full_history.search("ticket:1042")
        await desk.press("tab", "e")
        await desk.sees("The row goes to a new file")
        await desk.press("escape", "Y")
        await desk.sees("One row, as a table for the ticket")


@pytest.mark.parametrize(("downs", "end"), [(0, "csv"), (1, "jsonl")])
async def test_what_is_found_is_exported_to_a_private_file_that_is_named(
    demo, tmp_path, desk_with, downs, end
):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        await desk.full_history.search("amber")
        await desk.press("tab", "e")
        await desk.sees("Export the rows found", "All 2 rows go to a new file")
        await desk.press(*["down"] * downs, "enter")
        await desk.sees("2 rows exported")
        [path] = (tmp_path / "exports").iterdir()
        assert path.suffix == f".{end}"
        assert any(path.name in "".join(toast.split()) for toast in desk.toasts)
        assert path.stat().st_mode & 0o777 == 0o600
        lines = path.read_text().splitlines()
        rows = list(csv.DictReader(lines)) if end == "csv" else [json.loads(line) for line in lines]
        assert [row["ticket"] for row in rows] == ["T-1050", "T-1007"]


async def test_an_export_that_fails_says_why_and_leaves_nothing(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    (tmp_path / "exports").write_text("in the way")
    async with desk_with() as desk:
        await desk.press("e", "enter")
        await desk.sees("Could not export the rows")
        assert (tmp_path / "exports").read_text() == "in the way"
        assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]  # noqa: PTH208


# -- charts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (45, 20), (40, 15)], ids=str)
async def test_t_shows_the_statistics_of_what_was_found_and_the_rows_again(demo, tmp_path, desk_with, size):
    three_days(tmp_path, demo)
    async with desk_with(size=size) as desk:
        await desk.press("t")
        await desk.sees("Links per day", "Yesterday", "█ sent", "▓ refused, not sent", "░ unknown")
        assert "t Rows" in desk.lines[-1]
        await desk.press("g")
        await desk.sees("Links per week")
        await desk.press("end")
        await desk.sees("Instances" if size[0] < 120 else "Most often: people")
        await desk.press("t")
        await desk.full_history.shows("Yesterday")
        assert desk.focus == "history-table"
        assert "t Rows" not in desk.text


async def test_charts_follow_the_search(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        await desk.press("t")
        await desk.sees("Gus Saffron")
        await desk.full_history.search("amber")
        await desk.sees_no("Gus Saffron")
        await desk.sees("2 links   2 sent")
        await desk.full_history.search("zzz")
        await desk.sees("Nothing matches")


async def test_over_charts_no_key_acts_on_a_row_that_is_hidden(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        await desk.press("t")
        for key in ("s", "n", "p", "y", "enter"):
            await desk.press(key)
            assert desk.app.screen is desk.work
        await desk.sees("Go to the rows first: t.")


# -- when there is nothing, or something is wrong ------------------------------------------------------


async def test_an_empty_history_says_how_to_begin(demo, tmp_path, desk_with):
    async with desk_with() as desk:
        await desk.sees("No link requested yet: s on a person sends one.", "0 rows")
        await desk.press("e")
        await desk.sees("There is no row to export.")
        await desk.press("t")
        await desk.sees("No link requested yet")


async def test_its_sentences_name_the_configured_keys(demo, tmp_path):
    config = demo_config_of(demo).model_copy(
        update={"keys": KeyTable.model_validate({"send": "x", "back": "ctrl+t"})}
    )
    async with at_desk(config, tmp_path, instance="harbor-prod") as desk:
        await desk.loaded()
        page = await desk.open_full_history()
        await desk.sees("No link requested yet: x on a person sends one.")
        await page.search("zzz")
        await desk.sees("Nothing matches. Ctrl+T clears the search.")


async def test_a_history_that_cannot_be_read_says_why(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        with closing(sqlite3.connect(tmp_path / "history.db")) as database:
            database.execute("ALTER TABLE resets RENAME TO gone")
        await desk.press("r")
        await desk.sees("“dazos-tui history” on the command line says more.")
        await desk.press("t", "t", "escape")
        await desk.until(lambda: not desk.full_history.is_shown, "it stays")


async def test_hostile_text_stays_text(demo, tmp_path, desk_with):
    name = "[bold]Eve[/] \x1b[31m=1+1 \u202egnp"
    with past(tmp_path, demo) as write:
        write.sent(name, write.noon, ticket="[red]T|1[/]", message="<b>no</b> [link=x]\x07", operator="a[/]")
    async with desk_with() as desk:
        page = desk.full_history
        await page.shows("[bold]Eve[/]", "[red]T|")
        await page.detail_shows("asked for by a[/], ticket [red]T|1[/]", "<b>no</b> [link=x]")
        await desk.press("t")
        await desk.sees("[bold]Eve[/]", "a[/]")
        assert not {"\x1b", "\x07", "\u202e"} & set(desk.text)
        await desk.press("t", "enter")
        await desk.sees("[red]T|1[/]", "History no.")


async def test_too_small_covers_it_and_nothing_is_lost(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        await desk.full_history.search("amber")
        await desk.pilot.resize_terminal(39, 14)
        await desk.sees("Too small")
        await desk.pilot.resize_terminal(80, 24)
        await desk.sees("2 of 7")


async def test_the_lock_closes_it(demo, tmp_path, desk_with):
    three_days(tmp_path, demo)
    async with desk_with() as desk:
        await desk.app.idle_lock.lock()
        await desk.sees("Signed out")
        assert "Bea Amber" not in desk.text


async def test_a_profile_lists_all_sends_of_the_person_newest_first(demo, tmp_path):
    with past(tmp_path, demo) as write:
        for number in reversed(range(7)):
            write.sent("Dana Acorn", write.noon - number * DAY - 20 * DAY, ticket=f"T-{number}")
    async with at_desk(demo_config_of(demo), tmp_path, instance="harbor-prod") as desk:
        await desk.loaded()
        await desk.filter("dana.acorn")
        await desk.sees("Resets 7", "T-3", "… 3 earlier in the whole history")
        await desk.open()
        panel = desk.work.panes.profile
        shown = lambda: "\n".join(strip.text for strip in desk.crop(panel.region))  # noqa: E731
        await desk.until(lambda: "T-6" in shown(), "the oldest is never shown")
        places = [shown().index(f"T-{number}") for number in range(7)]
        assert places == sorted(places)

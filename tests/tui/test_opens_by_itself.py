"""Boxes that open by themselves take no letter of what somebody is typing."""

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from textual.screen import ModalScreen
from textual.widgets import Input

import dazos_tui.tui
from dazos_tui.crm.models import Challenge, ChallengeField, ChallengeFieldKind
from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.dialogs.challenge import ChallengeDialog
from dazos_tui.tui.dialogs.copyable_text import CopyableTextDialog
from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.dialogs.instance_picker import InstancePicker
from dazos_tui.tui.dialogs.keep_people import KeepPeopleDialog
from dazos_tui.tui.dialogs.message import MessageDialog
from dazos_tui.tui.dialogs.note import NoteDialog
from dazos_tui.tui.dialogs.sign_in import SignInDialog
from dazos_tui.tui.dialogs.welcome import WelcomeDialog
from tests.support import config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk

TYPED = "ynmhqcdaesvofwgxzliprtubYNQ 1?/-.@"
"""Each key that means something in some box, and more."""

TICK = Challenge(
    "Terms", (ChallengeField("ok", "I agree", ChallengeFieldKind.CHECKBOX, choices=(("1", "yes"),)),)
)
CODE = Challenge("", (ChallengeField("code", "Code", ChallengeFieldKind.TEXT),))


def note(config):
    return NoteDialog("Note", lambda masked: "A link was sent.", None, config, opens_by_itself=True)


def picker(config):
    box = InstancePicker([*config.instances.values()], changes=True)
    # As where nothing is open yet.
    box.opens_by_itself = True
    return box


BY_ITSELF = {
    "message": lambda config: MessageDialog("Not signed in", "Nobody answers.", "Try again."),
    "note": note,
    "address": lambda config: CopyableTextDialog(
        "Open in your browser", "https://example.com/", opens_by_itself=True
    ),
    "sign-in": lambda config: SignInDialog(config.instances["harbor-prod"]),
    "code": lambda config: ChallengeDialog(config.instances["harbor-prod"], CODE),
    "terms": lambda config: ChallengeDialog(config.instances["harbor-prod"], TICK),
    "picker": picker,
    "welcome": lambda config: WelcomeDialog(Path("/somewhere/config.toml")),
    "kept lists": lambda config: KeepPeopleDialog(),
}
"""Every box that opens by itself, made as the app makes it."""

ASKED_FOR = {
    "AddInstanceDialog", "ConfirmDialog", "CopyMenu", "EnableLoginDialog", "HistoryEntryDialog",
    "FindUserDialog", "HelpDialog", "MoreMenuDialog", "PaletteDialog", "RemoveInstanceDialog",
    "ConfirmBackInDialog", "OtherInstanceDialog", "SortOrderDialog", "TeachDialog",
    "ThemePicker", "TicketDialog", "TroubleshooterDialog", "WaitingDialog",
    "PlanDialog", "ProgressDialog", "ReportDialog",
}  # fmt: skip
"""Boxes that open only by a key pressed for them: their letters are theirs."""

BASES = {
    "Dialog",
    "CopyableDialog",
    "ChoiceDialog",
    "GuardedDialog",
    "SearchBox",
    "YesNoDialog",
    "BatchScreen",
}
"""Classes that no box is made of as they are."""


def boxes(base=ModalScreen):
    """Yield every class of box that there is, the given one first."""
    yield base
    for kind in base.__subclasses__():
        yield from boxes(kind)


def test_every_box_is_known_to_open_by_itself_or_to_be_asked_for():
    for module in pkgutil.walk_packages(dazos_tui.tui.__path__, "dazos_tui.tui."):
        import_module(module.name)
    ours = {kind for kind in boxes() if kind.__module__.startswith("dazos_tui")}
    by_itself = {
        MessageDialog, NoteDialog, CopyableTextDialog, SignInDialog,
        ChallengeDialog, InstancePicker, WelcomeDialog, KeepPeopleDialog,
    }  # fmt: skip
    assert {kind.__name__ for kind in ours} == BASES | ASKED_FOR | {kind.__name__ for kind in by_itself}
    assert all(issubclass(kind, Dialog) for kind in ours)
    assert {kind for kind in ours if kind.opens_by_itself or kind.yields_to_typing} <= by_itself


@pytest.fixture
def config():
    with DemoServer(users=45) as demo:
        yield config_of(demo_instance(demo))


@pytest.fixture
async def desk(config, tmp_path):
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        yield desk


async def opened(desk: Desk, box: Dialog[Any]) -> list[object]:
    """Have a box open by itself over the filter, a while after the last letter was typed."""
    answers: list[object] = []
    desk.app.push_screen(box, answers.append)
    await desk.until(lambda: desk.app.screen is box and box.focused is not None, "it never opened")
    await desk.pauses()
    return answers


@pytest.mark.parametrize("kind", BY_ITSELF)
async def test_no_letter_does_anything_in_it_and_none_is_lost(desk, config, kind):
    box = BY_ITSELF[kind](config)
    assert box.opens_by_itself
    answers = await opened(desk, box)
    first = type(box.focused)
    yields, fields = box.yields_to_typing, box.query(Input)
    await desk.type(TYPED)
    assert [answer for answer in answers if answer is not None] == []
    assert "terminal's clipboard" not in desk.text
    if yields:
        assert desk.work.panes.users.typed == TYPED
    else:
        assert desk.app.screen is box
        assert type(box.focused) is first
        assert desk.work.panes.users.typed == ""
        assert [field.value for field in fields] in ([], [TYPED])


@pytest.mark.parametrize("kind", ["message", "note", "address"])
async def test_a_correction_and_a_pasted_name_go_to_the_filter_too(desk, config, kind):
    box = BY_ITSELF[kind](config)
    desk.work.panes.users.look_for("annn")
    await opened(desk, box)
    await desk.press("backspace")
    desk.paste("bell\nand more")
    await desk.until(lambda: desk.work.panes.users.typed == "annbell", "not what was typed")


async def test_an_error_stays_and_says_where_the_letters_went(desk, config):
    box = BY_ITSELF["message"](config)
    await opened(desk, box)
    await desk.type("yara")
    await desk.sees("Nobody answers.", "Typed behind this dialog: yara")
    # An Enter at the end of a name does not close what was not read yet.
    await desk.press("enter")
    assert desk.app.screen is box
    await desk.pauses()
    await desk.press("enter")
    assert desk.app.screen is desk.work


@pytest.mark.parametrize("size", [(45, 20), (40, 15)])
@pytest.mark.parametrize("kind", ["message", "note", "address"])
async def test_its_buttons_are_whole_on_a_narrow_terminal(config, tmp_path, kind, size):
    async with at_desk(config, tmp_path, size=size) as desk:
        await desk.loaded()
        await opened(desk, BY_ITSELF[kind](config))
        await desk.sees("Copy (^y)", "Close (Esc)")
        await desk.press("tab")
        await desk.sees("Copy (y)", "Close (Esc)")


async def test_a_note_closes_when_the_user_types(desk, config):
    await opened(desk, note(config))
    await desk.sees("A link was sent.")
    await desk.type("yara")
    assert desk.app.screen is desk.work
    assert desk.work.panes.users.typed == "yara"


@pytest.mark.parametrize("kind", ["message", "note", "address"])
@pytest.mark.parametrize("way", [("ctrl+y",), ("tab", "y"), ("right", "y")])
async def test_what_it_shows_is_copied_with_a_key_that_begins_no_name(desk, config, kind, way):
    await opened(desk, BY_ITSELF[kind](config))
    await desk.sees("Copy (^y)")
    await desk.press(*way)
    await desk.sees("Sent to your terminal's clipboard")
    assert desk.work.panes.users.typed == ""


@pytest.mark.parametrize("kind", ["message", "note", "address"])
async def test_its_letters_act_and_are_named_once_one_of_its_buttons_was_gone_to(desk, config, kind):
    await opened(desk, BY_ITSELF[kind](config))
    await desk.press("tab")
    await desk.sees("Copy (y)")
    await desk.press("q")
    assert desk.app.screen is desk.work
    assert desk.work.panes.users.typed == ""


async def test_letters_are_dropped_if_no_field_was_in_use(desk, config):
    await desk.press("f3")
    box = BY_ITSELF["message"](config)
    await opened(desk, box)
    await desk.type("sy")
    assert desk.app.screen is box
    assert desk.work.panes.users.typed == ""


async def test_over_another_box_they_go_to_its_field_and_never_to_a_password(desk, config):
    picker = BY_ITSELF["picker"](config)
    await opened(desk, picker)
    await opened(desk, BY_ITSELF["message"](config))
    await desk.type("har")
    assert picker.query_one(Input).value == "har"
    await desk.press("escape", "escape")
    sign_in = BY_ITSELF["sign-in"](config)
    await opened(desk, sign_in)
    await opened(desk, BY_ITSELF["message"](config))
    await desk.type("har")
    assert sign_in.query_one(Input).value == ""
    assert desk.work.panes.users.typed == ""

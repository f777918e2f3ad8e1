"""Choosing among two hundred instances, and looking for a person in all of them."""

from typing import get_args

import pytest

from dazos_tui.config.edit import add_instance
from dazos_tui.config.load import load_config
from dazos_tui.demo.faults import Fault, FaultPlace
from dazos_tui.demo.presets import InstancePreset
from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.dialogs.find_user import FindUserDialog
from dazos_tui.tui.dialogs.instance_picker import InstancePicker
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk

MANY = 200


@pytest.fixture(scope="module")
def demo():
    presets = [
        InstancePreset(f"site-{n:03}", f"Site {n}", f"site-{n:03}.example.com", users=5) for n in range(MANY)
    ]
    with DemoServer(*presets) as server:
        yield server


@pytest.fixture
def config(demo):
    tags = {3: ("west", "clinic"), 77: ("west",)}
    return config_of(*(demo_instance(demo, f"site-{n:03}", tags=tags.get(n, ("east",))) for n in range(MANY)))


def shown(desk):
    assert isinstance(desk.app.screen, InstancePicker)
    return [one.name for one in desk.app.screen._shown]


async def test_the_picker_searches_two_hundred_instances_also_by_tag(config, tmp_path):
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("Which CRM instance?", "1 of 200")
        await desk.type("tag:w")
        await desk.until(lambda: shown(desk) == ["site-003", "site-077"], "tags are not searched")
        await desk.type("est 077")
        await desk.until(lambda: shown(desk) == ["site-077"], "text beside a tag is not searched")
        await desk.pauses()
        await desk.press("enter")
        await desk.sees("site-077")
        await desk.loaded()


async def test_a_tag_without_the_field_is_found_and_one_can_be_left_out(config, tmp_path):
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("1 of 200")
        await desk.type("clinic")
        await desk.until(lambda: shown(desk) == ["site-003"], "a tag is no text")
        await desk.press(*["backspace"] * 6, *"-tag:east -tag:clinic")
        await desk.until(lambda: shown(desk) == ["site-077"], "a tag is not left out")


async def test_all_are_checked_and_one_that_never_answers_holds_nobody_up(config, demo, tmp_path):
    for place in get_args(FaultPlace):
        demo.instance("site-003").faults.inject(place, Fault(delay=3600.0), times=None)
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("1 of 200")
        await desk.press("f5")
        picker = desk.app.screen
        assert isinstance(picker, InstancePicker)
        done = lambda: sum(step is not None for step in picker._check_results.values())  # noqa: E731
        await desk.until(lambda: done() == MANY - 1, "the others are not checked")
        assert picker._check_results["site-003"] is None
    demo.instance("site-003").faults.clear()


async def test_a_missing_person_is_looked_for_in_all_other_instances(config, demo, tmp_path):
    async with at_desk(config, tmp_path, instance="site-000") as desk:
        await desk.loaded()
        await desk.filter("site-199.example")
        await desk.sees("Nobody matches")
        await desk.press("f9")
        await desk.sees("199")
        await desk.press("f")
        await desk.until(lambda: isinstance(desk.app.screen, FindUserDialog), "nothing is looked for")
        await desk.sees("site-199", "PRODUCTION")
        await desk.press("escape")
        demo.instance("site-199").faults.cut_page(1, rendered=0)
        await desk.press("f9")
        await desk.sees("f looks in the other instances")
        await desk.press("f")
        await desk.sees("No match in what could be searched.", "site-199", "was cut short")
    demo.instance("site-199").faults.clear()


async def test_an_instance_of_an_included_file_is_not_removed_but_pinned_in_the_own_file(demo, tmp_path):
    team, own = tmp_path / "team.toml", tmp_path / "config.toml"
    table = demo_instance(demo, "site-001").model_dump(
        include={"url", "username", "environment", "password_command"}, mode="json"
    )
    add_instance(team, "site-001", table)
    own.write_text('include = ["team.toml"]\n')
    async with at_desk(load_config(own), tmp_path, config_path=own) as desk:
        await desk.loaded()
        await desk.press("f2")
        await desk.sees("Which CRM instance?")
        await desk.press("f8")
        await desk.sees("site-001 cannot be removed here", "which dazos-tui only reads")
        await desk.press("escape")
        before = team.read_text()
        await desk.press("f3")
        pinned = lambda: load_config(own).instance("site-001").pinned  # noqa: E731
        await desk.until(pinned, "it is not pinned")
        assert team.read_text() == before

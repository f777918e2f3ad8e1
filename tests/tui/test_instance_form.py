"""The form for an instance, where what it changes has changed meanwhile, or is thrown away."""

import pytest

from dazos_tui.demo.server import DemoServer
from tests.tui.desk import at_desk
from tests.tui.test_first_run import write


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def file(tmp_path):
    return tmp_path / "made" / "config.toml"


@pytest.mark.parametrize("left", [["harbor-prod"], []])
async def test_one_that_another_editor_took_out_cannot_be_pinned(demo, file, tmp_path, left):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        write(file, demo, *left)
        await desk.press("down", "f3")
        await desk.sees("summit-prod was not pinned", "There is no instance “summit-prod” in the file.")
        await desk.press("escape")
        await desk.sees("Which CRM instance?" if left else "Welcome to dazos-tui")
        await desk.sees_no("summit-prod")


async def test_one_that_another_editor_took_out_cannot_be_changed(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("down", "f4")
        await desk.sees("Change summit-prod")
        write(file, demo, "harbor-prod")
        await desk.press("enter", "enter", "down", "enter")
        await desk.sees("There is no instance “summit-prod” in the file.")
        await desk.press("escape")
        await desk.sees("Which CRM instance?", "harbor-prod")
        await desk.sees_no("summit-prod")

"""The top line: one row that names instance and environment, and speaks only of what is wrong."""

import pytest

from dazos_tui.demo.server import DemoServer
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk

LONG = "a-very-long-name-of-an-instance-in-the-harbor"


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


def top(desk):
    """Return the first line of the screen."""
    return desk.text.splitlines()[0]


async def test_what_is_normal_is_not_said(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.signed_in()
        await desk.loaded()
        assert "signed in" not in top(desk).lower()
        assert top(desk).rstrip().endswith(f"demo.admin · {desk.work.jobs.instance.host}")


async def test_host_then_account_go_before_the_name_is_cut_and_never_the_environment(demo, tmp_path):
    instance = demo_instance(demo)
    async with at_desk(config_of(instance), tmp_path) as desk:
        await desk.signed_in()
        await desk.pilot.resize_terminal(50, 20)
        await desk.until(lambda: instance.host not in top(desk), "the host stays")
        assert top(desk).split() == ["harbor-prod", "PRODUCTION", "demo.admin"]
        desk.work.panes.bar.state = "NOT SIGNED IN · F5"
        await desk.pilot.resize_terminal(40, 15)
        await desk.until(lambda: "demo.admin" not in top(desk), "the account stays")
        name, *others = top(desk).split()
        assert others == ["PRODUCTION", "NOT", "SIGNED", "IN", "·", "F5"]
        assert name.startswith("har")
        assert name.endswith("od")
        assert "…" in name


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (45, 20), (40, 15)])
async def test_it_is_one_row_at_every_size_and_a_long_name_is_cut_in_the_middle(demo, tmp_path, size):
    instance = demo_instance(demo)
    async with at_desk(config_of(instance.model_copy(update={"name": LONG})), tmp_path, size=size) as desk:
        await desk.signed_in()
        await desk.sees("PRODUCTION")
        assert desk.work.panes.bar.size.height == 1
        assert "PRODUCTION" in top(desk)
        assert top(desk).strip().startswith(LONG[:8])
        assert LONG[-8:] in top(desk)


async def test_a_list_that_lacks_somebody_is_said(demo, tmp_path):
    faults = demo.instance("harbor-prod").faults
    faults.cut_page(2)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees("The list is not complete")
        await desk.press("escape")
        await desk.until(lambda: "INCOMPLETE · F5" in top(desk), "it is not said")
        faults.clear()
        await desk.press("f5")
        await desk.until(lambda: "INCOMPLETE" not in top(desk), "it is said still")

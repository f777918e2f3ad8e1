"""The app opened on a search, in a real terminal."""

import sys

import pytest
import tomli_w

from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from tests.smoke.terminal import Terminal, needs_tmux

pytestmark = needs_tmux


@pytest.mark.parametrize("words", [["-i", "harbor-prod", "elena", "garcia"], ["--", "elena", "garcia"]])
def test_words_on_the_command_line_are_in_the_filter(tmp_path, words):
    config = tmp_path / "config.toml"
    with DemoServer(users=45) as server:
        tables = demo_config(server.instances)
        tables["instances"] = {"harbor-prod": tables["instances"]["harbor-prod"]}
        config.write_text(tomli_w.dumps(tables))
        places = ["--config", str(config), "--state", str(tmp_path)]
        with Terminal([sys.executable, "-m", "dazos_tui", *places, *words], width=80, height=24) as terminal:
            terminal.sees("elena garcia", "1 match", "Elena García")
            terminal.press("Enter")
            terminal.sees("active · Case Manager")

"""The server, in this process and in its own."""

import json
import signal
import stat
import subprocess
import sys
import time
import tomllib

import httpx
import pytest

from dazos_tui.demo.errors import DemoError
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config, write_demo_config
from tests.demo.delays import delayed_request
from tests.demo.visitor import LIST
from tests.patience import patience

SERVE = """
import sys
from pathlib import Path
from dazos_tui.demo.serve import serve_until_signalled
serve_until_signalled(0, 10, 1, Path(sys.argv[1]), announce=lambda line: print(line, flush=True))
"""


def test_another_host_name_leads_to_the_canonical_one(untouched):
    url = untouched.instances[0].url
    response = httpx.get(url.replace("127.0.0.1", "localhost") + "index.php?a=1&b=2")
    assert response.status_code == 301
    assert response.headers["location"] == f"{url}index.php?a=1&b=2"
    assert "set-cookie" not in response.headers


def test_a_folder_without_its_slash(untouched):
    url = untouched.instances[0].url
    response = httpx.get(url.rstrip("/"))
    assert (response.status_code, response.headers["location"]) == (301, url)


def test_a_page_that_does_not_exist(untouched):
    assert httpx.get(f"{untouched.url}/no-such-instance/index.php").status_code == 404
    assert httpx.get(f"{untouched.instances[0].url}cron.php").status_code == 404


def test_the_front_page_leads_to_every_instance(untouched):
    text = httpx.get(f"{untouched.url}/").text
    assert all(instance.url in text for instance in untouched.instances)


def test_requests_are_logged_without_what_was_posted(demo, signed_in):
    instance = demo.instances[0]
    signed_in(instance).get(LIST)
    seen = [(request.method, request.path, request.query, request.status) for request in instance.requests]
    path = "/harbor-prod/index.php"
    assert seen == [
        ("GET", path, "", 200),
        ("POST", path, "", 302),
        ("GET", path, LIST.partition("?")[2], 200),
    ]
    assert instance.requests[-1].body_bytes > 100_000
    assert not demo.instances[1].requests


def test_it_writes_no_output(capfd, caplog):
    with DemoServer(users=5) as server:
        httpx.get(server.instances[0].url)
        server.instances[0].faults.drop_connection("home")
        with pytest.raises(httpx.HTTPError):
            httpx.get(server.instances[0].url)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_it_stops_at_once_despite_open_connections_and_pending_answers():
    def wait_in_vain():
        with pytest.raises(httpx.HTTPError):
            httpx.get(instance.url)

    with DemoServer(users=5) as server, httpx.Client(base_url=server.instances[0].url) as client:
        instance = server.instances[0]
        client.get("index.php")
        with delayed_request(instance, "home", wait_in_vain) as late:
            started = time.monotonic()
            server.stop()
            assert time.monotonic() - started < patience(1)
            late.join(patience(1))
            assert not late.is_alive()


def test_it_can_be_started_again_on_its_port():
    with DemoServer(users=5) as first:
        port = int(first.url.rpartition(":")[2])
        httpx.get(first.instances[0].url)
    with DemoServer(users=5, port=port) as second:
        assert second.url == first.url
        assert httpx.get(second.instances[0].url).status_code == 200


def test_a_port_in_use_is_an_error_with_a_message(untouched):
    port = int(untouched.url.rpartition(":")[2])
    with pytest.raises(DemoError, match=f"Port {port} on 127.0.0.1 is already in use"):
        DemoServer(users=1, port=port).start()


def test_the_configuration_is_for_its_owner_only(untouched, tmp_path):
    path = tmp_path / "new" / "config.toml"
    write_demo_config(path, untouched.instances)
    write_demo_config(path, untouched.instances)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert tomllib.loads(path.read_text()) == demo_config(untouched.instances)
    assert demo_config(untouched.instances)["instances"]["harbor-sandbox"] == {
        "url": untouched.instance("harbor-sandbox").url,
        "username": "demo.admin",
        "environment": "sandbox",
        "password_command": ["echo", "demo-admin-password"],
    }


def test_a_configuration_that_cannot_be_written_is_an_error_with_a_message(untouched, tmp_path):
    with pytest.raises(DemoError, match="Could not write the configuration"):
        write_demo_config(tmp_path, untouched.instances)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serving_in_a_process_of_its_own(tmp_path, number):
    config = tmp_path / "config.toml"
    command = [sys.executable, "-c", SERVE, str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {"url", "instances", "outbox"}
        assert set(ready["instances"][0]) == {
            "name",
            "url",
            "environment",
            "username",
            "password",
            "access_key",
            "non_admin",
        }
        assert (
            tomllib.loads(config.read_text())["instances"]["harbor-prod"]["url"]
            == ready["instances"][0]["url"]
        )
        assert httpx.get(ready["outbox"], headers={"Accept": "application/json"}).json() == []
        process.send_signal(number)
        rest, errors = process.communicate(timeout=patience(5))
    assert (process.returncode, rest, errors) == (0, "", "")


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, dazos_tui.demo; print([m for m in sys.modules if m in ('jinja2','uvicorn','starlette')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

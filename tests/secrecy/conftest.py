"""A demo CRM that reveals more than it should, and a machine with secrets on it."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from starlette.responses import RedirectResponse, Response

from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.people import Person
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.webservice import records
from tests.secrecy.machine import Machine, new_secret
from tests.secrecy.wiretap import Form, Wire, tap

KEYS, HASHES = new_secret("key"), new_secret("hash")
"""Prefixes of all users' access keys and password hashes."""


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return tap(monkeypatch)


@pytest.fixture
def demo(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoServer]:
    """A CRM whose users have long access keys and hashes, and whose API always includes both."""
    del wire
    monkeypatch.setattr(Person, "accesskey", property(lambda person: f"{KEYS}-{person.id}"))
    monkeypatch.setattr(Person, "user_password", property(lambda person: f"{HASHES}-{person.id}"))
    monkeypatch.setattr(records, "_columns", _all_columns)
    with DemoServer(users=45) as server:
        yield server


def _all_columns(_query: object) -> Mapping[str, Callable[[Person], str]]:
    return records.COLUMNS


@pytest.fixture
def password() -> str:
    return new_secret("password")


@pytest.fixture
def harbor(demo: DemoServer, password: str) -> DemoInstance:
    harbor = demo.instance("harbor-prod")
    harbor.accounts.set_password(harbor.population.admin, password)
    return harbor


@pytest.fixture
def machine(tmp_path: Path, wire: Wire, password: str) -> Machine:
    return Machine(tmp_path, wire, {"password": password, "access key": KEYS, "password hash": HASHES})


class HiddenCode(str):
    """A one-time code that the page which asks for it does not show."""

    __slots__ = ()

    def __html__(self) -> str:
        return "a secret"


@pytest.fixture
def ridge(machine, demo: DemoServer, password):
    ridge = demo.instance("ridge-prod")
    ridge.accounts.set_password(ridge.population.admin, password)
    ridge.one_time_code = HiddenCode(new_secret("code"))
    machine.secrets["one-time code"] = ridge.one_time_code
    return ridge


@pytest.fixture
def cookie(machine, harbor, password, wire):
    """The session cookie of a browser that is signed in."""
    with httpx.Client(base_url=harbor.url) as browser:
        token = re.findall(r'name="__vtrftk" value="([^"]+)"', browser.get("index.php").text)[0]
        form = {"__vtrftk": token, "module": "Users", "action": "Login", "username": harbor.username}
        browser.post("index.php", data={**form, "password": password})
        machine.secrets["cookie of the browser"] = browser.cookies["PHPSESSID"]
        return browser.cookies["PHPSESSID"]


def redirect_with_secrets(wire: Wire) -> Callable[[Form], Response]:
    """Return a handler that redirects to another host, with all session secrets in the URL."""

    def redirect(_form: Form) -> Response:
        secrets = "/".join(wire.secrets().values())
        return RedirectResponse(f"https://{secrets[:32]}@other.example.com/{secrets}?PHPSESSID={secrets}")

    return redirect

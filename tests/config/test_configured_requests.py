"""The tables of the config that describe a request: what they are read as, and what a mistake in one says."""

import re
from pathlib import Path

import pytest

from dazos_tui.config.errors import ConfigError
from dazos_tui.config.load import load_config
from dazos_tui.crm.request_template import Method, Offered
from dazos_tui.instances.factory import create_client

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
KEY = re.compile(r"# (?:\[instances|[a-z_]+ = )")

ACME = """
[instances.acme]
url = "https://crm.acme.example/crm/"
username = "jo"
environment = "production"
"""
RESET = """
[instances.acme.reset_request]
path = "index.php?module=Users&action=SendResetLink&record={id}"
form = { __vtrftk = "{csrf}" }
"""


def load(tmp_path: Path, content: str):
    path = tmp_path / "config.toml"
    path.write_text(content)
    return load_config(path).instance("acme")


def problems(tmp_path: Path, content: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, content)
    return [line.removeprefix(f"{tmp_path}/config.toml: ") for line in str(caught.value).splitlines()]


def test_a_request_is_read_with_its_defaults(tmp_path):
    acme = load(tmp_path, ACME + RESET)
    assert acme.reset_request.method is Method.POST
    assert acme.reset_request.form == {"__vtrftk": "{csrf}"}
    assert acme.reset_request.success.is_envelope
    assert acme.enable_login_request is None


def test_every_key_can_be_written(tmp_path):
    acme = load(
        tmp_path,
        ACME
        + """
[instances.acme.reset_request]
method = "PUT"
path = "api/users/{id}/link"
json = { userId = "{id}", notify = true, nested = { list = ["{email}"] } }
headers = { X-Requested-With = "XMLHttpRequest", X-CSRF-Token = "{csrf}" }
success = { pointer = "/status", equals = "ok" }
offered = "always"

[instances.acme.enable_login_request]
path = "index.php?module=Users&action=SaveAjax&mode=enableLogin&record={id}"
form = { __vtrftk = "{csrf}" }
""",
    )
    reset = acme.reset_request
    assert (reset.method, reset.offered) == (Method.PUT, Offered.ALWAYS)
    assert reset.json_body == {"userId": "{id}", "notify": True, "nested": {"list": ["{email}"]}}
    assert (reset.success.keys, reset.success.equals) == (("status",), "ok")
    assert acme.enable_login_request.path.endswith("record={id}")


def test_the_client_gets_the_requests(tmp_path):
    acme = load(tmp_path, ACME + RESET)
    assert create_client(acme)._dialect.reset_request == acme.reset_request


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "methd = 'POST'",
            "reset_request.methd: unknown key (did you mean “method”?); known here: method, path,",
        ),
        ("json_body = {}", "reset_request.json_body: unknown key"),
        ("method = 'GET'", "reset_request.method: is GET: a GET that changes something"),
        ("method = 'DELETE'", 'reset_request.method: is not one that can be sent; expected "POST", '),
        ("path = 3", 'reset_request.path: is not valid; expected an address such as "index.php?'),
        ("path = ''", "reset_request.path: is empty; expected an address such as"),
        (
            "path = 'https://evil.example/{id}'",
            "reset_request.path: leads outside the instance: write an address relative",
        ),
        (
            "path = 'api/delete/{id}'",
            "reset_request.path: would delete, change or save something, as the address says",
        ),
        (
            "form = 'a=b'",
            'reset_request.form: is not valid; expected a table such as { __vtrftk = "{csrf}" }',
        ),
        ("form = { record = 12 }", "reset_request.form.record: is not valid; expected text in quotes"),
        ("form = { name = 12 }", "reset_request.form.name: is not valid; expected text in quotes"),
        ("form = { record = '12' }", "reset_request.form: names somebody in “record”"),
        ("form = { a = 'https://evil.example/' }", "reset_request: has an address that is not within url"),
        ("json = { when = 2026-01-01 }", "reset_request.json: has a value that JSON does not have"),
        ("json = 3", "reset_request.json: is not valid; expected a table such as"),
        (
            "headers = { Cookie = 'a' }",
            "reset_request.headers: has a header that cannot be configured: only X-Requested",
        ),
        ("headers = { Accept = 1 }", "reset_request.headers.Accept: is not valid; expected text in quotes"),
        ("success = true", "reset_request.success: is not valid; expected a table such as"),
        ("success = { pointer = 'a' }", "reset_request.success.pointer: is not a JSON pointer"),
        (
            "success = { equals = 1.5 }",
            "reset_request.success.equals: is not a value that can be compared; expected the value",
        ),
        ("success = { equal = 1 }", "reset_request.success.equal: unknown key (did you mean “equals”?)"),
        ("offered = 'sometimes'", 'reset_request.offered: is not valid; expected "menu" or "always"'),
        (
            "form = {}\njson = {}",
            "reset_request: has both form and json, and a request has one body: keep one of them",
        ),
        ("token = 'a'", "reset_request.token: passwords are never read from a file"),
    ],
)
def test_a_mistake_in_a_request_names_the_key_and_what_to_write(tmp_path, line, expected):
    path = "" if line.startswith("path") else 'path = "index.php?module=Users&action=Send&record={id}"\n'
    found = problems(tmp_path, f"{ACME}\n[instances.acme.reset_request]\n{path}{line}\n")
    assert len(found) == 1
    assert found[0].startswith(f"instances.acme.{expected}")


def test_a_request_without_a_path_says_so(tmp_path):
    [found] = problems(tmp_path, f"{ACME}\n[instances.acme.reset_request]\n")
    assert found.startswith("instances.acme.reset_request.path: is missing; expected an address")


def test_a_request_that_is_no_table_says_so(tmp_path):
    [found] = problems(tmp_path, f"{ACME}reset_request = 'POST'\n")
    assert found == (
        "instances.acme.reset_request: is not valid; expected a table, [instances.NAME.reset_request]"
    )


def test_enabling_a_login_needs_the_item_in_the_menu(tmp_path):
    [found] = problems(
        tmp_path, ACME + RESET.replace("reset_request", "enable_login_request") + 'offered = "always"\n'
    )
    assert found.startswith("instances.acme.enable_login_request: cannot be offered always")


def test_no_message_repeats_what_may_be_a_secret(tmp_path):
    secret = "4f9a0b1c2d3e4f5a6b7c8d9e"
    for line in (
        f'form = {{ __vtrftk = "sid:{secret},1" }}',
        f'form = {{ "{{{secret}}}" = "1" }}',
        f'headers = {{ X-CSRF-Token = "{secret}" }}',
        f'cookie = "{secret}"',
        f'method = "{secret}"',
    ):
        path = 'path = "index.php?module=Users&action=Send&record={id}"\n'
        found = problems(tmp_path, f"{ACME}\n[instances.acme.reset_request]\n{path}{line}\n")
        assert found
        assert secret not in "".join(found)


def test_an_address_of_the_instance_itself_may_be_in_a_value(tmp_path):
    line = 'json = { userId = "{id}", back = "https://crm.acme.example/crm/index.php" }\n'
    assert load(tmp_path, f'{ACME}\n[instances.acme.reset_request]\npath = "api/reset"\n{line}').reset_request


def test_the_requests_of_the_example_are_accepted(tmp_path):
    lines = EXAMPLE.read_text().splitlines()
    tables = [number for number, line in enumerate(lines) if line.startswith("# [instances.acme.")]
    example = "\n".join(
        line.removeprefix("# ") for line in lines[tables[0] : tables[1] + 3] if KEY.match(line)
    )
    acme = load(tmp_path, ACME + example)
    assert acme.reset_request.form == acme.enable_login_request.form == {"__vtrftk": "{csrf}"}

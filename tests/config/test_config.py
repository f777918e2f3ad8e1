from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.config.errors import ConfigError, MissingConfigError
from dazos_tui.config.load import load_config
from dazos_tui.config.models import Config, Environment, Instance
from dazos_tui.crm.dialect import Labels, Paths
from dazos_tui.crm.request_template import RequestTemplate, SuccessRule
from dazos_tui.system.paths import default_config_path, default_state_dir

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
ACME = """
[instances.acme]
url = "https://crm.acme.example/"
username = "jo"
environment = "production"
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "config.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


def test_an_instance_is_read_with_its_defaults(write):
    config = load_config(write(ACME))
    acme = config.instance("acme")
    assert (acme.name, acme.username, acme.environment) == ("acme", "jo", Environment.PRODUCTION)
    assert (acme.password_env, acme.password_command, acme.ca_file, acme.allow_http) == (
        None,
        None,
        None,
        False,
    )
    assert (acme.labels, acme.paths, config.theme) == (Labels(), Paths(), "dazos-dark")


def test_password_and_access_key_have_their_own_sources(write):
    acme = load_config(write(ACME + "password_env = 'PW'\naccess_key_command = ['key']")).instance("acme")
    assert (acme.password_env, acme.password_command) == ("PW", None)
    assert (acme.access_key_env, acme.access_key_command) == (None, ("key",))


def test_the_order_of_the_file_is_kept(write):
    names = ["zeta", "acme", "mid"]
    text = "".join(ACME.replace("acme]", f"{name}]") for name in names)
    assert list(load_config(write(text)).instances) == names


def test_an_empty_file_is_a_config_without_instances(write):
    assert load_config(write("")) == Config()


def test_the_example_loads_and_shows_every_key():
    config = load_config(EXAMPLE)
    assert len(config.instances) == 3
    assert config.instances["local"].labels == Labels()
    assert config.instances["local"].paths == Paths()
    text = EXAMPLE.read_text()
    fields = {*Config.model_fields, *Instance.model_fields, *Labels.model_fields, *Paths.model_fields} - {
        "name"
    }
    fields |= {field.alias or name for name, field in RequestTemplate.model_fields.items()}
    fields |= {*SuccessRule.model_fields}
    assert [
        name
        for name in sorted(fields)
        if f"{name} = " not in text and f".{name}]" not in text and f"\n[{name}]" not in text
    ] == ["instances"]


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b""])
def test_files_of_windows_editors_are_read(write, prefix):
    assert load_config(write(prefix + ACME.replace("\n", "\r\n").encode())).instances


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("urll = 1", "instances.acme.urll: unknown key (did you mean “url”?); known here: allow_http, url,"),
        ("name = 'x'", "instances.acme.name: unknown key; the table's own name is the name"),
        ("allow_http = 'yes'", "instances.acme.allow_http: is not valid; expected true or false"),
        (
            "password_command = 'pass x'",
            "instances.acme.password_command: is not valid; expected a program and",
        ),
        ("password_command = []", "instances.acme.password_command: names no program"),
        ("password_command = ['']", "instances.acme.password_command: names no program"),
        ("password_command = [3]", "instances.acme.password_command: is not valid"),
        ('password_command = ["a\\u0000"]', "instances.acme.password_command: contains a zero byte"),
        (
            "password_env = 'a b'",
            "instances.acme.password_env: is not valid; expected the name of an environment",
        ),
        (
            "access_key_command = 'pass x'",
            "instances.acme.access_key_command: is not valid; expected a program and",
        ),
        ("access_key_command = ['']", "instances.acme.access_key_command: names no program"),
        (
            "access_key_command = ['x']\naccess_key_env = 'A'",
            "instances.acme.access_key_command: cannot be combined with access_key_env: keep one of them",
        ),
        (
            "password_command = ['x']\npassword_env = 'A'",
            "instances.acme.password_command: cannot be combined with password_env: keep one of them",
        ),
        (
            "access_key_env = 'a b'",
            "instances.acme.access_key_env: is not valid; expected the name of an environment",
        ),
        (
            "access_key_comand = ['x']",
            "instances.acme.access_key_comand: unknown key (did you mean “access_key_command”?)",
        ),
        (
            "paths.webservice = 'https://evil.example/'",
            "instances.acme.paths: webservice leads outside the instance",
        ),
        ("ca_file = 3", "instances.acme.ca_file: is not valid; expected the path"),
        ("ca_file = ''", "instances.acme.ca_file: is empty; expected the path"),
        ("ca_file = '~nobody-of-this-name/x'", "instances.acme.ca_file: starts with ~, but"),
        ("labels = 3", "instances.acme.labels: is not valid; expected a table, [instances.NAME.labels]"),
        ("labels.active = 3", "instances.acme.labels.active: is not valid; expected text in quotes"),
        ("labels.acti = 'x'", "instances.acme.labels.acti: unknown key (did you mean “active”?)"),
        ('labels.yes = "\\u001b[31m"', "instances.acme.labels: contains an invisible character"),
        (
            "labels.invalid_request = '.'",
            "instances.acme.labels.invalid_request: holds fewer than three letters or digits; expected text",
        ),
        (
            "labels.login_required = ' '",
            "instances.acme.labels.login_required: holds fewer than three letters or digits; expected text",
        ),
        (
            "labels.yes = '-'",
            "instances.acme.labels.yes: holds no letter and no digit; expected text in quotes",
        ),
        (
            "labels.active = 'in ACTIVE'",
            "instances.acme.labels.inactive: is the same as active; expected text in quotes",
        ),
        (
            "url = 'https://999.999.999.999/'",
            "instances.acme.url: has a host that is not a valid IPv4 address",
        ),
        ("url = 'https://xn--a/'", "instances.acme.url: has an invalid host: no name is written xn--"),
        ("paths.users = ''", "instances.acme.paths.users: is empty; expected text in quotes"),
        ("paths.users = 'https://evil.example/'", "instances.acme.paths: users leads outside the instance"),
        ("paths.users = '//evil.example/'", "instances.acme.paths: users leads outside the instance"),
    ],
)
def test_a_wrong_key_is_named_with_what_was_expected(write, line, expected):
    text = ACME.replace('url = "https://crm.acme.example/"', "") if line.startswith("url =") else ACME
    (found,) = problems(write(text + line))
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "them = 'x'",
            "them: unknown key (did you mean “theme”?); known here: theme, lock_minutes, note_template, "
            "note_command, ticket_command, ticket_pattern, note_mask_address, sign_in_check_seconds, "
            "keep_people_hours, accessible, mouse, title, keys, history, batch, include, defaults, instances",
        ),
        ("theme = 3", "theme: is not valid; expected the name of a theme"),
        ("instances = 3", "instances: is not valid; expected tables, [instances.NAME]"),
        ("[instances]\nurl = 'x'", "instances.url: is not valid; expected a table"),
    ],
)
def test_wrong_top_level_keys(write, text, expected):
    (found,) = problems(write(text))
    assert found.startswith(expected)


@pytest.mark.parametrize("name", ["", " ", "a\\u001b[31m", "a\\nb", "a\\u202eb", "a\\u200bb", "x" * 201])
def test_a_name_that_cannot_be_shown_is_refused(write, name):
    (found,) = problems(write(ACME.replace("acme]", f'"{name}"]')))
    assert found.startswith('instances."') or found.startswith("instances.xxx")
    assert "the table's name" in found
    assert "\x1b" not in found
    assert "\u202e" not in found


@pytest.mark.parametrize("name", ["my crm", "Zürich", "北京", "a.b", "x" * 200])
def test_names_that_people_choose_are_accepted(write, name):
    assert load_config(write(ACME.replace("acme]", f'"{name}"]'))).instance(name).name == name


def test_every_problem_of_the_file_is_reported_at_once(write):
    text = """
        them = "x"
        [instances.one]
        urll = "https://a.example"
        environment = "prod"
        password = "x"
        [instances."my crm"]
        url = "http://b.example"
        username = 3
        environment = "staging"
        password_env = "A"
        password_command = ["x"]
    """
    keys = [line.partition(": ")[0] for line in problems(write(text))]
    assert sorted(keys) == sorted([
        "them", "instances.one.urll", "instances.one.url", "instances.one.username",
        "instances.one.environment", "instances.one.password",
        'instances."my crm".url', 'instances."my crm".username', 'instances."my crm".password_command',
    ])  # fmt: skip


SECRET = "hunter2-and-more"


@pytest.mark.parametrize(
    "key",
    ["password", "Password", "passwd", "pass", "pwd", "secret", "token"],
)  # fmt: skip
@pytest.mark.parametrize("place", ["", "[instances.acme.labels]\n", "[instances.acme.paths]\n"])
def test_a_password_in_the_file_is_refused_and_never_repeated(write, key, place):
    (found,) = problems(write(f'{ACME}{place}{key} = "{SECRET}"'))
    assert f".{key}: passwords are never read from a file: use password_command, password_env" in found
    assert SECRET not in found


@pytest.mark.parametrize("key", ["access_key", "ACCESS-KEY", "accessKey", "api_key"])
@pytest.mark.parametrize("place", ["", "[instances.acme.paths]\n"])
def test_an_access_key_in_the_file_is_refused_and_never_repeated(write, key, place):
    (found,) = problems(write(f'{ACME}{place}{key} = "{SECRET}"'))
    assert (
        f".{key}: access keys are never read from a file: use access_key_command or access_key_env" in found
    )
    assert SECRET not in found


@pytest.mark.parametrize(
    "line",
    [
        f'url = "https://jo:{SECRET}@crm.example/"',
        f'url = "{SECRET}"',
        f'url = "https://crm.example/?key={SECRET}"',
        f'password = {{ value = "{SECRET}" }}',
        f'auth = {{ password = "{SECRET}" }}',
        f'password_env = "${SECRET}"',
        f'password_command = "echo {SECRET}"',
        f'environment = "{SECRET}"',
        f'allow_http = "{SECRET}"',
        f"password = {SECRET}",
        f'password_command = ["echo", "{SECRET}"]\npassword_env = "A"',
        f'access_key_env = "${SECRET}"',
        f'access_key_command = "echo {SECRET}"',
        f'access_key_command = ["echo", "{SECRET}"]\naccess_key_env = "A"',
    ],
)
def test_no_message_repeats_a_value(write, line):
    text = ACME.replace('url = "https://crm.acme.example/"\n', "") if line.startswith("url") else ACME
    path = write(f"{text}{line}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)


def test_a_mistake_in_the_toml_is_placed(write):
    (found,) = problems(write("theme = 'x'\n[instances.acme\n"))
    assert found.startswith("is not valid TOML: ")
    assert "line 2, column 16" in found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"theme = 'a'\n# \xff", "is not UTF-8 (line 2)."),
        (b"a = " + b"[" * 50_000, "is not valid TOML: tables or lists are nested too deeply."),
        (b"a = " + b"1" * 5_000, "is not valid TOML: it contains a number that is too long."),
        (b"#" * 1_000_001, "is larger than 1,000,000 bytes, so it is not a config file."),
    ],
)
def test_a_file_that_is_not_a_config_is_reported(write, content, expected):
    assert problems(write(content)) == [expected]


def test_a_missing_file_leads_to_the_demo(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path / "no" / "folder.toml"):
        with pytest.raises(MissingConfigError, match="there is no config file here") as caught:
            load_config(path)
        assert str(path) in str(caught.value)
        assert "dazos-tui demo" in caught.value.advice
        assert "config.example.toml" in caught.value.advice


def test_a_folder_is_called_a_folder(tmp_path):
    assert problems(tmp_path) == ["is a folder."]


def test_paths_that_cannot_be_opened_are_reported(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / ("x" * 300))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(Path("a\0b"))


def test_a_file_without_read_permission(write, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    path = write(ACME)
    monkeypatch.setattr("os.open", refuse)
    assert problems(path) == ["you are not allowed to read this file."]


def test_ca_file_is_relative_to_the_config(write, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/jo")
    assert load_config(write(ACME + "ca_file = 'ca.pem'")).instance("acme").ca_file == tmp_path / "ca.pem"
    assert load_config(write(ACME + "ca_file = '/ca.pem'")).instance("acme").ca_file == Path("/ca.pem")
    assert load_config(write(ACME + "ca_file = '~/ca.pem'")).instance("acme").ca_file == Path(
        "/home/jo/ca.pem"
    )


def test_the_most_similar_instance_is_suggested(write):
    config = load_config(write(ACME))
    with pytest.raises(ConfigError, match=r"no instance “acm” .* \(did you mean “acme”\?\)") as caught:
        config.instance("acm")
    assert "acme" in caught.value.advice
    with pytest.raises(ConfigError, match="no instance “x”: the config has no instances"):
        Config().instance("x")


def test_a_name_is_found_however_its_accents_are_typed(write):
    config = load_config(write(ACME.replace("acme]", '"Zürich"]')))
    assert config.instance("Zu\u0308rich").name == "Zürich"


def test_default_paths_are_those_of_the_platform(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert default_config_path().name == "config.toml"
    assert default_config_path().parent.name == "dazos-tui"
    assert "dazos-tui" in default_state_dir().parts


_KEYS = st.sampled_from([
    *Instance.model_fields, *Labels.model_fields, *Paths.model_fields, "theme", "instances", "password", "",
])  # fmt: skip
_VALUES = st.recursive(
    st.one_of(
        st.text(st.characters(codec="utf-8")),
        st.integers(min_value=-(2**63), max_value=2**63 - 1),
        st.booleans(),
        st.floats(allow_nan=False),
        st.datetimes(),
        st.sampled_from(["https://a.example", "http://localhost:1", "production", "~x/y"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=20,
)


@given(st.dictionaries(_KEYS, _VALUES), st.dictionaries(st.text(st.characters(codec="utf-8")), _VALUES))
def test_any_tables_load_or_raise_a_config_error(tmp_path_factory, top, instances):
    path = tmp_path_factory.mktemp("any") / "config.toml"
    path.write_bytes(tomli_w.dumps({**top, "instances": instances}).encode())
    found, problems = loaded(path)
    assert all(line.startswith(f"{path}: ") for line in problems)
    assert "".join(problems).isprintable()
    assert all(instance.name == name for name, instance in found.items())


@given(st.binary(max_size=200))
def test_any_bytes_load_or_raise_a_config_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "config.toml"
    path.write_bytes(content)
    assert loaded(path)


def loaded(path: Path) -> tuple[dict[str, Instance], list[str]]:
    try:
        return load_config(path).instances, []
    except ConfigError as error:
        return {}, str(error).split("\n")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("http://me:hunter2@proxy.example.com:3128", "user name or password"),
        ("proxy.example.com:3128", "not the address of a proxy"),
        ("socks4://proxy.example.com", "not the address of a proxy"),
        ("http://proxy.example.com/path", "not the address of a proxy"),
        ("http://proxy.example.com:99999", "not the address of a proxy"),
        ("http://me:hunter2@proxy.example.com:99999", "not the address of a proxy"),
        ("http://me:hunter2@[::1", "not the address of a proxy"),
        ("http://me:hunter2@ex℀mple.com", "not the address of a proxy"),
        ("http://proxy.example.com:hunter2", "not the address of a proxy"),
    ],
)
def test_a_proxy_is_an_address_without_a_password(write, value, words):
    [text] = problems(write(f'{ACME}proxy = "{value}"'))
    assert text.startswith("instances.acme.proxy")
    assert words in text
    assert "hunter2" not in text


def test_a_proxy_for_this_machine_is_refused(write):
    here = ACME.replace("https://crm.acme.example/", "http://localhost/")
    [text] = problems(write(f'{here}proxy = "http://proxy.example.com:3128"'))
    assert "this machine" in text


def test_only_requests_to_other_machines_are_limited_by_default():
    def rate(url, **more):
        return Instance(name="a", url=url, username="u", environment="sandbox", **more).requests_per_second

    assert rate("https://crm.example.com/") == 20
    assert rate("http://127.0.0.1:8000/") == 0
    assert rate("http://127.0.0.1:8000/", requests_per_second=5) == 5

"""The config keys for the ticket note."""

from contextlib import suppress

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.config.errors import ConfigError
from dazos_tui.config.load import load_config
from dazos_tui.config.models import Config
from dazos_tui.config.note_template import (
    DEFAULT_TEMPLATE,
    MAX_TEMPLATE,
    NOTE_FIELDS,
    check_note_command,
    check_template,
    fill_arguments,
    fill_template,
)

VALUES = {name: f"<{name}>" for name in NOTE_FIELDS}


@pytest.fixture
def load(tmp_path):
    def load(**keys):
        path = tmp_path / "config.toml"
        path.write_text(tomli_w.dumps(keys))
        return load_config(path)

    return load


def refused(load, **keys):
    with pytest.raises(ConfigError) as caught:
        load(**keys)
    (line,) = str(caught.value).splitlines()
    return line.partition("config.toml: ")[2]


def test_the_defaults(load):
    config = load()
    assert (config.note_template, config.note_command) == (DEFAULT_TEMPLATE, None)
    assert (config.note_mask_address, config.sign_in_check_seconds) == (False, 60)


def test_the_default_is_friendly_short_and_states_no_lifetime():
    assert check_template(DEFAULT_TEMPLATE) == DEFAULT_TEMPLATE
    assert len(DEFAULT_TEMPLATE.splitlines()) <= 8
    assert all(word in DEFAULT_TEMPLATE for word in ("spam and junk", "only the newest", "time-sensitive"))
    assert not any(word in DEFAULT_TEMPLATE for word in ("hour", "minute", "expire"))


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("plain", "plain"),
        ("Hi {user_name},\n\tat {time}.", "Hi <user_name>,\n\tat <time>."),
        ("{{email}} is {email}", "{email} is <email>"),
        ("{{{email}}}", "{<email>}"),
        ("Grüße ✉️ 東京 {date}", "Grüße ✉️ 東京 <date>"),
        ("".join(f"{{{name}}}" for name in NOTE_FIELDS), "".join(VALUES.values())),
        ("x" * MAX_TEMPLATE, "x" * MAX_TEMPLATE),
    ],
)
def test_a_template_is_filled_in(load, template, made):
    assert fill_template(load(note_template=template).note_template, VALUES) == made


def test_a_value_with_braces_stays_as_it_is():
    assert (
        fill_template("{message} {email}", VALUES | {"message": "{email} {{x}}"}) == "{email} {{x}} <email>"
    )


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            "Hi\n{emial}",
            "has an unknown field in line 2 (did you mean “email”?); fields are user_name, email",
        ),
        ("{Email}", "has an unknown field in line 1 (did you mean “email”?)"),
        ("{ email }", "has an unknown field in line 1 (did you mean “email”?)"),
        ("{email.real}", "has an unknown field in line 1 (did you mean “email”?)"),
        ("{email[0]}", "has an unknown field in line 1 (did you mean “email”?)"),
        ("{email!r}", "has an unknown field in line 1 (did you mean “email”?)"),
        ("{email:>9}", "has an unknown field in line 1 (did you mean “email”?)"),
        ("{email:}", "has an unknown field in line 1 (did you mean “email”?)"),
        ("{}", "has an unknown field in line 1; fields are"),
        ("{0}", "has an unknown field in line 1; fields are"),
        ("{xyzzy}", "has an unknown field in line 1; fields are"),
        ("{email:{time}}", "contains a single brace in line 1"),
        ("{email", "contains a single brace in line 1"),
        ("{ema\nil}", "contains a single brace in line 1"),
        ("a\nemail}", "contains a single brace in line 2: a brace is written twice, {{ or }}"),
        ("{email}}", "contains a single brace in line 1"),
        ("a\x1b[31m", "contains a control character in line 1"),
        ("a\n\n\x07", "contains a control character in line 3"),
        ("a\rb", "contains a control character in line 1"),
        ("a\x85b", "contains a control character in line 1"),
        ("a\u2028b", "contains a control character in line 1"),
        ("a\u202eb", "contains a control character in line 1"),
        ("", "is empty"),
        (" \n", "is empty"),
        ("x" * (MAX_TEMPLATE + 1), "is longer than 4,000 characters"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_refused(load, template, said):
    line = refused(load, note_template=template)
    assert line.startswith(f"note_template: {said}")
    assert line.endswith("; expected text with fields in braces, such as {email} and {time}")
    assert line.isprintable()


def test_a_template_is_text(load):
    assert refused(load, note_template=3).startswith("note_template: is not valid; expected text with fields")


def test_a_command_keeps_its_fields(load):
    command = ["gh", "issue", "comment", "{ticket}", "--body-file", "-"]
    assert load(note_command=command).note_command == tuple(command)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ([], "names no program"),
        ([" "], "names no program"),
        (["x", "a\0"], "contains a zero byte"),
        (["{ticket}"], "has braces in the program's name"),
        (["a{{b"], "has braces in the program's name"),
        (["x", "ok", "{tiket}"], "has an unknown field in argument 2 (did you mean “ticket”?)"),
        (["x", '{"a": 1}'], "has an unknown field in argument 1; fields are"),
        (["x", "{"], "contains a single brace in argument 1"),
        ("gh", "is not valid"),
        (["x", 3], "is not valid"),
    ],
)
def test_a_command_that_cannot_be_run_is_refused(load, command, said):
    line = refused(load, note_command=command)
    assert line.startswith(f"note_command: {said}")
    assert '; expected a program and its arguments, such as ["gh"' in line


@pytest.mark.parametrize("key", ["note_template", "note_command"])
def test_no_message_repeats_the_value(load, key):
    text = "{hunter2-and-more}"
    assert "hunter2" not in refused(load, **{key: text if key == "note_template" else ["x", text]})


@pytest.mark.parametrize("seconds", [-1, 3601, 1.5, True, "1"])
def test_seconds_are_whole_and_at_most_an_hour(load, seconds):
    line = refused(load, sign_in_check_seconds=seconds)
    assert line.startswith("sign_in_check_seconds: ")
    assert line.endswith("expected whole seconds from 0 (never) to 3600 (an hour)")


@pytest.mark.parametrize("seconds", [0, 3600])
def test_valid_seconds(load, seconds):
    assert load(sign_in_check_seconds=seconds).sign_in_check_seconds == seconds


def test_a_mask_is_a_yes_or_a_no(load):
    assert load(note_mask_address=True).note_mask_address is True
    assert refused(load, note_mask_address="yes") == "note_mask_address: is not valid; expected true or false"


def test_the_config_knows_all_variables_with_a_secret(load):
    table = {"url": "https://a.example", "username": "u", "environment": "staging"}
    config = load(instances={"a": table | {"password_env": "A"}, "b": table | {"access_key_env": "B"}})
    assert config.secret_variables == {"A", "B"}
    assert Config().secret_variables == frozenset()


@pytest.mark.parametrize(
    ("argument", "ticket", "made"),
    [
        ("{ticket}", "#88", "#88"),
        ("{ticket}", "HELP 1; rm -rf /", "HELP 1; rm -rf /"),
        ("--ticket={ticket}", "-x", "--ticket=-x"),
        ("no. {ticket}", "-x", "no. -x"),
        ('{{"id": "{ticket}"}}', "T-1", '{"id": "T-1"}'),
        ("-", "", "-"),
        ("", "", ""),
    ],
)
def test_arguments_are_filled_in(argument, ticket, made):
    assert fill_arguments(("x", argument), VALUES | {"ticket": ticket}) == ("x", made)


@pytest.mark.parametrize("argument", ["{ticket}", "{ticket} {email}", "{ticket}{{"])
def test_a_value_is_not_taken_for_an_option(argument):
    with pytest.raises(ValueError, match="starts with “-” for an option"):
        fill_arguments(("x", argument), VALUES | {"ticket": "--web"})


@pytest.mark.parametrize(("name", "said"), [("ticket", "ticket"), ("user_name", "user name")])
def test_a_missing_field_value_is_an_error(name, said):
    with pytest.raises(ValueError, match=f"needs the {said}, which is missing"):
        fill_arguments(("x", f"--to={{{name}}}"), VALUES | {name: ""})


_PARTS = st.lists(
    st.sampled_from(
        [
            "{",
            "}",
            "{{",
            "}}",
            ":",
            "!",
            "-",
            "\n",
            "\t",
            "é",
            *NOTE_FIELDS,
            *(f"{{{n}}}" for n in NOTE_FIELDS),
        ]
    )
    | st.text(max_size=3),
    max_size=12,
).map("".join)


@given(_PARTS, st.dictionaries(st.sampled_from(NOTE_FIELDS), st.text(max_size=5)))
def test_a_template_that_is_accepted_can_be_filled_with_anything(template, some):
    with suppress(ValueError):
        check_template(template)
        assert isinstance(fill_template(template, VALUES | some), str)


@given(_PARTS, st.dictionaries(st.sampled_from(NOTE_FIELDS), st.text(max_size=5)))
def test_an_argument_that_is_accepted_is_filled_or_refused(argument, some):
    with suppress(ValueError):
        check_note_command(("x", argument))
        made = fill_arguments(("x", argument), VALUES | some)
        assert made[0] == "x"
        assert not made[1].startswith("-") or argument.startswith("-")


def test_fields_mean_the_same_as_in_python():
    template = "{{a}} {email} }}{{ {time}{{{date}}}"
    assert fill_template(check_template(template), VALUES) == template.format(**VALUES)

"""Configured keys: which are accepted, and how mistakes are reported."""

import string

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.cli.config import _key_rows
from dazos_tui.config.errors import ConfigError
from dazos_tui.config.keymap import DEFAULT_KEYS, display_key, is_character_key, parse_key
from dazos_tui.config.keymap_table import KeyTable
from dazos_tui.config.load import load_config
from dazos_tui.config.models import Config


@pytest.fixture
def keys(tmp_path):
    def keys(table: str):
        path = tmp_path / "config.toml"
        path.write_text(f"[keys]\n{table}\n", encoding="utf-8")
        return load_config(path).keys.effective

    return keys


@pytest.fixture
def problems(keys):
    def problems(table: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            keys(table)
        return [line.partition("config.toml: ")[2] for line in str(caught.value).splitlines()]

    return problems


def test_without_configured_keys_the_defaults_apply(keys):
    assert keys("") == DEFAULT_KEYS


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ('"ctrl+t"', "ctrl+t"),
        ('"Ctrl+T"', "ctrl+t"),
        ('"F4"', "f4"),
        ('"n"', "n"),
        ('"N"', "N"),
        ('"?"', "question_mark"),
        ('"question_mark"', "question_mark"),
        ('" "', "space"),
        ('"Ins"', "insert"),
        ('"é"', "é"),
    ],
)
def test_keys_can_be_written_in_the_usual_ways(keys, written, key):
    assert keys(f'back = "f12"\nmore = {written}')["more"] == (key,)


def test_several_keys_are_a_list_and_no_keys_an_empty_one(keys):
    found = keys('send = ["f11", "x", "X", "x"]\nbrowser = []')
    assert found["send"] == ("f11", "x", "X")
    assert found["browser"] == ()


def test_a_configured_key_overrides_another_commands_default(keys):
    found = keys('send = "n"\nmore = "o"')
    assert (found["send"], found["note"], found["more"], found["browser"]) == (("n",), ("f4",), ("o",), ())


def test_commands_can_swap_their_keys(keys):
    found = keys('send = "m"\nmore = "s"')
    assert (found["send"], found["more"]) == (("m",), ("s",))


def test_an_unknown_command_suggests_the_most_similar(problems):
    [text] = problems('snd = "x"')
    assert text.startswith("keys.snd: unknown key (did you mean “send”?)")


@pytest.mark.parametrize("key", ["e", "f", "r", "t", "v"])
def test_no_letter_that_answers_the_send_dialog_opens_it(keys, problems, key):
    [text] = problems(tomli_w.dumps({"send": [key]}))
    assert f"{key} answers the question that send opens" in text
    assert keys(tomli_w.dumps({"sort": [key]}))["sort"] == (key,)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        *((f"ctrl+{letter}", "Ctrl+") for letter in "absqhijm"),
        ("ctrl+b", "is taken by tmux"),
        ("ctrl+a", "is taken by screen"),
        ("Ctrl+I", "is Tab to a terminal"),
        ("j", "moves in the lists"),
        ("left", "edits what you type"),
        ("y", "says yes in dialogs"),
        ("A", "sends despite warnings in dialogs"),
        ("ctrl+shift+x", "not every terminal sends"),
        ("f13", "not every terminal sends"),
        ("hyper", "not every terminal sends"),
        ("", "not every terminal sends"),
        ("\x1b", "not every terminal sends"),
        ("€", "not every terminal sends"),
    ],
)
def test_a_key_that_never_arrives_is_refused_with_the_reason(problems, key, reason):
    [text] = problems(tomli_w.dumps({"more": [key]}))
    assert text.startswith("keys.more: ")
    assert reason in text
    assert "expected a key such as" in text


@pytest.mark.parametrize("value", ["1", "true", "[1]", '[["x"]]', "{ x = 1 }"])
def test_a_value_that_is_not_a_key_is_reported(problems, value):
    assert problems(f"more = {value}")[0].startswith("keys.more: is not a key; expected a key")


def test_two_commands_with_one_key_are_both_named(problems):
    assert problems('send = "x"\nmore = ["f11", "x"]')[0].startswith(
        "keys: send and more have the same key, x"
    )


def test_back_always_keeps_a_key(problems):
    [text] = problems("back = []")
    assert "back would have no key left" in text


@pytest.mark.parametrize("table", ["quit = []", 'quit = "f10"', 'send = ["q", "ctrl+x"]'])
def test_f10_always_quits(keys, table):
    assert keys(table)["quit"] == ("f10",)


def test_f10_quits_besides_configured_keys(keys):
    assert keys('quit = ["x", "ctrl+x"]')["quit"] == ("x", "ctrl+x", "f10")
    assert ("keys.quit", "x F10", "config") in _key_rows(Config(keys=KeyTable(**{"quit": "x"})))


@pytest.mark.parametrize(
    ("key", "owner", "reason"),
    [
        ("f10", "quit", "F10 always quits"),
        ("Esc", "back", "Esc closes every dialog"),
        ("ctrl+c", "stop", "Ctrl+C closes every dialog"),
        ("ctrl+l", "redraw", "Ctrl+L redraws every dialog"),
    ],
)
def test_a_reserved_key_cannot_be_given_to_another_command(keys, problems, key, owner, reason):
    for other in {*DEFAULT_KEYS} - {owner}:
        [text] = problems(
            f'back = "f12"\nquit = "x"\n{other} = "{key}"'
            if other not in {"back", "quit"}
            else f'{other} = "{key}"'
        )
        assert f"{other} cannot have" in text
        assert reason in text
    assert parse_key(key) in keys(f'{owner} = ["f11", "{key}"]')[owner]


def test_effective_keys_are_shown(keys):
    table = KeyTable(**{"send": ["n", "?"], "browser": []})
    assert _key_rows(Config(keys=table)) == [
        ("keys.send", "n ?", "config"),
        ("keys.note", "F4", "default"),
        ("keys.browser", "-", "config"),
        ("keys.help", "Ctrl+G F1", "default"),
        ("keys", "the others unchanged", "default"),
    ]
    assert _key_rows(Config()) == [("keys", "unchanged", "default")]


_ALLOWED = [
    *(f"f{number}" for number in (*range(1, 10), 11, 12)),
    *(f"ctrl+{letter}" for letter in "defgknoprtuvwxyz"),
    *(set(string.ascii_letters) - set("gGjkyA")), *string.digits, *string.punctuation, "space", "é",
    "enter", "tab", "shift+tab", "insert",
]  # fmt: skip


@given(st.lists(st.sampled_from(_ALLOWED), unique=True, min_size=2, max_size=9))
def test_keys_survive_a_round_trip(tmp_path_factory, written):
    path = tmp_path_factory.mktemp("keys") / "config.toml"
    table = {"quit": "f10", "back": written[0], "filter": written[1:]}
    path.write_text(tomli_w.dumps({"keys": table}), encoding="utf-8")
    found = load_config(path).keys.effective
    assert found["filter"] == tuple(map(parse_key, written[1:]))
    assert [parse_key(display_key(key)) for key in found["filter"]] == list(found["filter"])
    everything = [key for keys in found.values() for key in keys]
    assert len(everything) == len(set(everything))


@given(st.text())
def test_any_text_is_a_key_or_a_value_error(text):
    try:
        key = parse_key(text)
    except ValueError as error:
        said = str(error)
    else:
        said = display_key(key)
        assert parse_key(said) == key
        assert is_character_key(key) or "+" in key or key.isalnum()
    assert said.isprintable()

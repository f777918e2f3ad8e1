"""A short run of the fuzzer, and tests that it finds problems. For a long run see its ``--help``."""

import subprocess
import sys

import pytest

from tests.fuzz import run
from tests.fuzz.__main__ import main, summary
from tests.fuzz.mutate import LONGEST
from tests.fuzz.run import FuzzResult, Plan, attempt, make_input, target_name
from tests.fuzz.seeds import make_seeds
from tests.fuzz.targets import TARGETS, BrokenError, Target, try_one


@pytest.fixture(scope="module")
def seeds():
    return make_seeds()


def test_no_untrusted_text_breaks_its_reader(tmp_path, capsys):
    code = main(["--inputs", "20000", "--jobs", "2", "--folder", str(tmp_path / "failures")])
    printed = capsys.readouterr().out
    assert code == 0, printed
    assert "FAILED" not in printed
    # A fuzzer whose inputs are all rejected at once, or all read, tests little.
    for line in printed.splitlines()[: len(TARGETS)]:
        assert "read " in line, line


def test_unchanged_seeds_can_be_read(seeds):
    for name, texts in seeds.items():
        assert "read" in {try_one(TARGETS[name], text) for text in texts}, name


def test_the_same_seed_gives_the_same_inputs(seeds):
    again = make_seeds()
    for number in range(400):
        text = make_input(seeds, 7, number)
        assert text == make_input(again, 7, number)
        assert len(text) <= 6 * LONGEST
    assert make_input(seeds, 8, 0) != make_input(seeds, 7, 0)


def test_a_failing_input_is_saved_with_its_problem(seeds, tmp_path, monkeypatch):
    def read(text: str) -> str:
        return "".join(text.split("\x1b")[1])

    broken = Target(lambda rng, given: rng.choice(["\x1b\ud800", "none"]), read)
    monkeypatch.setitem(vars(run)["TARGETS"], "login", broken)
    plan, result = Plan(100, 1, 1, tmp_path / "failures"), FuzzResult()
    for number in range(0, 100, len(TARGETS)):
        attempt(plan, seeds, number, result)
    assert result.counts["login", "FAILED"] == len(range(0, 100, len(TARGETS)))
    assert f"FAILED {result.failures[0]}" in summary(result)
    problems = "".join(file.with_suffix(".problem").read_text() for file in result.failures)
    assert "U+D800 came through" in problems
    assert "IndexError" in problems
    for file in result.failures:
        number = int(file.stem.rpartition("-")[2])
        assert target_name(number) == "login"
        assert file.read_bytes().decode("utf-8", "surrogatepass") == make_input(seeds, 1, number)


@pytest.mark.parametrize(
    ("value", "what"),
    [("a\x9bb", "9B"), (["x", {"y\u202e": 1}], "202E"), ("\ud800", "D800"), ({"a": ("\u2028",)}, "2028")],
    ids=ascii,
)
def test_harmful_characters_are_found_anywhere_in_a_value(value, what):
    with pytest.raises(BrokenError, match=what):
        try_one(Target(lambda rng, seeds: "", lambda text: value), "")


def test_an_error_without_text_or_with_unsafe_text_is_found():
    class OddError(Exception):
        advice = "Try again."

    def fail(text: str) -> str:
        raise OddError(text)

    for said in ("", "\x1b[31m"):
        with pytest.raises(BrokenError):
            try_one(Target(lambda rng, seeds: "", fail, (OddError,)), said)
    assert try_one(Target(lambda rng, seeds: "", fail, (OddError,)), "No.") == "OddError"


def test_the_command_tries_a_saved_input_again(tmp_path):
    file = tmp_path / "text-1-7.input"
    file.write_bytes("a\ud800b".encode("utf-8", "surrogatepass"))
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--again", str(file)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "read\n"

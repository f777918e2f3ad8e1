"""A short run of the fuzzer, and whether it finds what is wrong. For the long one see its ``--help``."""

import subprocess
import sys

import pytest

from tests.fuzz import run
from tests.fuzz.__main__ import main, summary
from tests.fuzz.mutate import LONGEST
from tests.fuzz.run import Found, Plan, attempt, input_of, names_of
from tests.fuzz.seeds import make_seeds
from tests.fuzz.targets import TARGETS, BrokenError, Target, try_one


@pytest.fixture(scope="module")
def seeds():
    return make_seeds()


def test_nothing_foreign_breaks_what_reads_it(tmp_path, capsys):
    code = main(["--inputs", "20000", "--jobs", "2", "--folder", str(tmp_path / "failures")])
    printed = capsys.readouterr().out
    assert code == 0, printed
    assert "FAILED" not in printed
    # A fuzzer whose inputs are all refused at the door, or all read, tests little.
    for line in printed.splitlines()[: len(TARGETS)]:
        assert "read " in line, line


def test_seeds_are_read_as_they_are(seeds):
    for name, texts in seeds.items():
        assert "read" in {try_one(TARGETS[name], text) for text in texts}, name


def test_the_same_seed_gives_the_same_inputs(seeds):
    again = make_seeds()
    for number in range(400):
        text = input_of(seeds, 7, number)
        assert text == input_of(again, 7, number)
        assert len(text) <= 6 * LONGEST
    assert input_of(seeds, 8, 0) != input_of(seeds, 7, 0)


def test_what_must_not_come_out_is_kept_with_its_input(seeds, tmp_path, monkeypatch):
    def read(text: str) -> str:
        return "".join(text.split("\x1b")[1])

    broken = Target(lambda chance, given: chance.choice(["\x1b\ud800", "none"]), read)
    monkeypatch.setitem(vars(run)["TARGETS"], "login", broken)
    plan, found = Plan(100, 1, 1, tmp_path / "failures"), Found()
    for number in range(0, 100, len(TARGETS)):
        attempt(plan, seeds, number, found)
    assert found.counts["login", "FAILED"] == len(range(0, 100, len(TARGETS)))
    assert f"FAILED {found.failures[0]}" in summary(found)
    problems = "".join(file.with_suffix(".problem").read_text() for file in found.failures)
    assert "U+D800 came through" in problems
    assert "IndexError" in problems
    for file in found.failures:
        number = int(file.stem.rpartition("-")[2])
        assert names_of(number) == "login"
        assert file.read_bytes().decode("utf-8", "surrogatepass") == input_of(seeds, 1, number)


@pytest.mark.parametrize(
    ("value", "what"),
    [("a\x9bb", "9B"), (["x", {"y\u202e": 1}], "202E"), ("\ud800", "D800"), ({"a": ("\u2028",)}, "2028")],
    ids=ascii,
)
def test_harmful_characters_are_seen_wherever_they_are(value, what):
    with pytest.raises(BrokenError, match=what):
        try_one(Target(lambda chance, seeds: "", lambda text: value), "")


def test_an_error_that_says_what_it_must_not_is_seen():
    class OddError(Exception):
        advice = "Try again."

    def fail(text: str) -> str:
        raise OddError(text)

    for said in ("", "\x1b[31m"):
        with pytest.raises(BrokenError):
            try_one(Target(lambda chance, seeds: "", fail, (OddError,)), said)
    assert try_one(Target(lambda chance, seeds: "", fail, (OddError,)), "No.") == "OddError"


def test_a_saved_input_is_tried_again_by_the_command(tmp_path):
    file = tmp_path / "text-1-7.input"
    file.write_bytes("a\ud800b".encode("utf-8", "surrogatepass"))
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--again", str(file)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "read\n"

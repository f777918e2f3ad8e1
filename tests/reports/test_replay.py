"""A report that is served again leads a check to the same results as the instance that it is of."""

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from dazos_tui.config.models import Instance
from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.http.exchange import Exchange
from dazos_tui.crm.models import Challenge, ChallengeFieldKind
from dazos_tui.crm.pages.profile import parse_profile
from dazos_tui.demo.errors import DemoError
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.pages.login import FURTHER_FIELDS
from dazos_tui.demo.presets import HARBOR, RIDGE, InstancePreset
from dazos_tui.demo.replay import ReportServer, read_answers, read_report
from dazos_tui.demo.server import DemoServer
from dazos_tui.instances.doctor import run_doctor
from dazos_tui.instances.factory import Prompts, dialect_of
from dazos_tui.reports.recorder import ReportRecorder
from tests.demo_presets import USERS, all_presets, instance_keys
from tests.support import demo_instance

SMALL = replace(HARBOR, users=USERS)
TRAPS = (
    replace(SMALL, name="answered-late", sign_in_answer="headers already sent"),
    replace(SMALL, name="refresh", sign_in_answer="refresh"),
    replace(SMALL, name="secure-cookie", cookie_trap="secure"),
    replace(SMALL, name="other-domain", cookie_trap="other domain"),
    replace(SMALL, name="expiring-cookie", cookie_trap="expires"),
    replace(SMALL, name="sso", single_sign_on=True),
    replace(SMALL, name="not-set-up", set_up=False),
    replace(SMALL, name="more-fields", asks_at_sign_in=True),
    replace(RIDGE, name="code-everywhere", users=USERS, code_asked="on every page"),
)


@dataclass
class Seen:
    """The results of one check: its steps, and what the client's own parsers find on the pages."""

    steps: list[tuple[str, bool, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    columns: set[tuple[str, ...]] = field(default_factory=set)
    menus: list[tuple[tuple[str, str, bool], ...]] = field(default_factory=list)

    def add(self, exchange: Exchange, instance: Instance) -> None:
        if "view=List" in exchange.url:
            self.columns.add(tuple(re.findall(r"data-columnname=[\"'](\w+)", exchange.text)))
        if "view=Detail" in exchange.url:
            record = re.findall(r"record=(\d+)", exchange.url)[-1]
            profile = parse_profile(exchange.text, user_id=record, labels=instance.labels)
            self.menus.append(
                tuple((item.label, item.kind.value, bool(item.problem)) for item in profile.menu)
            )


async def _answer(challenge: Challenge) -> dict[str, str]:
    """Answer the further fields of a sign-in form, as the demo wants them if it says so."""
    known = {one.name: FURTHER_FIELDS.get(one.name, "0") for one in challenge.fields}
    boxes = {one.name for one in challenge.fields if one.kind is ChallengeFieldKind.CHECKBOX}
    return {name: value for name, value in known.items() if name not in boxes or name in FURTHER_FIELDS}


async def check(instance: Instance) -> tuple[Seen, ReportRecorder]:
    async def no_password(_):
        raise AssertionError

    recorder = ReportRecorder(instance.url, dialect_of(instance))
    seen = Seen()

    def watch(exchange: Exchange) -> None:
        recorder.add(exchange)
        seen.add(exchange, instance)

    async for step in run_doctor(instance, Prompts(no_password, _answer), on_exchange=watch):
        recorder.add_step(step.step.value, ok=step.ok, error=step.error)
        seen.steps.append((step.step.value, step.ok, type(step.error).__name__))
        # A report has neither hosts nor the titles of pages.
        seen.words.append(re.sub(r"127\.0\.0\.1:\d+|, “[^”]*”(?=:)", "", step.message))
    return seen, recorder


async def _check_demo(preset: InstancePreset) -> tuple[Seen, ReportRecorder, Instance]:
    with DemoServer(preset) as server:
        instance = demo_instance(server, preset.name, **instance_keys(preset.name))
        return *await check(instance), instance


def _requests(recorder: ReportRecorder) -> set[tuple[str, int]]:
    """Return the requests with their statuses; which person the check looks at may be another one."""
    requests = recorder.report()["exchanges"]
    return {(re.sub(r"\{\d+\}", "{}", one["url"]), one["status"]) for one in requests}


@pytest.mark.parametrize("preset", [*all_presets(), *TRAPS], ids=lambda preset: preset.name)
async def test_the_same_steps_columns_and_menus(preset):
    original, recorder, instance = await _check_demo(preset)
    with ReportServer(json.loads(recorder.text())) as served:
        again, second = await check(instance.model_copy(update={"url": served.url}))
    assert again.steps == original.steps
    assert again.columns == original.columns
    assert again.menus == original.menus
    if not preset.asks_at_sign_in:
        assert again.words == original.words
    assert _requests(second) == _requests(recorder)


async def test_labels_and_addresses_of_the_config_become_the_usual_ones():
    """A report is served again without the labels and addresses that the instance has of its own."""
    preset = replace(
        SMALL,
        profile_menu=tuple(replace(item, label=f"Acme {item.label}") for item in SMALL.profile_menu),
        row_menu=(),
    )
    with DemoServer(preset) as server:
        labels = Labels(send_reset_link="Acme Send Reset Link")
        paths = {"users": "./index.php?module=Users&parent=Settings&view=List&acme=1"}
        instance = demo_instance(server, preset.name, labels=labels, paths=paths)
        original, recorder = await check(instance)
    assert original.steps[-1] == ("menu item", True, "NoneType")
    assert "acme" not in recorder.text().lower()
    with ReportServer(recorder.report()) as served:
        plain = Instance(
            name="plain", url=served.url, username="me", environment="sandbox", password_command=["echo", "p"]
        )
        again, _ = await check(plain)
    assert again.steps == original.steps


@pytest.mark.parametrize(
    ("place", "fault", "step"),
    [
        ("home", Fault("<h1>Maintenance</h1>", 503), "crm"),
        ("home", Fault("<h1>Another site</h1>"), "crm"),
        ("sign-in", Fault("", 500), "sign in"),
        ("list", Fault("<h1>Fatal error</h1>"), "admin rights"),
        (
            "list",
            Fault("<img src=a/denied.gif><span class=genHeaderSmall>Not for you</span>"),
            "admin rights",
        ),
        ("profile", Fault("<table><tr><td>Half a page"), "menu item"),
        ("profile", Fault("{}", 404), "menu item"),
    ],
)
async def test_a_failed_step_fails_in_the_same_way(place, fault, step):
    with DemoServer(SMALL) as server:
        server.instance(SMALL.name).faults.inject(place, fault, times=None)
        instance = demo_instance(server, SMALL.name)
        original, recorder = await check(instance)
    assert original.steps[-1][:2] == (step, False)
    with ReportServer(recorder.report()) as served:
        again, _ = await check(instance.model_copy(update={"url": served.url}))
    assert again.steps == original.steps


async def test_a_list_that_is_cut_short_is_so_again():
    with DemoServer(SMALL) as server:
        server.instance(SMALL.name).faults.cut_page(2)
        instance = demo_instance(server, SMALL.name)
        original, recorder = await check(instance)
    assert not original.steps[-1][1]
    with ReportServer(recorder.report()) as served:
        again, _ = await check(instance.model_copy(update={"url": served.url}))
    assert (again.steps, again.words) == (original.steps, original.words)


CASES = sorted(Path(__file__).with_name("cases").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_reports_of_instances_lead_to_what_they_should(path):
    """Each file in `cases` is a report; its key `expected` has the steps if they are not those reported."""
    report = read_report(path)
    with ReportServer(report) as served:
        instance = Instance(
            name="case", url=served.url, username="me", environment="sandbox", password_command=["echo", "p"]
        )
        _, recorder = await check(instance)
    assert recorder.report()["doctor"] == report.get("expected", report["doctor"])


@pytest.mark.parametrize(
    "report",
    [{}, {"format": "dazos-tui report 9"}, {"format": "dazos-tui report 1", "exchanges": [{}]}, []],
    ids=["empty", "other format", "damaged", "list"],
)
def test_what_is_no_report_is_refused(report):
    with pytest.raises(DemoError):
        read_answers(report)


def test_a_file_that_is_no_report_is_refused(tmp_path):
    path = tmp_path / "report.json"
    with pytest.raises(DemoError):
        read_report(path)
    path.write_text("{")
    with pytest.raises(DemoError):
        read_report(path)

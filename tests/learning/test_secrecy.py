"""No secret of a recording and nothing about a person gets into the config, on the screen or into the log."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
import tomli_w
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests.cli.conftest import Desk
from tests.learning.copied import FLAVOURS, Copied
from tests.learning.pages import MadeUpPerson, list_page, login_page, profile_page
from tests.learning.recorder import LIST, har_of

RUNS = settings(
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    # To shrink an example takes minutes, as each one writes files.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
BASE = "https://crm.example.com/"
# Letters that no word of ours has side by side, so that a text found is one that was planted.
syllables = st.text("qxzvjkwQXZVJKWñøžčßл", min_size=4, max_size=9)
lower = st.text("qxzvjkw", min_size=4, max_size=9)
names = st.builds("{} {}".format, syllables, syllables)
emails = st.builds("{}.{}@{}.example.com".format, lower, lower, lower)
user_names = st.one_of(lower, st.builds("{}.{}".format, lower, lower), emails)
ids = st.integers(min_value=10_000, max_value=10**11).map(str)
secrets = st.one_of(
    st.text("0123456789abcdef", min_size=16, max_size=40).filter(lambda text: not text.isdecimal()),
    st.text("ABCDEFqxzv0189+/=_-", min_size=12, max_size=40),
    st.builds("sid:{},1732872222".format, st.text("0123456789abcdef", min_size=20, max_size=40)),
    st.builds("eyJhbGci{}.{}".format, lower, lower),
    syllables,
)
people = st.builds(MadeUpPerson, id=ids, name=names, user_name=user_names, email=emails, access_key=secrets)
FIELD_NAMES = """
    why ref x team owner note data[who] first_name to token sid _ ts key auth password email user userId mode2
    session label id __vtrftk app
"""
field_names = st.sampled_from(FIELD_NAMES.split())


@dataclass(frozen=True)
class Recording:
    """What was planted, and where in the request that sends the link."""

    person: MadeUpPerson
    others: list[MadeUpPerson]
    secrets: list[str]
    fields: list[tuple[str, str]]
    headers: list[tuple[str, str]]
    as_json: bool
    in_query: bool
    key: str = ""
    """The name of a JSON object around the fields; empty for none."""

    @property
    def planted(self) -> set[str]:
        texts = {text for person in (self.person, *self.others) for text in person.texts}
        return texts | set(self.secrets)


@st.composite
def recordings(draw):
    person, others = draw(people), draw(st.lists(people, max_size=2))
    planted_secrets = draw(st.lists(secrets, min_size=5, max_size=5))
    texts = [text for one in (person, *others) for text in one.texts] + planted_secrets
    pairs = st.tuples(field_names, st.sampled_from(texts))
    header_names = st.sampled_from(
        [
            "X-Requested-With",
            "X-CSRF-Token",
            "Accept",
            "Authorization",
            "X-Api-Key",
            "Referer",
            "Origin",
            "X-PJAX",
        ]
    )
    return Recording(
        person,
        others,
        planted_secrets,
        draw(st.lists(pairs, max_size=2, unique_by=lambda pair: pair[0])),
        draw(st.lists(st.tuples(header_names, st.sampled_from(texts).filter(str.isascii)), max_size=3)),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.sampled_from(["", "", "", person.email, person.name, person.id])),
    )


def send_of(recording: Recording) -> Copied:
    """Return the request that sends the link, with texts planted in it."""
    token, cookie = recording.secrets[:2]
    fields = [("record", recording.person.id), *recording.fields]
    url = f"{BASE}index.php?module=Users&action=SendResetLink"
    if recording.in_query:
        url, fields = f"{url}&{urlencode(fields)}", []
    body = (
        json.dumps({recording.key: dict(fields)} if recording.key else dict(fields), ensure_ascii=False)
        if recording.as_json
        else urlencode([("__vtrftk", token), *fields])
    )
    return Copied(
        url,
        body,
        headers=(("accept", "*/*"), *recording.headers),
        content_type="application/json" if recording.as_json else "application/x-www-form-urlencoded",
        cookie=f"PHPSESSID={cookie}",
    )


def har_of_walk(recording: Recording) -> dict[str, object]:
    token, cookie, password = recording.secrets[:3]
    send = send_of(recording)
    record = f"module=Users&view=Detail&parent=Settings&record={recording.person.id}"
    sign_in = urlencode(
        {
            "__vtrftk": token,
            "username": recording.others[0].user_name if recording.others else "zz",
            "password": password,
        }
    )
    answer = json.dumps({"success": True, "result": {"message": f"Sent to {recording.person.name}"}})

    def entry(method, url, text, body="", kind="application/x-www-form-urlencoded", headers=()):
        pairs = [
            {"name": "Cookie", "value": f"PHPSESSID={cookie}"},
            *({"name": name, "value": value} for name, value in headers),
        ]
        request = {
            "method": method,
            "url": url,
            "headers": pairs,
            "cookies": [{"name": "PHPSESSID", "value": cookie}],
        }
        if body:
            request["postData"] = {"mimeType": kind, "text": body}
        set_cookie = [{"name": "Set-Cookie", "value": f"PHPSESSID={cookie}"}]
        content = {"mimeType": "text/html", "text": text}
        return {"request": request, "response": {"status": 200, "headers": set_cookie, "content": content}}

    return har_of(
        [
            entry("GET", f"{BASE}index.php", login_page(token)),
            entry("POST", f"{BASE}index.php", "", sign_in),
            entry("GET", f"{BASE}{LIST}", list_page([recording.person, *recording.others], token)),
            entry("GET", f"{BASE}index.php?{record}", profile_page(recording.person, token)),
            entry("POST", send.url, answer, send.body, send.content_type, send.headers),
        ]
    )  # fmt: skip


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    tables = {"instances": {"acme": {"url": BASE, "username": "admin", "environment": "sandbox"}}}
    desk.config.write_text("# mine\n" + tomli_w.dumps(tables))
    desk.config.chmod(0o600)
    return desk


def everything_written(desk: Desk, *arguments: str) -> tuple[int, str]:
    """Run the command, and return its exit code, and all that it wrote anywhere."""
    before = desk.config.read_text()
    log = desk.folder / "log"
    run = desk.call("--log", str(log), "learn", "-i", "acme", "--yes", *arguments)
    written = run.stdout + run.stderr + desk.config.read_text() + log.read_text()
    assert sorted(path.name for path in desk.folder.iterdir() if path.suffix != ".txt") == [
        "config.toml",
        "log",
    ]
    desk.config.write_text(before)
    log.unlink()
    return run.returncode, written


def leaked(recording: Recording, written: str) -> list[str]:
    return [text for text in recording.planted if text in written or json.dumps(text)[1:-1] in written]


@pytest.mark.parametrize("as_json", [False, True])
@given(recording=recordings(), flavour=st.sampled_from(FLAVOURS))
@RUNS
def test_of_a_copied_request(desk, recording, flavour, as_json):
    path = desk.folder / "copied.txt"
    path.write_text(send_of(recording).as_text(flavour), encoding="utf-8")
    code, written = everything_written(desk, "--curl", str(path), *(["--json"] if as_json else []))
    assert leaked(recording, written) == []
    assert code in {0, 2, 4}


@pytest.mark.parametrize("as_json", [False, True])
@given(recording=recordings())
@RUNS
def test_of_a_har_file(desk, recording, as_json):
    path = desk.folder / "walk.txt"
    path.write_text(json.dumps(har_of_walk(recording)), encoding="utf-8")
    code, written = everything_written(desk, "--har", str(path), *(["--json"] if as_json else []))
    assert leaked(recording, written) == []
    assert code in {0, 4}


@given(recording=recordings())
@RUNS
def test_of_a_plain_walk_that_is_learned(desk, recording):
    """The same, where the request has nothing else in it, so that something is written each time."""
    assume(recording.person.email != recording.person.user_name)
    plain = Recording(
        recording.person, recording.others, recording.secrets, [], [], as_json=False, in_query=False
    )
    path = desk.folder / "walk.txt"
    path.write_text(json.dumps(har_of_walk(plain)), encoding="utf-8")
    code, written = everything_written(desk, "--har", str(path))
    assert leaked(plain, written) == []
    assert code == 0
    assert 'record = "{id}"' in written

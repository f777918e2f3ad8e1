"""The fuzzer's seed inputs: pages and answers of the demo CRM, and small ones written by hand."""

import json
import re
from collections.abc import Mapping
from contextlib import closing

import httpx
import tomli_w

from dazos_tui.crm.pages.webservice_results import USER_COLUMNS
from dazos_tui.demo.clock import ManualClock
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from tests.crm import html
from tests.demo.api import Program
from tests.demo.test_login_history import HISTORY
from tests.demo.visitor import AJAX, INACTIVE, LIST, PJAX, Visitor
from tests.fuzz.mutate import NASTY

Seeds = Mapping[str, tuple[str, ...]]
"""The seed inputs by kind. Each kind has at least one."""

_ROW = re.compile(r"<tr[^>]*listViewEntries.*?</tr>", re.DOTALL)
_AROUND = re.compile(
    r"<style>.*?</style>|<script>(?!var csrf).*?</script>"
    r'|<div class="hide" id="app-menu".*?<div class="layout">|<span class="hide edit.*?</span>',
    re.DOTALL,
)


def make_seeds() -> Seeds:
    """Return the seed inputs. Takes a second, since a demo CRM is started for them."""
    pages, answers = _demo_texts()
    return {
        "login": (pages["login"], pages["failed"], html.LOGIN, *_CHALLENGES),
        "landing": (html.HOME, html.LOGIN, pages["landing"], *_CHALLENGES),
        "users": (*(pages[name] for name in ("users", "inactive", "search")), html.DENIED, *_LISTS),
        "profile": (pages["profile"], html.DENIED, *_PROFILES),
        "sign-ins": (pages["sign-ins"], html.DENIED, *_LOGIN_HISTORIES),
        "answer": (*answers, *_ANSWERS),
        "service": (*answers, *_SERVICE),
        "config": (pages["config"], *_CONFIGS),
        "text": ("Ann García", "王芳", "O'Brien & Sons [/]", *NASTY),
    }


def _demo_texts() -> tuple[dict[str, str], tuple[str, ...]]:
    with (
        DemoServer(users=6, clock=ManualClock()) as server,
        closing(Visitor(server.instances[0].url)) as visitor,
    ):
        demo = server.instances[0]
        pages = _pages(visitor, demo) | {"config": tomli_w.dumps(demo_config(server.instances))}
        answers = (*_answers(visitor, demo), *_api_answers(demo))
    return {name: _without_random(page) for name, page in pages.items()}, tuple(map(_without_random, answers))


def _without_random(text: str) -> str:
    """Return what the demo sent, with random parts fixed: the same seeds must give the same inputs."""
    text = re.sub(r"sid:[0-9a-f]+,[0-9]+", html.TOKEN, text)
    text = re.sub(r'"(token|sessionName)": ?"[^"]*"', r'"\1":"5f3c0ffee"', text)
    return re.sub(r"127\.0\.0\.1:[0-9]+", "127.0.0.1:8000", text)


def _pages(visitor: Visitor, demo: DemoInstance) -> dict[str, str]:
    pages = {"login": visitor.get("index.php").text}
    visitor.sign_in(demo.username, "wrong")
    pages["failed"] = visitor.get("index.php?module=Users&parent=Settings&view=Login&error=login").text
    pages["landing"] = visitor.http.get(
        visitor.sign_in(demo.username, demo.password).headers["location"]
    ).text
    pages["users"] = _few_rows(visitor.get(LIST, headers=PJAX))
    pages["inactive"] = _few_rows(visitor.get(LIST + INACTIVE, headers=PJAX))
    pages["search"] = _few_rows(
        visitor.get(LIST + '&search_params=[[["user_name","e","demo.admin"]]]', headers=PJAX)
    )
    record = demo.person(demo.non_admin.username).id
    profile = f"index.php?module=Users&view=Detail&parent=Settings&record={record}"
    pages["profile"] = _small(visitor.get(profile).text)
    pages["sign-ins"] = visitor.get(HISTORY + demo.username, headers=PJAX).text
    return pages


def _few_rows(reply: httpx.Response) -> str:
    """Return a page of the list with only its first row, which is representative of the others."""
    rows = _ROW.findall(reply.text)
    return _ROW.sub(lambda found: found[0] if found[0] in rows[:1] else "", reply.text)


def _small(page: str) -> str:
    """Return a page without the 150 KB around its content, which no parser reads."""
    return _AROUND.sub("", page)


def _answers(visitor: Visitor, demo: DemoInstance) -> list[str]:
    """Return answers to an action: success, refused for a stale token, and refused because it was a GET."""
    action = (
        f"index.php?module=Users&parent=Settings&action=SendResetLink&record={demo.person(demo.username).id}"
    )
    posted = [visitor.post(action, token).text for token in (visitor.token(LIST), "stale")]
    return [*posted, visitor.get(action, headers=AJAX).text]


def _api_answers(demo: DemoInstance) -> list[str]:
    program = Program(demo.url)
    with closing(program.http):
        answers = [
            program.get("getchallenge", username=demo.username),
            program.login(demo.username, demo.person(demo.username).accesskey),
            program.query("SELECT count(*) FROM Users;"),
            program.query(f"SELECT {','.join(USER_COLUMNS)} FROM Users ORDER BY id LIMIT 0,2;"),  # noqa: S608
            program.login(demo.username, "wrong"),
        ]
    return [json.dumps(answer) for answer in answers]


_CHALLENGES = (
    f"""<html>{html.TOKEN_SCRIPT}<body><form method=POST action="index.php"><label for=c>Your code</label>
<input type=hidden name=module value=Users><input id=c name=code type=password placeholder="6 digits">
<input type=checkbox name=t value=1><input type=radio name=r value=a><button name=go value=1>Go</button>
<select name=s><option value=1>One<option>Two</select></form></body></html>""",
    '<div class="failureMessage">Invalid credentials</div>' + html.LOGIN,
)
_MENU = html.item("Send Reset Link", "Users.send('index.php?module=Users&action=S&record=7')") + html.item(
    "Enable Login", 'x("index.php?a=\\u0027&record=7")', carrier="href"
)
_ODD = html.item("Send Reset Link", "go(7)//'index.php?module=Users&action=S&record[]=8'") + html.item(
    "Send Reset Link", "go('index.php?module=Users&action=DeleteAjax&record=7','&record=8')", carrier="href"
)
_LISTS = (
    html.users(html.row("7", menu=_MENU), announced=2, more=True),
    html.users(
        html.row("8", "", "", name_at=2), columns=("roleid", "first_name", "user_name", "email1", "x")
    ),
    html.users(
        html.row("9", values=("Inactive", "bob"), menu=_ODD), columns=("first_name", "status", "user_name")
    ),
    html.users(),
)
_PROFILES = (
    html.profile(
        "7",
        html.more("Send Reset Link", "index.php?module=Users&action=SaveAjax&mode=sendLink&record=7"),
        '<input class="fieldBasicData" data-name="status" data-value="Active">'
        '<input class="fieldBasicData" data-name="is_admin" data-value="1">',
        status="Activo",
    ),
    '<img src="a/denied.gif"><span class="genHeaderSmall">Permiso denegado</span>',
    html.profile("7", html.more("Send Reset Link", "index.php?module=Users&action=S&record=7")),
    html.profile(
        "7", status="Inactive", extra=html.block("LBL_X", "More", {"title": "Clerk", "phone_work": "1"})
    ),
)
_LOGIN_HISTORIES = (
    "<table><tr class=listViewEntries><td>Ann<td>::1<td>15/01/2027 8:00:00 a.m.<td>---<td>Signed in</table>",
    "<input id=noOfEntries value=1><table><tr><th><a data-columnname=login_time>T</a>"
    "<tr class=listViewEntries><td>2027-01-15 08:00</table>",
)
_SAID: tuple[object, ...] = (
    {"success": True, "result": {"message": "Reset Password Instruction has been sent successfully!"}},
    {"success": True, "result": "Sent"},
    {"success": False, "error": {"code": "Permission denied", "message": "Permission denied"}},
    {"success": False, "error": {"code": 7, "message": "No\u001b[31m \ud800 mail"}},
    {"success": False, "error": "Login is required"},
    {"success": True, "error": {"code": "Mail not sent"}},
    {"success": True, "result": {"success": False, "message": "No"}},
)
_WARNED = "<br />\n<b>Warning</b>:  x in <b>/a.php</b> on line <b>7</b><br />\n"
_ANSWERS = (
    *map(json.dumps, _SAID),
    *(_WARNED + json.dumps(said) for said in _SAID),
    f"\nDeprecated: x in /a.php on line 7\n{json.dumps(_SAID[0])}<!-- proxy -->",
    '{"status":"ok","data":{"sent":1,"text":"Sent!"}}',
    '{"status":"failed","code":"Mail","data":{"text":"No mail."}}',
    "Invalid request",
    "",
)
_PERSON = {
    "id": "19x7",
    "user_name": "ann",
    "first_name": "Ann",
    "last_name": "Lee",
    "is_admin": "on",
    "email1": "ann@x.test",
    "status": "Active",
    "accesskey": "k3y",
}
_SAID_BY_THE_API: tuple[object, ...] = (
    {"success": True, "result": {"token": "5f3c0ffee", "serverTime": 1, "expireTime": 301}},
    {"success": True, "result": {"sessionName": "5e55", "userId": "19x1", "version": "0.22"}},
    {"success": True, "result": [{"count": "387"}]},
    {
        "success": True,
        "result": [_PERSON, {"id": "19x8", "user_name": "\u001b]52;c;A\u0007", "status": "active"}],
    },
    {"success": False, "error": {"code": "INVALID_SESSIONID", "message": "x"}},
    {"success": False, "error": {"code": "ACCESS_DENIED"}},
)
_SERVICE = tuple(map(json.dumps, _SAID_BY_THE_API))
_CONFIGS = (
    """theme = "dazos-dark"
note_template = "Sent to {email}\\n\\tat {time} {{{ticket}}}"
note_command = ["gh", "issue", "comment", "{ticket}", "--body-file", "-"]
note_mask_address = true
sign_in_check_seconds = 5
[instances.acme]
url = "https://crm.example.com/index.php?module=Users"
username = "admin"
environment = "production"
password_env = "ACME"
access_key_command = ["pass", "show", "key"]
cooldown_minutes = 5
roles_without_sign_in = ["No Access"]
ca_file = "~/ca.pem"
[instances.acme.labels]
send_reset_link = "Link senden"
inactive = "Inaktiv"
[instances.acme.paths]
users = "index.php?module=Users"
""",
    """[instances.acme]
url = "https://crm.example.com/crm/"
username = "admin"
environment = "production"
[instances.acme.reset_request]
method = "PUT"
path = "api/users/{id}/link?lang=en"
json = { userId = "{id}", number = "{id:number}", who = ["{email}"], notify = true }
headers = { X-CSRF-Token = "{csrf}", Accept = "application/json" }
success = { pointer = "/data/0/status", equals = "ok" }
offered = "always"
[instances.acme.enable_login_request]
path = "index.php?module=Users&action=SaveAjax&mode=enableLogin&record={id}"
form = { __vtrftk = "{csrf}", "user[name]" = "{user_name}" }
""",
    """[instances."Zürich [/]"]
url = "http://127.0.0.1:8000/crm/"
username = "jo"
environment = "sandbox"
allow_http = true
""",
    "instances = []\n[them]\nx = 1979-05-27T07:32:00Z\n",
)

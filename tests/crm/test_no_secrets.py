"""Other users' access keys and password hashes, which the CRM's pages and API show, are not kept anywhere."""

import asyncio
import json
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.crm import html
from tests.crm.servers import ReceivedRequest, answer, serving

MARKER = "k3y0r#ashThatNobodyKeeps"
SECRETS = (
    "accesskey", "access_key", "user_password", "user_hash", "confirm_password", "crypt_type", "api_key",
    "apikey", "password_hash", "secret_token", "private_key", "refresh_token", "pwd", "passwort",
)  # fmt: skip
SAID = dict.fromkeys(SECRETS, MARKER)

BLOCK = html.block("LBL_OF_ITS_OWN", "Of Its Own", {**SAID, "title": "Clerk"})
DISGUISED = (
    '<div class="block" data-block="LBL_X"><h4>More</h4><table><tr>'
    '<td id="Users_detailView_fieldLabel_cf_812"><span>Access  Key</span></td>'
    f'<td id="Users_detailView_fieldValue_cf_812"><span class="value">{MARKER}</span></td></tr></table></div>'
)
AROUND = f"<script>var accesskey = '{MARKER}';</script><!-- {MARKER} --><input type=hidden value={MARKER}>"


def profile(user_id: str, status: str = "Active") -> str:
    page = html.profile(user_id, more_menu(), BLOCK + DISGUISED + AROUND, status=status)
    return page.replace(html.KEY, MARKER)


def more_menu() -> str:
    return html.more("Send Reset Link", "index.php?module=Users&action=SendIt&record=7")


class Crm:
    """A CRM that shows secrets wherever it can."""

    def __call__(self, request: ReceivedRequest) -> bytes:
        params = {key: value[0] for key, value in parse_qs(urlsplit(request.target).query).items()}
        params |= {key: value[0] for key, value in parse_qs(request.body).items()}
        if "operation" in params:
            return self.api(params, request.target.split("/")[2])
        if request.method == "POST":
            return self.posted(params)
        match params.get("view"):
            case "DashBoard":
                return answer(html.HOME)
            case "List":
                return answer(self.users(params))
            case "Detail":
                return answer(self.profile(params["record"]))
        return answer(html.LOGIN)

    def posted(self, params: dict[str, str]) -> bytes:
        if params.get("action") == "Odd":
            return answer(json.dumps({"success": "yes", "result": SAID, "error": SAID}))
        if params.get("action") == "SendIt":
            return answer(json.dumps({"success": True, "result": {"message": "Sent.", **SAID}}))
        return answer(status=302, Location="index.php?module=Home&view=DashBoard")

    def users(self, params: dict[str, str]) -> str:
        row = html.row("7", values=("Sales", "ann", MARKER, "No", MARKER))
        columns = ("first_name", "roleid", "user_name", "accesskey", "is_admin", "user_hash")
        return html.users(row, columns=columns) if "operator" not in params else html.users()

    def profile(self, record: str) -> str:
        match record:
            case "8":
                return profile("8", "Elsewhere")
            case "9":
                return profile("7")
            case "10":
                return profile("10").replace("fieldValue_email1", "fieldValue_email9")
        return profile(record)

    def api(self, params: dict[str, str], folder: str) -> bytes:
        if params["operation"] in {"getchallenge", "login"}:
            return success_response({"token": "5f3c", "sessionName": "5e55", **SAID})
        if "count(*)" in params["query"] and folder != "count":
            return success_response([{"count": "1", **SAID}])
        person = {"id": "19x7", "user_name": "ann", "first_name": "Ann", "status": "Active", **SAID}
        match folder:
            case "rows" | "count":
                return success_response({"0": person})
            case "refused":
                return answer(
                    json.dumps({"success": False, "error": {"code": "ACCESS_DENIED", "message": MARKER}})
                )
            case "cut":
                return answer(json.dumps({"success": True, "result": [person]})[:-9])
        return success_response([person])


def success_response(result: object) -> bytes:
    return answer(json.dumps({"success": True, "result": result}))


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="looks through the collector's own list")
async def test_no_secret_of_other_users_is_kept_anywhere(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    async with serving(Crm()) as server:
        arguments = ("-m", "tests.crm.kept", server.url, str(tmp_path / "state"), MARKER[::-1])
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        stdout, stderr = await process.communicate()
    assert process.returncode == 0, stderr.decode()
    assert stdout.decode().splitlines() == []

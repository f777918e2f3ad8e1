"""``dazos-tui doctor``: all steps that a send needs, on the demo CRM, without sending."""

import json
import socket

import pytest

STEPS = ["reach", "tls", "crm", "sign in", "admin rights", "list", "menu item"]


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def last_step(done):
    """Return the last step, after checking that all others passed."""
    *before, last = records(done)
    assert all(one["ok"] for one in before)
    assert [one["step"] for one in [*before, last]] == STEPS[: len(before) + 1]
    return last


def test_all_is_well_and_nothing_is_sent(desk, harbor):
    done = desk.call("doctor", "-i", "harbor-prod")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line[:6].strip() for line in lines] == ["ok"] * len(STEPS)
    assert [line[8:20].strip() for line in lines] == STEPS
    assert "active" in lines[5]
    assert "“Send Reset Link” is in the menu" in lines[6]
    assert harbor.outbox == []
    assert harbor.sign_in_attempts == 1
    assert not desk.state.exists()


def test_json_has_the_same_keys_for_each_step(desk):
    done = desk.call("doctor", "-i", "harbor-prod", "--json")
    assert [one["step"] for one in records(done)] == STEPS
    for one in records(done):
        assert list(one) == ["instance", "step", "ok", "words", "advice"]
        assert (one["instance"], one["ok"], one["advice"]) == ("harbor-prod", True, "")


def test_the_list_is_counted(desk, harbor):
    counted = records(desk.call("doctor", "-i", "harbor-sandbox", "--json"))[5]["words"]
    told = desk.call("users", "-i", "harbor-sandbox", "--json").stdout.splitlines()
    active = sum(json.loads(line)["status"] == "active" for line in told)
    assert f"{active} active, {len(told) - active} inactive" in counted


def test_nobody_answers(desk, demo):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    desk.configure(demo, url=f"http://127.0.0.1:{port}/")
    done = desk.call("doctor", "-i", "harbor-prod", "--json")
    step = last_step(done)
    assert (done.returncode, step["step"], step["ok"]) == (8, "reach", False)
    assert "Check the address" in step["advice"]
    assert "Check the address" in done.stderr


def test_a_server_without_encryption(desk, demo):
    desk.configure(demo, url=f"{demo.url.replace('http:', 'https:')}/harbor-prod/")
    done = desk.call("doctor", "-i", "harbor-prod", "--json")
    assert done.returncode == 8
    assert not records(done)[-1]["ok"]
    assert records(done)[-1]["step"] in {"reach", "tls"}


def test_a_page_that_is_not_a_crm(desk, demo, harbor):
    desk.configure(demo, url=f"{demo.url}/")
    done = desk.call("doctor", "-i", "harbor-prod", "--json")
    assert (done.returncode, last_step(done)["step"]) == (8, "crm")
    assert harbor.sign_in_attempts == 0


def test_a_wrong_password_is_tried_once(desk, demo, harbor):
    desk.configure(demo, password_command=["echo", "no-such-password"])
    done = desk.call("doctor", "-i", "harbor-prod", "--json")
    assert (done.returncode, last_step(done)["step"]) == (5, "sign in")
    assert harbor.sign_in_attempts == 1
    assert "no-such-password" not in done.stdout + done.stderr


def test_without_a_password_and_a_terminal(desk, demo, harbor):
    desk.configure(demo, password_command=None, keyring=False)
    done = desk.run("doctor", "-i", "harbor-prod", "--json")
    step = last_step(done)
    assert (done.returncode, step["step"]) == (5, "sign in")
    assert "no terminal to ask" in step["words"]
    assert harbor.sign_in_attempts == 0


def test_an_account_without_admin_rights(desk, demo, harbor):
    account = harbor.non_admin
    desk.configure(demo, username=account.username, password_command=["echo", account.password])
    done = desk.call("doctor", "-i", "harbor-prod")
    assert done.returncode == 6
    assert done.stdout.splitlines()[-1].startswith("failed  admin rights  ")
    assert "needs admin rights" in done.stderr


def test_a_list_that_is_cut_short(desk, harbor):
    harbor.faults.cut_page(2)
    done = desk.call("doctor", "-i", "harbor-prod", "--json")
    step = last_step(done)
    assert (done.returncode, step["step"]) == (8, "list")
    assert "cut short" in step["words"]


def test_no_menu_has_the_item(desk, demo):
    done = desk.call("doctor", "-i", "valley-staging", "--json")
    step = last_step(done)
    assert (done.returncode, step["step"]) == (3, "menu item")
    assert "forgot_password" in step["advice"]
    desk.configure(demo, reset_route="forgot_password")
    done = desk.call("doctor", "-i", "valley-staging", "--json")
    assert done.returncode == 0
    assert "forgot-password form" in last_step(done)["words"]
    assert demo.instance("valley-staging").outbox == []


@pytest.mark.parametrize("name", ["summit-prod", "ridge-prod"])
def test_all_kinds_of_instances_pass(desk, name):
    assert desk.call("doctor", "-i", name).returncode == 0


def test_a_report_is_written_for_its_owner_only(desk, demo, harbor, tmp_path):
    path = tmp_path / "report.json"
    done = desk.call("doctor", "-i", "harbor-prod", "--report", str(path))
    assert done.returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600
    report = json.loads(path.read_text())
    assert [step["step"] for step in report["doctor"]] == STEPS
    assert str(path) in done.stderr
    assert "7 steps" in done.stderr
    assert harbor.password not in path.read_text()
    assert harbor.outbox == []


def test_a_report_of_a_sign_in_that_fails_has_the_login_page(desk, demo, tmp_path):
    path = tmp_path / "report.json"
    desk.configure(demo, password_command=["echo", "no-such-password"])
    done = desk.call("doctor", "-i", "harbor-prod", "--report", str(path))
    assert done.returncode == 5
    report = json.loads(path.read_text())
    assert report["doctor"][-1] == {"step": "sign in", "ok": False, "error": "CredentialRefusedError"}
    assert "id='loginForm'" in path.read_text()
    assert "no-such-password" not in path.read_text()


def test_a_report_without_any_answer_is_written_too(desk, demo, tmp_path):
    path = tmp_path / "report.json"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        desk.configure(demo, url=f"http://127.0.0.1:{closed.getsockname()[1]}/")
        done = desk.call("doctor", "-i", "harbor-prod", "--report", str(path))
    assert done.returncode == 8
    assert json.loads(path.read_text())["doctor"][-1]["step"] == "reach"


@pytest.mark.parametrize("kind", ["file", "link", "open folder", "no folder"])
def test_a_report_replaces_nothing_and_goes_to_no_unsafe_folder(desk, harbor, tmp_path, kind):
    path = tmp_path / "report.json"
    if kind == "file":
        path.write_text("mine")
    elif kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path = tmp_path / "folder" / "report.json"
        if kind == "open folder":
            path.parent.mkdir()
            path.parent.chmod(0o777)
    done = desk.call("doctor", "-i", "harbor-prod", "--report", str(path))
    assert done.returncode == 2
    assert done.stdout == ""
    assert harbor.sign_in_attempts == 0
    assert not (tmp_path / "elsewhere").exists()
    if kind == "file":
        assert path.read_text() == "mine"


def test_an_interrupted_check_writes_what_it_has_seen(desk, demo, tmp_path):
    path = tmp_path / "report.json"
    desk.configure(demo, password_command=None, keyring=False)
    terminal = desk.start("doctor", "-i", "harbor-prod", "--report", str(path))
    terminal.wait_for("Password")
    terminal.interrupt()
    code, _ = terminal.end()
    assert code == 130
    assert [step["step"] for step in json.loads(path.read_text())["doctor"]] == STEPS[:3]
    assert "Wrote the report" in terminal.seen

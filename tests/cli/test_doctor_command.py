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

"""Text typed before a question is shown does not answer it."""

import pytest

from tests.challenge_server import gate

QUESTION = "Send this reset link in harbor-prod (PRODUCTION)? [y/N]: "


@pytest.mark.parametrize("typed", ["y\n", "y\ny\ny\n", "y"])
def test_a_yes_from_before_the_question_sends_nothing(desk, harbor, typed):
    terminal = desk.start("send", "-i", "harbor-prod", "cara.beacon")
    terminal.type(typed)
    terminal.wait_for(QUESTION)
    terminal.type("\n")
    code, _ = terminal.end()
    assert (code, harbor.outbox) == (3, [])
    assert "Nothing was sent." in terminal.seen


def test_a_yes_to_the_question_sends_regardless_of_earlier_text(desk, harbor):
    terminal = desk.start("send", "-i", "harbor-prod", "cara.beacon")
    terminal.type("no\n")
    terminal.wait_for(QUESTION)
    terminal.type("y\n")
    code, _ = terminal.end()
    assert (code, len(harbor.outbox)) == (0, 1)


def test_two_questions_are_not_answered_by_two_lines_at_the_first(desk, demo):
    valley = demo.instance("valley-staging")
    person = next(one for one in valley.people if one.status == "Active" and one.email1)
    terminal = desk.start("send", "-i", "valley-staging", person.user_name)
    terminal.wait_for("from now on? [y/N]: ")
    terminal.type("y\ny\n")
    terminal.wait_for("Send this reset link in valley-staging (STAGING)? [y/N]: ")
    terminal.type("\n")
    code, _ = terminal.end()
    assert (code, valley.outbox) == (3, [])


def test_earlier_text_is_not_tried_as_the_password(desk, demo, harbor):
    desk.configure(demo, password_command=None, keyring=False)
    terminal = desk.start("users", "-i", "harbor-prod", "--json")
    terminal.type("y\n")
    terminal.wait_for("Password of demo.admin in harbor-prod: ")
    terminal.type(f"{harbor.password}\n")
    code, _ = terminal.end()
    assert (code, harbor.sign_in_attempts) == (0, 1)


def test_earlier_text_does_not_press_a_button_of_the_crm(desk, demo):
    buttons = "<button name=do value=no>Decline</button><button name=do value=yes>I accept</button>"
    with gate(buttons, "<p>The terms.</p>") as server:
        desk.configure(demo, url=server.url)
        terminal = desk.start("users", "-i", "harbor-prod", "--json")
        terminal.type("1\n")
        terminal.wait_for("Which button? (1-2): ")
        terminal.type("2\n")
        terminal.end()
    assert server.answers == [{"do": "yes"}]

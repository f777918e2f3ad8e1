"""The note for the ticket."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.config.note_template import FIELDS, check_template
from dazos_tui.history.models import Action, Entry, Outcome, Request
from dazos_tui.notes.note import DEFAULT_TEMPLATE, masked, note_for, note_values
from dazos_tui.text.sanitize import safe_text

ENTRY = Entry(
    id=7,
    request=Request(
        instance="acme", environment="production", host="crm.example.com", operator="admin", user_id="19",
        user_name="ann.bell", name="Ann Bell", email="ann.bell@acme.example", ticket="HELP-1",
    ),
    requested_at=datetime(2026, 11, 23, 23, 4, 59, tzinfo=UTC),
    finished_at=datetime(2026, 11, 23, 23, 5, tzinfo=UTC),
    outcome=Outcome.SENT,
    message="Success",
)  # fmt: skip
EVERYTHING = " ".join(f"{{{name}}}" for name in FIELDS)


def changed(**texts: str) -> Entry:
    return replace(ENTRY, request=replace(ENTRY.request, **texts))


@pytest.fixture
def new_york(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("new_york")
def test_what_is_said_of_a_link_that_was_sent():
    first, *rest = note_for(ENTRY).splitlines()
    assert first == (
        "A link to set a new password was sent to ann.bell@acme.example on 2026-11-23 at 18:04 UTC-05:00."
    )
    assert rest == DEFAULT_TEMPLATE.splitlines()[1:]


@pytest.mark.usefixtures("new_york")
def test_every_field():
    assert note_for(ENTRY, template=EVERYTHING) == (
        "ann.bell ann.bell@acme.example acme production crm.example.com admin HELP-1 18:04 UTC-05:00 "
        "2026-11-23 sent Success 7"
    )
    summer = replace(ENTRY, requested_at=datetime(2026, 7, 1, 2, 0, tzinfo=UTC))
    assert note_for(summer, template="{date} {time}") == "2026-06-30 22:00 UTC-04:00"


def test_a_field_without_a_value_is_a_dash():
    assert note_for(changed(ticket="", email=""), template="{ticket} {email}") == "— —"
    assert note_for(changed(ticket="", email=""), template="{ticket} {email}", mask=True) == "— —"


def test_line_breaks_at_the_ends_of_a_template_are_the_files():
    assert note_for(ENTRY, template="\n a\n\nb\n") == " a\n\nb"


SOUNDS_SENT = re.compile(r"\b(link|mail)\b[^.]*\bwas sent\b|use it soon", re.IGNORECASE)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("outcome", Outcome)
def test_no_other_outcome_sounds_as_if_a_link_was_sent(action, outcome):
    text = note_for(replace(ENTRY, action=action, outcome=outcome), template="A link was sent.")
    assert bool(SOUNDS_SENT.search(text)) == ((action, outcome) == (Action.RESET_LINK, Outcome.SENT))
    assert not re.search("hour|minute", text)


@pytest.mark.parametrize(
    ("action", "outcome", "said"),
    [
        (Action.RESET_LINK, Outcome.UNKNOWN, "it is not known whether the mail has left"),
        (Action.RESET_LINK, Outcome.REFUSED, "The CRM refused.\nThere is no mail to look for."),
        (Action.RESET_LINK, Outcome.NOT_SENT, "could not be asked for.\nThere is no mail to look for."),
        (
            Action.ENABLE_LOGIN,
            Outcome.SENT,
            "The login ann.bell, which was locked, was enabled again on 2026",
        ),
        (Action.ENABLE_LOGIN, Outcome.UNKNOWN, "it is not known whether it is"),
        (Action.ENABLE_LOGIN, Outcome.REFUSED, "The CRM refused: the login is still locked."),
        (Action.ENABLE_LOGIN, Outcome.NOT_SENT, "could not be asked for: the login is still locked."),
    ],
)
def test_each_outcome_is_told_as_it_is(action, outcome, said):
    text = note_for(replace(ENTRY, action=action, outcome=outcome, message="odd words"))
    assert said in text
    assert "odd words" not in text
    assert ("ann.bell@acme.example" in text) == (action is Action.RESET_LINK)


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("jo@acme.example", "j***@acme.example"),
        ("ann.bell+crm@acme.example", "a***@acme.example"),
        ("j@acme.example", "***@acme.example"),
        ("@acme.example", "***@acme.example"),
        ("ann@", "a***@"),
        ("ann", "a***"),
        ("a", "***"),
        ("", ""),
        ("a@b@c.example", "a***@c.example"),
        ("élodie@acme.example", "é***@acme.example"),
        ("張偉@例え.example", "張***@例え.example"),
        ('"ann bell"@acme.example', '"***@acme.example'),
    ],
)
def test_a_masked_address(email, shown):
    assert masked(email) == shown


@given(st.text(min_size=1), st.text(st.characters(exclude_characters="@")))
def test_a_mask_shows_no_more_than_the_first_character(local, domain):
    shown = masked(f"{local}@{domain}")
    assert shown in {f"{local[0]}***@{domain}", f"***@{domain}"}
    assert shown == masked(f"{local[0]}{'x' * (len(local) - 1)}@{domain}")


@given(st.text(st.characters(exclude_characters="@"), min_size=1))
def test_a_mask_of_what_is_no_address(text):
    assert masked(text) in {f"{text[0]}***", "***"}


def test_a_masked_note_has_the_address_nowhere():
    entry = replace(
        changed(user_name="Ann.Bell@acme.example"),
        message="Mail to <ann.bell@acme.example>, copy to it@acme.example: done",
    )
    text = note_for(entry, template=EVERYTHING, mask=True)
    assert "nn.bell" not in text.lower()
    assert "Mail to <***@acme.example>, copy to i***@acme.example: done" in text
    assert "A***@acme.example" in text
    assert "a***@acme.example" in note_for(entry, mask=True)
    for outcome in Outcome:
        locked = replace(entry, action=Action.ENABLE_LOGIN, outcome=outcome)
        assert "nn.bell" not in note_for(locked, mask=True).lower()


@given(
    st.emails(domains=st.sampled_from(["acme.example", "mail.example.test"])).filter(
        lambda it: it.index("@") > 3
    ),
    st.sampled_from(Action),
    st.sampled_from(Outcome),
)
def test_no_masked_note_has_the_whole_address(email, action, outcome):
    entry = replace(changed(email=email, user_name=email.upper()), message=f"sent to {email}.")
    entry = replace(entry, action=action, outcome=outcome)
    assert email.lower() not in note_for(entry, template=EVERYTHING, mask=True).lower()


_TEXTS = st.text(max_size=20).map(safe_text)
_ENTRIES = st.builds(
    Entry,
    id=st.integers(1, 2**63 - 1),
    request=st.builds(Request, *[_TEXTS] * 9),
    requested_at=st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    finished_at=st.none(),
    outcome=st.sampled_from(Outcome),
    message=_TEXTS,
    action=st.sampled_from(Action),
)
_TEMPLATES = st.lists(
    st.sampled_from(["{{", "}}", "{", "\n", " ", *(f"{{{name}}}" for name in FIELDS)]) | st.text(max_size=4),
    min_size=1,
    max_size=8,
).map("".join)


@given(_ENTRIES, _TEMPLATES, st.booleans())
def test_an_accepted_template_makes_a_note_of_any_row(entry, template, mask):
    try:
        check_template(template)
    except ValueError:
        template = DEFAULT_TEMPLATE
    text = note_for(entry, template=template, mask=mask)
    assert text == text.strip("\n")


@given(_ENTRIES)
def test_the_time_says_which_moment_it_was(entry):
    values = note_values(entry)
    zone = values["time"].partition(" UTC")[2] or "+00:00"
    moment = datetime.fromisoformat(
        f"{int(values['date'].partition('-')[0]):04}-{values['date'].partition('-')[2]}T{values['time'][:5]}{zone}"
    )
    assert timedelta(0) <= entry.requested_at - moment < timedelta(minutes=1)

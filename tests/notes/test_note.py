"""The note for the ticket."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.config.note_template import NOTE_FIELDS, check_template
from dazos_tui.history.models import CrmAction, HistoryEntry, Outcome, ResetRequest
from dazos_tui.notes.note import DEFAULT_TEMPLATE, mask_email, note_values, render_note
from dazos_tui.text.sanitize import safe_text
from tests.support import local_time_of

ENTRY = HistoryEntry(
    id=7,
    request=ResetRequest(
        instance="acme", environment="production", host="crm.example.com", operator="admin", user_id="19",
        user_name="ann.bell", name="Ann Bell", email="ann.bell@acme.example", ticket="HELP-1",
    ),
    requested_at=datetime(2026, 11, 23, 23, 4, 59, tzinfo=UTC),
    finished_at=datetime(2026, 11, 23, 23, 5, tzinfo=UTC),
    outcome=Outcome.SENT,
    message="Success",
)  # fmt: skip
EVERYTHING = " ".join(f"{{{name}}}" for name in NOTE_FIELDS)


def entry_with(**texts: str) -> HistoryEntry:
    return replace(ENTRY, request=replace(ENTRY.request, **texts))


@pytest.fixture
def new_york():
    with local_time_of("America/New_York"):
        yield


@pytest.mark.usefixtures("new_york")
def test_the_note_about_a_sent_link():
    first, *rest = render_note(ENTRY).splitlines()
    assert first == (
        "A link to set a new password was sent to ann.bell@acme.example on 2026-11-23 at 18:04 UTC-05:00."
    )
    assert rest == DEFAULT_TEMPLATE.splitlines()[1:]


@pytest.mark.usefixtures("new_york")
def test_every_field():
    assert render_note(ENTRY, template=EVERYTHING) == (
        "ann.bell ann.bell@acme.example acme production crm.example.com admin HELP-1 18:04 UTC-05:00 "
        "2026-11-23 sent Success 7"
    )
    summer = replace(ENTRY, requested_at=datetime(2026, 7, 1, 2, 0, tzinfo=UTC))
    assert render_note(summer, template="{date} {time}") == "2026-06-30 22:00 UTC-04:00"


def test_a_field_without_a_value_is_a_dash():
    assert render_note(entry_with(ticket="", email=""), template="{ticket} {email}") == "— —"
    assert (
        render_note(entry_with(ticket="", email=""), template="{ticket} {email}", mask_address=True) == "— —"
    )


def test_line_breaks_at_the_ends_of_a_template_are_dropped():
    assert render_note(ENTRY, template="\n a\n\nb\n") == " a\n\nb"


SOUNDS_SENT = re.compile(r"\b(link|mail)\b[^.]*\bwas sent\b|use it soon", re.IGNORECASE)


@pytest.mark.parametrize("action", CrmAction)
@pytest.mark.parametrize("outcome", Outcome)
def test_no_other_outcome_sounds_as_if_a_link_was_sent(action, outcome):
    text = render_note(replace(ENTRY, action=action, outcome=outcome), template="A link was sent.")
    assert bool(SOUNDS_SENT.search(text)) == ((action, outcome) == (CrmAction.RESET_LINK, Outcome.SENT))
    assert not re.search("hour|minute", text)


@pytest.mark.parametrize(
    ("action", "outcome", "said"),
    [
        (CrmAction.RESET_LINK, Outcome.UNKNOWN, "it is not known whether the mail went out"),
        (CrmAction.RESET_LINK, Outcome.REFUSED, "The CRM refused.\nThere is no mail to look for."),
        (CrmAction.RESET_LINK, Outcome.NOT_SENT, "request could not be made.\nThere is no mail to look for."),
        (
            CrmAction.ENABLE_LOGIN,
            Outcome.SENT,
            "The login ann.bell, which was locked, was enabled again on 2026",
        ),
        (CrmAction.ENABLE_LOGIN, Outcome.UNKNOWN, "it is not known whether it is"),
        (CrmAction.ENABLE_LOGIN, Outcome.REFUSED, "The CRM refused: the login is still locked."),
        (CrmAction.ENABLE_LOGIN, Outcome.NOT_SENT, "request could not be made: the login is still locked."),
    ],
)
def test_each_outcome_has_its_own_note(action, outcome, said):
    text = render_note(replace(ENTRY, action=action, outcome=outcome, message="odd words"))
    assert said in text
    assert "odd words" not in text
    assert ("ann.bell@acme.example" in text) == (action is CrmAction.RESET_LINK)


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
    assert mask_email(email) == shown


@given(st.text(min_size=1), st.text(st.characters(exclude_characters="@")))
def test_a_mask_shows_no_more_than_the_first_character(local, domain):
    shown = mask_email(f"{local}@{domain}")
    assert shown in {f"{local[0]}***@{domain}", f"***@{domain}"}
    assert shown == mask_email(f"{local[0]}{'x' * (len(local) - 1)}@{domain}")


@given(st.text(st.characters(exclude_characters="@"), min_size=1))
def test_masking_text_without_an_address(text):
    assert mask_email(text) in {f"{text[0]}***", "***"}


def test_a_masked_note_does_not_contain_the_address():
    entry = replace(
        entry_with(user_name="Ann.Bell@acme.example"),
        message="Mail to <ann.bell@acme.example>, copy to it@acme.example: done",
    )
    text = render_note(entry, template=EVERYTHING, mask_address=True)
    assert "nn.bell" not in text.lower()
    assert "Mail to <***@acme.example>, copy to i***@acme.example: done" in text
    assert "A***@acme.example" in text
    assert "a***@acme.example" in render_note(entry, mask_address=True)
    for outcome in Outcome:
        locked = replace(entry, action=CrmAction.ENABLE_LOGIN, outcome=outcome)
        assert "nn.bell" not in render_note(locked, mask_address=True).lower()


@given(
    st.emails(domains=st.sampled_from(["acme.example", "mail.example.test"])).filter(
        lambda it: it.index("@") > 3
    ),
    st.sampled_from(CrmAction),
    st.sampled_from(Outcome),
)
def test_no_masked_note_has_the_whole_address(email, action, outcome):
    entry = replace(entry_with(email=email, user_name=email.upper()), message=f"sent to {email}.")
    entry = replace(entry, action=action, outcome=outcome)
    assert email.lower() not in render_note(entry, template=EVERYTHING, mask_address=True).lower()


_TEXTS = st.text(max_size=20).map(safe_text)
_ENTRIES = st.builds(
    HistoryEntry,
    id=st.integers(1, 2**63 - 1),
    request=st.builds(ResetRequest, *[_TEXTS] * 9),
    requested_at=st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    finished_at=st.none(),
    outcome=st.sampled_from(Outcome),
    message=_TEXTS,
    action=st.sampled_from(CrmAction),
)
_TEMPLATES = st.lists(
    st.sampled_from(["{{", "}}", "{", "\n", " ", *(f"{{{name}}}" for name in NOTE_FIELDS)])
    | st.text(max_size=4),
    min_size=1,
    max_size=8,
).map("".join)


@given(_ENTRIES, _TEMPLATES, st.booleans())
def test_an_accepted_template_makes_a_note_of_any_row(entry, template, mask):
    try:
        check_template(template)
    except ValueError:
        template = DEFAULT_TEMPLATE
    text = render_note(entry, template=template, mask_address=mask)
    assert text == text.strip("\n")


@given(_ENTRIES)
def test_the_time_is_unambiguous(entry):
    values = note_values(entry)
    zone = values["time"].partition(" UTC")[2] or "+00:00"
    moment = datetime.fromisoformat(
        f"{int(values['date'].partition('-')[0]):04}-{values['date'].partition('-')[2]}T{values['time'][:5]}{zone}"
    )
    assert timedelta(0) <= entry.requested_at - moment < timedelta(minutes=1)

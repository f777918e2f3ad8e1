"""The checks before a send, to the word: profiles are given, not read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dazos_tui.config.models import Environment, Instance, ResetRoute
from dazos_tui.crm.menu_item_urls import advice_for_item
from dazos_tui.crm.models import (
    MenuItem,
    MenuItemKind,
    Profile,
    ProfileBlock,
    ProfileField,
    Status,
    User,
)
from dazos_tui.history.clock_skew import describe_ahead
from dazos_tui.history.models import HistoryEntry, Outcome, ResetRequest
from dazos_tui.resets.accounts import UserSnapshot, is_same_name
from dazos_tui.resets.findings import Finding
from dazos_tui.resets.guards import (
    check_profile,
    describe_hidden_characters,
    menu_item_to_run,
    suspect_email_finding,
)

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
ACME = Instance(
    name="acme", url="https://crm.example.com/", username="op", environment=Environment.SANDBOX,
    cooldown_minutes=15, roles_without_sign_in=("No Access", "Left"), reset_route=ResetRoute.MENU,
)  # fmt: skip
BEA = User("7", "bea.amber", "Bea Amber", "bea@example.com", "Sales", Status.ACTIVE, admin=False)
SEND = MenuItem("Send Reset Link", MenuItemKind.SEND_RESET_LINK, "index.php?module=Users&record=7", "7")


def profile_of(user=BEA, *menu, status=""):
    fields = (ProfileField("name", "Name", "Bea"), ProfileField("status", "Status", status))
    return Profile(user, (ProfileBlock("Access", fields),), menu or (SEND,))


def found(profile, last=None, *, instance=ACME, now=NOW, **options):
    return [
        (one.code, one.message, one.is_blocking)
        for one in check_profile(instance, profile, last, now, **options)
    ]


def earlier(age, outcome=Outcome.SENT, **changes):
    request = ResetRequest(
        instance="acme", environment="sandbox", host="crm.example.com", operator="kim", user_id="7",
        user_name="bea.amber", name="Bea Amber", email="bea@example.com", ticket="",
    )  # fmt: skip
    return HistoryEntry(1, replace(request, **changes), NOW - age, NOW - age, outcome, "")


def test_nothing_speaks_against_an_ordinary_person():
    assert found(profile_of()) == []
    assert found(profile_of(), snapshot=UserSnapshot.from_user(BEA)) == []


def test_an_inactive_account_needs_no_link():
    words = "This account is inactive: a link does not help until the account is restored in the browser."
    assert found(profile_of(replace(BEA, status=Status.INACTIVE))) == [("inactive", words, True)]


def test_a_status_in_unknown_words_is_quoted():
    assert found(profile_of(replace(BEA, status=Status.UNKNOWN), status="Aktiv")) == [
        (
            "unknown_status",
            "The profile's status is “Aktiv”, which is neither of the words known for active and inactive. "
            "Set labels.active and labels.inactive of this instance in the config to the words it uses.",
            True,
        )
    ]
    bare = replace(profile_of(replace(BEA, status=Status.UNKNOWN)), blocks=())
    assert found(bare)[0][1].startswith("The profile's status is “”, which")


def test_a_missing_item_blocks_unless_the_form_is_used():
    other = MenuItem("Delete", MenuItemKind.OTHER, "", "7")
    missing = "The CRM does not offer “Send Reset Link” for this person, neither under More nor in the list"
    by_route = {
        ResetRoute.MENU: ("no_menu_item", f"{missing}.", True),
        ResetRoute.FORGOT_PASSWORD: (
            "by_form", f"{missing}: its public forgot-password form is used instead.", False,
        ),
        None: (
            "no_menu_item", f"{missing}. Its public forgot-password form may mail the same link.", True,
        ),
    }  # fmt: skip
    for route, finding in by_route.items():
        instance = ACME.model_copy(update={"reset_route": route})
        assert found(profile_of(BEA, other), instance=instance) == [finding]
        assert menu_item_to_run(instance, profile_of(BEA, other)) is None


def test_an_item_without_a_target_is_left_for_the_form_only_where_that_is_chosen():
    bare = replace(SEND, href="", problem="“Send Reset Link” has no address.")
    by_form = ACME.model_copy(update={"reset_route": ResetRoute.FORGOT_PASSWORD})
    words = "“Send Reset Link” has no address. The CRM's public forgot-password form is used instead."
    assert found(profile_of(BEA, bare), instance=by_form) == [("by_form", words, False)]
    assert menu_item_to_run(by_form, profile_of(BEA, bare)) is None
    assert menu_item_to_run(by_form, profile_of()) == SEND
    assert menu_item_to_run(ACME, profile_of(BEA, bare)) == bare
    advice = advice_for_item(bare)
    assert advice
    assert found(profile_of(BEA, bare)) == [
        ("unusable_menu_item", f"“Send Reset Link” has no address. {advice}", True)
    ]


def test_an_item_that_only_the_config_offers_is_mentioned():
    words = (
        "No menu of the CRM shows “Send Reset Link” for this person: the configured request is used, as "
        'offered = "always" says.'
    )
    assert found(profile_of(BEA, replace(SEND, is_shown=False))) == [("by_request", words, False)]


@pytest.mark.parametrize("role", ["No Access", "no  access", "Left"])
def test_a_role_that_may_not_sign_in(role):
    words = (
        f"The role “{role}” may not sign in: a link does not help, the role must be changed in the browser."
    )
    barred = profile_of(replace(BEA, role=role))
    assert found(barred) == [("role", words, False)]
    assert found(barred, instance=ACME.model_copy(update={"roles_without_sign_in": ()})) == []


def test_an_email_that_is_missing_or_none():
    suspect = Finding("suspect_email", "Was bea@example.org meant?")
    for email, finding in {
        "": ("no_email", "The profile has no e-mail address to send a link to.", True),
        "bea at home": ("invalid_email", "“bea at home” does not look like an e-mail address.", False),
    }.items():
        # What is suspected of an address is not said beside that it is none.
        assert found(profile_of(replace(BEA, email=email)), suspect_email=suspect) == [finding]
    assert found(profile_of(), suspect_email=suspect) == [("suspect_email", suspect.message, False)]


def test_invisible_characters_of_an_email_are_named():
    hidden = replace(BEA, raw_email="bea\u200b@example.com")
    words = "“bea@example.com” contains an invisible character: U+200B ZERO WIDTH SPACE at position 4."
    assert found(profile_of(hidden)) == [("invalid_email", words, False)]
    assert describe_hidden_characters("bea") == ""
    named = [f"U+200B ZERO WIDTH SPACE at position {at}" for at in (1, 2, 3)]
    assert describe_hidden_characters("\u200b" * 3) == f"invisible characters: {', '.join(named)}"
    assert describe_hidden_characters("\u200b" * 4).endswith("at position 3 and 1 more")
    assert describe_hidden_characters("\u200b" * 5) == f"invisible characters: {', '.join(named)} and 2 more"


def test_a_misspelt_domain_is_said_with_the_one_that_was_meant():
    domains = {"example.com": 40}
    suspect = suspect_email_finding(replace(BEA, email="bea.amber@exanple.com"), domains)
    assert suspect is not None
    assert suspect.code == "suspect_email"
    assert suspect.message.endswith(" Was bea.amber@example.com meant?")
    assert suspect_email_finding(BEA, domains) is None


def test_what_changed_since_the_person_was_chosen():
    seen = UserSnapshot("bea.amber", "Bea Amber", "bea@example.com")
    other = (
        "other_user",
        "This record now belongs to “gus”, no longer to “bea.amber”: choose again.",
        True,
    )
    assert found(profile_of(replace(BEA, user_name="gus")), snapshot=seen) == [other]
    assert (
        found(profile_of(replace(BEA, user_name="BEA.Amber", email="Bea@Example.com")), snapshot=seen) == []
    )
    assert found(profile_of(replace(BEA, name="Bea Birch")), snapshot=seen) == [
        ("name_changed", "The name has changed: it was Bea Amber, it is now Bea Birch.", False)
    ]
    assert found(profile_of(replace(BEA, name="")), snapshot=seen) == [
        ("name_changed", "The name has changed: it was Bea Amber, it is now empty.", False)
    ]
    assert found(profile_of(replace(BEA, email="b@example.com")), snapshot=seen) == [
        ("email_changed", "The e-mail has changed: it was bea@example.com, it is now b@example.com.", False)
    ]
    # A row of the history may have the user name in place of the name.
    assert found(profile_of(), snapshot=UserSnapshot("bea.amber", "bea.amber")) == []


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        ("Amber Bea", "Bea Amber", True),
        ("Bea Am…", "Bea Amber", True),
        ("Bea Am ...", "bea amber", True),
        ("Bea Ax…", "Bea Amber", False),
        ("Bea", "Bea Amber", False),
        ("Béa  Amber", "bea amber", True),
    ],
)
def test_one_name_in_two_spellings(before, now, same):
    assert is_same_name(before, now) is same


def test_a_locked_login_needs_more_than_a_password():
    enable = MenuItem("Enable Login", MenuItemKind.ENABLE_LOGIN, "index.php", "7")
    words = (
        "This login is locked: a new password helps only after “Enable Login”, or after the one-hour lock."
    )
    assert found(profile_of(BEA, SEND, enable)) == [("locked", words, False)]


@pytest.mark.parametrize(
    ("age", "code", "start"),
    [
        (timedelta(0), "sent_recently", "A link was requested less than a minute ago by kim (sent)."),
        (
            timedelta(seconds=59),
            "sent_recently",
            "A link was requested less than a minute ago by kim (sent).",
        ),
        (timedelta(seconds=60), "sent_recently", "A link was requested 1 min ago by kim (sent)."),
        (timedelta(seconds=899), "sent_recently", "A link was requested 14 min ago by kim (sent)."),
        (
            timedelta(minutes=15),
            "sent_before",
            "A link was requested before: tell the person to use only the",
        ),
    ],
)
def test_an_earlier_link_stops_until_the_cooldown_is_over(age, code, start):
    [(what, words, blocks)] = found(profile_of(), earlier(age))
    assert (what, blocks) == (code, False)
    assert words.startswith(start)
    end = " Send again only if you mean to." if code == "sent_recently" else " use only the newest mail."
    assert words.endswith(end)


def test_an_earlier_link_to_the_same_mailbox_says_whose_and_where():
    ahead = earlier(timedelta(hours=-1), Outcome.UNKNOWN, user_id="8", user_name="gus", instance="birch")
    [(code, words, _)] = found(profile_of(), ahead)
    assert code == "sent_recently"
    when = describe_ahead(ahead.requested_at)
    assert words == (
        f"A link was requested {when} by kim for “gus”, who has the same e-mail, "
        "in birch, which is the same CRM (unknown). Send again only if you mean to."
    )
    [(code, words, _)] = found(profile_of(), earlier(timedelta(days=1), user_id="8", user_name="gus"))
    assert (code, words) == (
        "sent_before",
        "A link was requested before for “gus”, who has the same e-mail: "
        "tell the person to use only the newest mail.",
    )

"""Why somebody still cannot get in: the guide's list for that, with this person's facts filled in.

Sources: the help centre's pages on access (roles that may not sign in, the lock of an hour, spam folder,
spelling, expired links, one's own session), and what support staff ask for in public issues of other products
(allow-list, links used up by mail scanners, only the newest mail). How long a link lives, Dazos does not say:
nor is it said here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from dazos_tui.config.models import Instance, ResetRoute
from dazos_tui.crm.models import Profile
from dazos_tui.directory.email_typos import Doubt
from dazos_tui.history.clock_skew import ahead_words, duration, is_ahead
from dazos_tui.history.models import Action, Entry, Outcome, Proof
from dazos_tui.resets.guards import (
    Finding,
    barred_role,
    hidden_in_email,
    hidden_words,
    inactive_account,
    locked_login,
    unknown_status,
    unusable_email,
)
from dazos_tui.resets.service import UNKNOWN_ADVICE
from dazos_tui.verification.next_step import has_apostrophe

_IN_THE_WAY = frozenset({"inactive", "role", "no_email"})
"""Codes of what makes a link useless."""


class Standing(StrEnum):
    """What is known of one thing that may be the trouble."""

    FOUND = "found"
    """It is the trouble, or may be."""
    ASK = "ask"
    """Only the person can tell."""
    FINE = "fine"
    """It was looked at, and is not the trouble."""


class Remedy(StrEnum):
    """What can be done about it from here."""

    ENABLE_LOGIN = "enable login"
    SEND_AGAIN = "send again"
    CHECK_SIGN_INS = "check sign-ins"
    OPEN_IN_BROWSER = "open in browser"
    OTHER_INSTANCES = "other instances"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that may be the trouble: what is known of it, and what to do."""

    code: str
    standing: Standing
    title: str
    sentence: str
    advice: str = ""
    remedy: Remedy | None = None


def walk(
    instance: Instance, profile: Profile, last: Entry | None, now: datetime, doubts: Sequence[Doubt]
) -> tuple[Step, ...]:
    """Return what was found, in the guide's order, then what to ask the person, then what is fine.

    `profile` was read just now, `last` is the newest reset of this person, and `doubts` are those about the
    profile's e-mail. `now` is an aware time.
    """
    facts = (
        _account(profile),
        _role(instance, profile),
        _lock(instance, profile),
        *_user_name(instance, profile),
        *_address(profile, doubts),
    )
    known = [step for step in facts if step is not None]
    in_the_way = {step.code for step in known} & _IN_THE_WAY
    steps = [*known, *_reset(profile, last, now), *_questions(instance, profile, last)]
    order = list(Standing)
    ordered = sorted(steps, key=lambda step: order.index(step.standing))
    return tuple(_held_back(step) if in_the_way else step for step in ordered)


def walk_missing(text: str, instances: Sequence[str]) -> tuple[Step, ...]:
    """Return what to try if nobody was found under Users, active or inactive.

    `text` is what was searched for, and `instances` are the names of the other instances there are.
    """
    steps = [
        Step(
            "missing", Standing.FOUND, "Users", f"Nobody here matches “{text}”, active or inactive.",
            "Search by another part of the name, by user name and by e-mail: one may be spelled otherwise.",
        ),
        Step(
            "portal", Standing.ASK, "Portal user", "Do they sign in to a portal, and not to the CRM itself?",
            "Portal users are not under Users: no link can be sent to them from here.",
        ),
        Step(
            "no_account", Standing.ASK, "No account", "Did they ever have an account?",
            "Dazos support creates none: the company's own administrator does, in the browser.",
        ),
    ]  # fmt: skip
    if instances:
        words = f"Do they work in another instance: {', '.join(instances)}?"
        advice = "Search there."
        steps.insert(1, Step("instance", Standing.ASK, "Instance", words, advice, Remedy.OTHER_INSTANCES))
    return tuple(steps)


def summary(profile: Profile, steps: Sequence[Step]) -> str:
    """Return lines of plain text for the ticket: what was looked at, what was found, what to do."""
    user = profile.user
    address = f", {user.email}" if user.email else ""
    lines = [f"Looked into why {user.name} ({user.user_name}{address}) cannot get in."]
    for standing, title in ((Standing.FOUND, "Found:"), (Standing.ASK, "To ask:")):
        told = [f"- {step.sentence} {step.advice}".rstrip() for step in steps if step.standing is standing]
        lines += [title, *told] if told else []
    fine = [f"- {step.sentence}" for step in steps if step.standing is Standing.FINE]
    return "\n".join([*lines, "In order:", *fine] if fine else lines)


def _held_back(step: Step) -> Step:
    """Return the step without sending a link where a link could not help yet."""
    if step.remedy is not Remedy.SEND_AGAIN:
        return step
    advice = "First put right what stands at the top; then send a link."
    return replace(step, advice=advice, remedy=None)


def _found(finding: Finding, title: str, advice: str, remedy: Remedy) -> Step:
    return Step(finding.code, Standing.FOUND, title, finding.sentence, advice, remedy)


def _fine(code: str, title: str, sentence: str) -> Step:
    return Step(code, Standing.FINE, title, sentence)


def _account(profile: Profile) -> Step:
    if finding := inactive_account(profile):
        advice = "Restore it there if the person still works here, then send a link."
        return _found(finding, "Account", advice, Remedy.OPEN_IN_BROWSER)
    if finding := unknown_status(profile):
        return _found(finding, "Account", "Look in the browser whether it is active.", Remedy.OPEN_IN_BROWSER)
    return _fine("active", "Account", "The account is active.")


def _role(instance: Instance, profile: Profile) -> Step | None:
    if finding := barred_role(instance, profile):
        advice = "Ask whoever decides on roles, change it there, then send a link."
        return _found(finding, "Role", advice, Remedy.OPEN_IN_BROWSER)
    role = profile.user.role
    return (
        _fine("role_fine", "Role", f"The role “{role}” is none of those that may not sign in.")
        if role
        else None
    )


def _lock(instance: Instance, profile: Profile) -> Step:
    label = instance.labels.enable_login
    if finding := locked_login(instance, profile):
        advice = f"Choose “{label}”, or wait: Dazos lets a locked login in again after an hour."
        return _found(finding, "Lock", advice, Remedy.ENABLE_LOGIN)
    return _fine("not_locked", "Lock", f"The login is not locked: the CRM does not offer “{label}”.")


def _user_name(instance: Instance, profile: Profile) -> Iterator[Step]:
    """Yield what is odd about the user name, and about a CRM that cannot deal with it."""
    user = profile.user
    if words := hidden_words(user.exact_user_name):
        yield Step(
            "hidden_user_name", Standing.FOUND, "User name",
            f"“{user.user_name}” holds {words}. Who types it as it looks is not let in.",
            "Retype the user name in the browser, then tell the person.", Remedy.OPEN_IN_BROWSER,
        )  # fmt: skip
    if has_apostrophe(user.user_name, user.email):
        by_form = instance.reset_route is ResetRoute.FORGOT_PASSWORD
        yield Step(
            "apostrophe", Standing.FOUND if by_form else Standing.ASK, "Apostrophe",
            "The user name or the e-mail has an apostrophe. A stock vtiger's forgot-password form refuses "
            "such a pair although it is right, and its sign-in history lacks the person.",
            "Send the link by the menu or in the browser. Ask the person whether they are back in, and note "
            "that.",
        )  # fmt: skip


def _address(profile: Profile, doubts: Sequence[Doubt]) -> Iterator[Step]:
    finding = unusable_email(profile)
    if hidden := hidden_in_email(profile):
        retype = "Retype the whole address in the browser, then send a link."
        yield _found(hidden, "Address", retype, Remedy.OPEN_IN_BROWSER)
        return
    correct = "Ask the person how it is spelled. If it is wrong, correct it in the browser, then send a link."
    if finding is not None and (finding.code == "no_email" or not doubts):
        yield _found(finding, "Address", correct, Remedy.OPEN_IN_BROWSER)
        return
    for doubt in doubts:
        meant = f" Was {doubt.suggestion} meant?" if doubt.suggestion else ""
        yield Step(
            f"address_{doubt.code}", Standing.FOUND, "Address", f"{doubt.sentence}{meant}", correct,
            Remedy.OPEN_IN_BROWSER,
        )  # fmt: skip
    if not doubts:
        yield _fine("address", "Address", f"Nothing about {profile.user.email} looks misspelt.")


def _reset(profile: Profile, last: Entry | None, now: datetime) -> Iterator[Step]:
    """Yield what is known of the newest reset."""
    if last is None:
        words = "No link to this person is recorded here."
        yield Step("never_sent", Standing.FOUND, "Reset link", words, "Send one.", Remedy.SEND_AGAIN)
    elif last.action is Action.ENABLE_LOGIN:
        words = f"The login was to be let in again {_ago(last.requested_at, now)} ({last.outcome})."
        yield Step("enabled", Standing.ASK, "Lock", words, "Have them sign in with the password they had.")
    elif last.back_in is not None:
        how = "as the CRM's sign-in history shows" if last.back_in.proof is Proof.SIGN_IN else "as was said"
        words = f"They got back in after the last link, {_ago(last.back_in.at, now)}, {how}."
        advice = "The password works: ask what the trouble is now, and compare with the sign-in history."
        yield Step("back_in", Standing.FOUND, "Back in", words, advice, Remedy.CHECK_SIGN_INS)
    else:
        yield _outcome(last, _ago(last.requested_at, now))
        yield from _went_elsewhere(profile, last)


def _outcome(last: Entry, ago: str) -> Step:
    said = f" It said: “{last.message}”" if last.message else ""
    if last.outcome is Outcome.SENT:
        return _fine("sent", "Reset link", f"The CRM confirmed a link to {last.request.email}, {ago}.")
    if last.outcome is Outcome.UNKNOWN:
        words = f"A link was asked for {ago} and no clear answer came: it may have been sent."
        advice = f"See whether your own session has ended. {UNKNOWN_ADVICE}"
        return Step("unknown", Standing.FOUND, "Reset link", words, advice, Remedy.CHECK_SIGN_INS)
    if last.outcome is Outcome.REFUSED:
        words = f"The CRM refused the last link, {ago}.{said}"
        advice = "Read its words: often the rights of your own account are the matter."
        return Step("refused", Standing.FOUND, "Reset link", words, advice, Remedy.OPEN_IN_BROWSER)
    words = f"The last link, {ago}, was provably not sent."
    advice = "See whether your own session has ended, and send it again."
    return Step("not_sent", Standing.FOUND, "Reset link", words, advice, Remedy.SEND_AGAIN)


def _went_elsewhere(profile: Profile, last: Entry) -> Iterator[Step]:
    email, then = profile.user.email, last.request.email
    if _may_be_out(last) and email and then.casefold() != email.casefold():
        words = f"The last link went to {then}, and the profile has {email} by now."
        yield Step("sent_elsewhere", Standing.FOUND, "Address", words, "Send a fresh one.", Remedy.SEND_AGAIN)


def _may_be_out(last: Entry | None) -> bool:
    if last is None or last.action is not Action.RESET_LINK or last.back_in is not None:
        return False
    return last.outcome in {Outcome.SENT, Outcome.UNKNOWN}


def _questions(instance: Instance, profile: Profile, last: Entry | None) -> Iterator[Step]:
    if _may_be_out(last):
        yield from _questions_about_the_mail(profile)
    yield Step(
        "browser", Standing.ASK, "Browser",
        "Does the browser fill in the password saved before, or open another address?",
        f"Have them type “{profile.user.user_name}” and the new password themselves, at {instance.url}",
    )  # fmt: skip
    yield Step(
        "instance", Standing.ASK, "Instance", f"Is {instance.name} the instance they mean to sign in to?",
        "If not, look for them in the others.", Remedy.OTHER_INSTANCES,
    )  # fmt: skip


def _questions_about_the_mail(profile: Profile) -> Iterator[Step]:
    at = profile.user.email or "their address"
    yield Step(
        "mail", Standing.ASK, "Mail", f"Has the mail come to {at}?",
        "Have them look in the spam and junk folders, and wait a few minutes. If mails are held back, their "
        "mail administrator can put the sender on the allow-list.",
    )  # fmt: skip
    yield Step(
        "newest", Standing.ASK, "Newest mail", "If there are several mails, was it the newest they used?",
        "Have them use only the newest mail.",
    )  # fmt: skip
    yield Step(
        "link", Standing.ASK, "Link", "Does the page behind the link say that it has expired, or was used?",
        "Send a fresh one, and have them use only the newest mail. Some mail scanners open links and use "
        "them up.",
        Remedy.SEND_AGAIN,
    )  # fmt: skip


def _ago(then: datetime, now: datetime) -> str:
    if is_ahead(then, now):
        return ahead_words(then)
    seconds = max(0, int((now - then).total_seconds()))
    return f"{duration(seconds)} ago" if seconds >= 60 else "less than a minute ago"

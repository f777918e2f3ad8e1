"""Why a person still cannot get in: the checklist of the vendor's guide, with this person's facts filled in.

Sources: the help centre's pages on access (roles that may not sign in, the one-hour lock, spam folder,
spelling, expired links, one's own session), and what support staff ask for in public issues of other products
(allow-list, links used up by mail scanners, only the newest mail). Dazos does not say how long a link is
valid, so neither does this.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from dazos_tui.config.models import Instance, ResetRoute
from dazos_tui.crm.models import Profile
from dazos_tui.directory.email_typos import EmailTypo
from dazos_tui.history.clock_skew import describe_ahead, duration, is_clock_ahead
from dazos_tui.history.models import BackInProof, CrmAction, HistoryEntry, Outcome
from dazos_tui.resets.findings import Finding
from dazos_tui.resets.guards import (
    barred_role_finding,
    describe_hidden_characters,
    hidden_email_finding,
    inactive_account_finding,
    locked_login_finding,
    unknown_status_finding,
    unusable_email_finding,
)
from dazos_tui.resets.service import UNKNOWN_OUTCOME_ADVICE
from dazos_tui.verification.next_step import has_apostrophe

_BLOCKING_CODES = frozenset({"inactive", "role", "no_email"})
"""Codes of the findings that make a link useless."""


class StepStatus(StrEnum):
    """What is known about one possible cause."""

    FOUND = "found"
    """It is the cause, or may be."""
    ASK = "ask"
    """Only the person knows."""
    FINE = "fine"
    """It was checked and is not the cause."""


class Remedy(StrEnum):
    """What the user can do about it in this tool."""

    ENABLE_LOGIN = "enable login"
    SEND_AGAIN = "send again"
    CHECK_SIGN_INS = "check sign-ins"
    OPEN_IN_BROWSER = "open in browser"
    OTHER_INSTANCES = "other instances"


@dataclass(frozen=True, slots=True)
class TroubleshootingStep:
    """One possible cause: what is known about it, and what to do."""

    code: str
    status: StepStatus
    title: str
    message: str
    advice: str = ""
    remedy: Remedy | None = None


def diagnose(
    instance: Instance,
    profile: Profile,
    last_reset: HistoryEntry | None,
    now: datetime,
    email_typos: Sequence[EmailTypo],
) -> tuple[TroubleshootingStep, ...]:
    """Return what was found, in the guide's order, then what to ask the person, then what is fine.

    `profile` was read just now, `last_reset` is the newest entry about this person, and `email_typos` are
    those of the profile's e-mail. `now` is an aware time.
    """
    checks = (
        _check_account(profile),
        _check_role(instance, profile),
        _check_lock(instance, profile),
        *_check_user_name(instance, profile),
        *_check_email(profile, email_typos),
    )
    known = [step for step in checks if step is not None]
    is_link_useless = not _BLOCKING_CODES.isdisjoint(step.code for step in known)
    steps = [*known, *_check_last_reset(profile, last_reset, now), *_questions(instance, profile, last_reset)]
    order = list(StepStatus)
    ordered = sorted(steps, key=lambda step: order.index(step.status))
    return tuple(_without_sending(step) if is_link_useless else step for step in ordered)


def diagnose_missing_user(
    query: str, instances: Sequence[str], *, is_certain: bool
) -> tuple[TroubleshootingStep, ...]:
    """Return what to try if nobody was found under Users, active or inactive.

    `query` is what was searched for, and `instances` are the names of the other configured instances. It is
    not `is_certain` that the CRM has nobody if only a part of its users, or an older list, was searched.
    """
    nobody = "Nobody here" if is_certain else "In the list, as far as it is known, nobody"
    other = "Search by another part of the name, by user name and by e-mail: one may be spelled differently."
    steps = [
        TroubleshootingStep(
            "missing", StepStatus.FOUND, "Users", f"{nobody} matches “{query}”, active or inactive.",
            other if is_certain else f"Read the list again. {other}",
        ),
        TroubleshootingStep(
            "portal",
            StepStatus.ASK,
            "Portal user",
            "Do they sign in to a portal instead of the CRM itself?",
            "Portal users are not under Users: no link can be sent to them from here.",
        ),
        TroubleshootingStep(
            "no_account", StepStatus.ASK, "No account", "Did they ever have an account?",
            "Dazos support does not create accounts: the company's own administrator does, in the browser.",
        ),
    ]  # fmt: skip
    if instances:
        words = f"Do they work in another instance: {', '.join(instances)}?"
        advice = "Search there."
        steps.insert(
            1,
            TroubleshootingStep(
                "instance", StepStatus.ASK, "Instance", words, advice, Remedy.OTHER_INSTANCES
            ),
        )
    return tuple(steps)


def summarize(profile: Profile, steps: Sequence[TroubleshootingStep]) -> str:
    """Return lines of plain text for the ticket: what was checked, what was found, what to do."""
    user = profile.user
    address = f", {user.email}" if user.email else ""
    lines = [f"Looked into why {user.name} ({user.user_name}{address}) cannot get in."]
    for status, title in ((StepStatus.FOUND, "Found:"), (StepStatus.ASK, "To ask:")):
        items = [f"- {step.message} {step.advice}".rstrip() for step in steps if step.status is status]
        lines += [title, *items] if items else []
    fine = [f"- {step.message}" for step in steps if step.status is StepStatus.FINE]
    return "\n".join([*lines, "In order:", *fine] if fine else lines)


def _without_sending(step: TroubleshootingStep) -> TroubleshootingStep:
    """Return the step without the advice to send a link, for when a link cannot help yet."""
    if step.remedy is not Remedy.SEND_AGAIN:
        return step
    advice = "First fix the problem at the top of this list; then send a link."
    return replace(step, advice=advice, remedy=None)


def _problem_step(finding: Finding, title: str, advice: str, remedy: Remedy) -> TroubleshootingStep:
    return TroubleshootingStep(finding.code, StepStatus.FOUND, title, finding.message, advice, remedy)


def _ok_step(code: str, title: str, sentence: str) -> TroubleshootingStep:
    return TroubleshootingStep(code, StepStatus.FINE, title, sentence)


def _check_account(profile: Profile) -> TroubleshootingStep:
    if finding := inactive_account_finding(profile):
        advice = "Restore it in the browser if the person still works at the company, then send a link."
        return _problem_step(finding, "Account", advice, Remedy.OPEN_IN_BROWSER)
    if finding := unknown_status_finding(profile):
        return _problem_step(
            finding, "Account", "Check in the browser whether it is active.", Remedy.OPEN_IN_BROWSER
        )
    return _ok_step("active", "Account", "The account is active.")


def _check_role(instance: Instance, profile: Profile) -> TroubleshootingStep | None:
    if finding := barred_role_finding(instance, profile):
        advice = "Ask the person in charge of roles, change it in the browser, then send a link."
        return _problem_step(finding, "Role", advice, Remedy.OPEN_IN_BROWSER)
    role = profile.user.role
    return (
        _ok_step("role_fine", "Role", f"The role “{role}” is not one of those that may not sign in.")
        if role
        else None
    )


def _check_lock(instance: Instance, profile: Profile) -> TroubleshootingStep:
    label = instance.labels.enable_login
    if finding := locked_login_finding(instance, profile):
        advice = f"Choose “{label}”, or wait: Dazos unlocks a locked login after an hour."
        return _problem_step(finding, "Lock", advice, Remedy.ENABLE_LOGIN)
    return _ok_step("not_locked", "Lock", f"The login is not locked: the CRM does not offer “{label}”.")


def _check_user_name(instance: Instance, profile: Profile) -> Iterator[TroubleshootingStep]:
    """Yield what is unusual about the user name, and what a stock vtiger cannot handle."""
    user = profile.user
    if words := describe_hidden_characters(user.exact_user_name):
        yield TroubleshootingStep(
            "hidden_user_name", StepStatus.FOUND, "User name",
            f"“{user.user_name}” contains {words}. Typing it as it looks does not work.",
            "Retype the user name in the browser, then tell the person.", Remedy.OPEN_IN_BROWSER,
        )  # fmt: skip
    if has_apostrophe(user.user_name, user.email):
        by_form = instance.reset_route is ResetRoute.FORGOT_PASSWORD
        yield TroubleshootingStep(
            "apostrophe", StepStatus.FOUND if by_form else StepStatus.ASK, "Apostrophe",
            "The user name or the e-mail has an apostrophe. A stock vtiger's forgot-password form refuses "
            "them although they are right, and its login history leaves the person out.",
            "Send the link by the menu or in the browser. Ask the person whether they are back in, and note "
            "that.",
        )  # fmt: skip


def _check_email(profile: Profile, email_typos: Sequence[EmailTypo]) -> Iterator[TroubleshootingStep]:
    finding = unusable_email_finding(profile)
    if hidden := hidden_email_finding(profile):
        retype = "Retype the whole address in the browser, then send a link."
        yield _problem_step(hidden, "Address", retype, Remedy.OPEN_IN_BROWSER)
        return
    correct = "Ask the person how it is spelled. If it is wrong, correct it in the browser, then send a link."
    if finding is not None and (finding.code == "no_email" or not email_typos):
        yield _problem_step(finding, "Address", correct, Remedy.OPEN_IN_BROWSER)
        return
    for typo in email_typos:
        meant = f" Was {typo.suggestion} meant?" if typo.suggestion else ""
        yield TroubleshootingStep(
            f"address_{typo.code}", StepStatus.FOUND, "Address", f"{typo.message}{meant}", correct,
            Remedy.OPEN_IN_BROWSER,
        )  # fmt: skip
    if not email_typos:
        yield _ok_step("address", "Address", f"Nothing about {profile.user.email} looks misspelt.")


def _check_last_reset(
    profile: Profile, last_reset: HistoryEntry | None, now: datetime
) -> Iterator[TroubleshootingStep]:
    """Yield what is known about the newest reset."""
    if last_reset is None:
        words = "No link to this person is recorded here."
        yield TroubleshootingStep(
            "never_sent", StepStatus.FOUND, "Reset link", words, "Send one.", Remedy.SEND_AGAIN
        )
    elif last_reset.action is CrmAction.ENABLE_LOGIN:
        words = (
            f"Enabling the login was requested {_ago(last_reset.requested_at, now)} ({last_reset.outcome})."
        )
        advice = (
            "Have them sign in with the password they had."
            if last_reset.outcome is Outcome.SENT
            else "If it is still locked, try again; else have them sign in with the password they had."
        )
        yield TroubleshootingStep("enabled", StepStatus.ASK, "Lock", words, advice)
    elif last_reset.back_in is not None:
        how = (
            "as the CRM's login history shows"
            if last_reset.back_in.proof is BackInProof.SIGN_IN
            else "as they said"
        )
        words = f"They got back in after the last link, {_ago(last_reset.back_in.at, now)}, {how}."
        advice = "The password works: ask what the problem is now, and compare with the login history."
        yield TroubleshootingStep(
            "back_in", StepStatus.FOUND, "Back in", words, advice, Remedy.CHECK_SIGN_INS
        )
    else:
        yield _outcome_step(last_reset, _ago(last_reset.requested_at, now))
        yield from _check_sent_to(profile, last_reset)


def _outcome_step(last_reset: HistoryEntry, ago: str) -> TroubleshootingStep:
    said = f" It said: “{last_reset.message}”" if last_reset.message else ""
    if last_reset.outcome is Outcome.SENT:
        return _ok_step(
            "sent", "Reset link", f"The CRM confirmed a link to {last_reset.request.email}, {ago}."
        )
    if last_reset.outcome is Outcome.UNKNOWN:
        words = f"A link was requested {ago} and no clear answer came: it may have been sent."
        advice = f"Check whether your own session has ended. {UNKNOWN_OUTCOME_ADVICE}"
        return TroubleshootingStep(
            "unknown", StepStatus.FOUND, "Reset link", words, advice, Remedy.CHECK_SIGN_INS
        )
    if last_reset.outcome is Outcome.REFUSED:
        words = f"The CRM refused the last link, {ago}.{said}"
        advice = "Read its message. Often your own account does not have the rights."
        return TroubleshootingStep(
            "refused", StepStatus.FOUND, "Reset link", words, advice, Remedy.OPEN_IN_BROWSER
        )
    words = f"The last link, {ago}, was certainly not sent."
    advice = "Check whether your own session has ended, and send it again."
    return TroubleshootingStep("not_sent", StepStatus.FOUND, "Reset link", words, advice, Remedy.SEND_AGAIN)


def _check_sent_to(profile: Profile, last_reset: HistoryEntry) -> Iterator[TroubleshootingStep]:
    email, then = profile.user.email, last_reset.request.email
    if _may_have_been_sent(last_reset) and email and then.casefold() != email.casefold():
        went = "went" if last_reset.outcome is Outcome.SENT else "was meant to go"
        words = f"The last link {went} to {then}, but the profile now has {email}."
        yield TroubleshootingStep(
            "sent_elsewhere", StepStatus.FOUND, "Address", words, "Send a fresh one.", Remedy.SEND_AGAIN
        )


def _may_have_been_sent(last_reset: HistoryEntry | None) -> bool:
    if last_reset is None or last_reset.action is not CrmAction.RESET_LINK or last_reset.back_in is not None:
        return False
    return last_reset.outcome in {Outcome.SENT, Outcome.UNKNOWN}


def _questions(
    instance: Instance, profile: Profile, last_reset: HistoryEntry | None
) -> Iterator[TroubleshootingStep]:
    if last_reset is not None and _may_have_been_sent(last_reset):
        yield from _mail_questions(last_reset.request.email)
    yield TroubleshootingStep(
        "browser", StepStatus.ASK, "Browser",
        "Does the browser fill in the old saved password, or open another address?",
        f"Have them type “{profile.user.user_name}” and the new password themselves, at {instance.url}",
    )  # fmt: skip
    yield TroubleshootingStep(
        "instance", StepStatus.ASK, "Instance", f"Is {instance.name} the instance they mean to sign in to?",
        "If not, look for them in the other instances.", Remedy.OTHER_INSTANCES,
    )  # fmt: skip


def _mail_questions(email: str) -> Iterator[TroubleshootingStep]:
    at = email or "their address"
    yield TroubleshootingStep(
        "mail", StepStatus.ASK, "Mail", f"Has the mail arrived at {at}?",
        "Have them look in the spam and junk folders, and wait a few minutes. If mails are held back, their "
        "mail administrator can put the sender on the allow-list.",
    )  # fmt: skip
    yield TroubleshootingStep(
        "newest", StepStatus.ASK, "Newest mail", "If there are several mails, did they use the newest one?",
        "Have them use only the newest mail.",
    )  # fmt: skip
    yield TroubleshootingStep(
        "link", StepStatus.ASK, "Link", "Does the link's page say that it has expired or was used?",
        "Send a fresh one, and have them use only the newest mail. Some mail scanners open links and use "
        "them up.",
        Remedy.SEND_AGAIN,
    )  # fmt: skip


def _ago(then: datetime, now: datetime) -> str:
    if is_clock_ahead(then, now):
        return describe_ahead(then)
    seconds = max(0, int((now - then).total_seconds()))
    return f"{duration(seconds)} ago" if seconds >= 60 else "less than a minute ago"

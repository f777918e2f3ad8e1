"""Everything that can go wrong between us and a CRM, as exceptions of one family.

Each says what happened and what to do next, in words for the person at the screen. None carries a
secret, and no exception of the HTTP library leaves `dazos_tui.crm`.
"""


class CrmError(Exception):
    """The base of the family: `str(error)` says what happened, `error.advice` what to do next."""

    advice = "Try again; if it stays so, look at the instance in a browser."
    is_transient = False
    """Whether it may well be over a moment later: only then is a page asked for again by itself."""

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice


class UnreachableError(CrmError):
    """No connection could be made: nothing was sent."""

    advice = "Check the address, your network and any VPN or proxy, then try again."


class TlsError(UnreachableError):
    """No encrypted connection, or a certificate that was not accepted: nothing was sent."""

    advice = (
        "If the certificate comes from your company's own authority, name it as ca_file in the config; "
        "otherwise do not go on and tell whoever runs the instance."
    )


class ConnectionLostError(CrmError):
    """The connection broke, or the time ran out, after the request may have left."""

    advice = "Check your connection and try again."
    is_transient = True


class WrongHostError(CrmError):
    """The server points to another host. Nothing was sent there."""


class NotACrmError(CrmError):
    """What answers at this address is not the CRM's login page."""

    advice = "Compare the address of the instance with the one in your browser when you sign in there."


class SingleSignOnError(NotACrmError):
    """The login page has no form for user name and password: people come in by another server."""

    advice = (
        'Set auth = "cookie" for this instance in the config: it goes on with the session of your browser, '
        "signed in there."
    )


class UnexpectedPageError(CrmError):
    """The CRM answered with a page that cannot be made sense of."""


class UnreadableListError(UnexpectedPageError):
    """The CRM showed the list of people, laid out in a way that cannot be read."""


class SignInError(CrmError):
    """Nobody was signed in. A password was posted once at most, and never again by itself."""

    advice = "Sign in with a browser to see what the CRM says there. Each failed try counts."


class CredentialRefusedError(SignInError):
    """The CRM did not take user name and password, or the session of a browser."""

    advice = (
        "Check user name and password. Each failed try counts: Dazos locks an account for an hour after too "
        "many. The CRM gives the same answer for an inactive account."
    )


class SignedOutError(CrmError):
    """The session has ended. The request reached no action, so nothing was sent or changed."""

    advice = "It had no effect. Do it once more; you are then signed in again."


class IllegalRequestError(SignedOutError):
    """The CRM took the request for one from another site, as it also does where a session has ended."""


class SiteUrlMismatchError(CrmError):
    """The CRM takes every request for one from another site. None reached an action: nothing was sent."""

    advice = (
        "The session is not the reason. Compare url in the config with the CRM's own address, the "
        "site_URL in its config.inc.php: both must be the same, down to https:// or http://. Whoever runs "
        "the instance can tell."
    )


class PermissionDeniedError(CrmError):
    """The signed-in account may not do this."""

    advice = (
        "Settings → User Management → Users, and with it sending reset links, needs admin rights in the CRM: "
        "sign in with an administrator's account, or have an administrator send the link."
    )


class UserNotFoundError(CrmError):
    """There is no person with this record id, or none that the account may see."""

    advice = "Reload the list: the person may have been deleted meanwhile."


class ForbiddenItemError(CrmError):
    """A menu item other than the two that may be run, or one that points at another record or host."""

    advice = "Use the browser for everything but Send Reset Link and Enable Login."


class UnclearAnswerError(CrmError):
    """The action was asked for, and the answer does not say whether it ran."""

    advice = "Look in the mailbox and in the sign-in history before you send again."

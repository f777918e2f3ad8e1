"""Everything that can go wrong between this tool and a CRM, as subclasses of one exception, CrmError.

Each says what happened and what to do next, in words for the user. None carries a secret, and no exception
of the HTTP library leaves `dazos_tui.crm`.
"""


class CrmError(Exception):
    """The base class: `str(error)` says what happened, `error.advice` what to do next."""

    advice = "Try again. If it keeps happening, open the instance in a browser."
    is_transient = False
    """Whether a retry a moment later may well succeed: only then is a page requested again automatically."""

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
        "If the certificate comes from your company's own authority, name it as ca_file in the config. "
        "Otherwise do not continue, and tell the server's administrator."
    )


class ConnectionLostError(CrmError):
    """The connection broke, or timed out, after the request may have been sent."""

    advice = "Check your connection and try again."
    is_transient = True


class WrongHostError(CrmError):
    """The server points to another origin or folder. Nothing was sent there."""


class NotACrmError(CrmError):
    """What answers at this address is not the CRM's login page."""

    advice = "Compare the address of the instance with the one in your browser when you sign in there."


class SingleSignOnError(NotACrmError):
    """The login page has no form for user name and password: users sign in at another server."""

    advice = (
        'Set auth = "cookie" for this instance in the config: it then uses the session of your browser, '
        "once you have signed in there."
    )


class UnexpectedPageError(CrmError):
    """The CRM answered with a page that could not be understood."""


class UnreadableListError(UnexpectedPageError):
    """The CRM showed the user list in a layout that could not be read."""


class SignInError(CrmError):
    """The sign-in failed. The password was posted at most once, and is never posted again automatically."""

    advice = "Sign in with a browser to see what the CRM says there. Each failed try counts."


class CredentialRefusedError(SignInError):
    """The CRM did not accept the user name and password, or the session of a browser."""

    advice = (
        "Check user name and password. Each failed try counts: Dazos locks an account for an hour after too "
        "many. The CRM gives the same answer for an inactive account."
    )


class SignedOutError(CrmError):
    """The session has ended. The request reached no action, so nothing was sent or changed."""

    advice = "Nothing was changed. Try again; you will be signed in first."


class IllegalRequestError(SignedOutError):
    """The CRM took the request for one from another site, as it also does when a session has ended."""


class SiteUrlMismatchError(CrmError):
    """The CRM takes every request for one from another site. None reached an action: nothing was sent."""

    advice = (
        "The session is not the cause. Compare url in the config with the CRM's own address, the "
        "site_URL in its config.inc.php: both must be the same, including https:// or http://. The server's "
        "administrator can look it up."
    )


class PermissionDeniedError(CrmError):
    """The signed-in account may not do this."""

    advice = (
        "Settings → User Management → Users, and with it sending reset links, needs admin rights in the CRM: "
        "sign in with an administrator's account, or have an administrator send the link."
    )


class UserNotFoundError(CrmError):
    """No user has this record id, or the signed-in account may not see that user."""

    advice = "Reload the list: the person may have been deleted in the meantime."


class ForbiddenItemError(CrmError):
    """A menu item other than the two that may be run, or one that points at another record or host."""

    advice = "Use the browser for everything but Send Reset Link and Enable Login."


class UnclearAnswerError(CrmError):
    """The action was requested, and the answer does not say whether it ran."""

    advice = "Look in the mailbox and in the login history before you send again."

"""What can go wrong with a secret."""


class SecretError(Exception):
    """A secret could not be had: `str(error)` says why, without ever holding it."""

    advice = (
        "Nothing was tried at the CRM. Run the instance's password_command yourself and see what it prints."
    )

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice

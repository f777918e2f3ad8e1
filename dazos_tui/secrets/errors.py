"""The errors of getting a secret."""


class SecretError(Exception):
    """A secret could not be read: `str(error)` says why and never contains the secret."""

    advice = "No sign-in was tried. Run the instance's password_command yourself and see what it prints."

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice

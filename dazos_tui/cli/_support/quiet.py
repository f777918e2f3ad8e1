"""Whether remarks and progress are left out. Imports nothing."""


class _Quiet:
    is_on = False


def set_quiet(*, quiet: bool) -> None:
    """Choose whether remarks and progress are left out."""
    _Quiet.is_on = quiet


def is_quiet() -> bool:
    """Return whether remarks and progress are left out."""
    return _Quiet.is_on

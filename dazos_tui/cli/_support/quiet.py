"""Whether remarks and progress are left out. Imports next to nothing."""

from dazos_tui.system.terminal_name import has_dumb_name


class _Quiet:
    is_on = False
    has_progress = True


def set_quiet(*, quiet: bool) -> None:
    """Choose whether remarks and progress are left out."""
    _Quiet.is_on = quiet
    _Quiet.has_progress = True


def hide_progress() -> None:
    """Leave out the progress line, which is rewritten in its place; remarks stay."""
    _Quiet.has_progress = False


def is_quiet() -> bool:
    """Return whether remarks and progress are left out."""
    return _Quiet.is_on


def is_progress_hidden() -> bool:
    """Return whether the progress line is left out, as it is on a terminal that can only write lines."""
    return _Quiet.is_on or not _Quiet.has_progress or has_dumb_name()

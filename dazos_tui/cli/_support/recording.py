"""The history as a command that sends needs it: writable, and its errors say that nothing was sent."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.options import Settings
from dazos_tui.cli._support.output import echo_err, echo_note
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.store import HistoryStore


@contextmanager
def recording_history(settings: Settings) -> Iterator[HistoryStore]:
    """Open the history, after a check that resets can be recorded; at the end show what is to be known of it.

    An error of the history, which must be from before the first send, becomes a CommandError.
    """
    try:
        with settings.open_history() as store:
            is_new = store.is_missing()
            store.require_writable()
            if is_new:
                echo_note(f"Starting a new history: {store.place}")
            try:
                yield store
            finally:
                # An error in this would hide what became of the sends.
                with suppress(HistoryError):
                    if notice := store.notice:
                        echo_err(notice.text)
    except HistoryError as error:
        raise CommandError(
            ExitCode.NOT_SENT, str(error), advice=f"Nothing was sent. {error.advice}"
        ) from None

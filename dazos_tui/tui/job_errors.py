"""The errors that can stop a job."""

from dazos_tui.crm.errors import CrmError
from dazos_tui.history.errors import HistoryError
from dazos_tui.secrets import SecretError

JobError = CrmError | SecretError | HistoryError
"""An error that stops a job. `str(error)` says what happened, `error.advice` what to do next."""

JOB_ERRORS = (CrmError, SecretError, HistoryError)
"""The same errors, for an ``except`` clause."""

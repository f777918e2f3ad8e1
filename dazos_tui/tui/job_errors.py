"""What can stop a job."""

from dazos_tui.crm.errors import CrmError
from dazos_tui.history.errors import HistoryError
from dazos_tui.secrets import SecretError

JobError = CrmError | SecretError | HistoryError
"""All that can stop a job. `str(trouble)` says what happened, `trouble.advice` what to do next."""

JOB_ERRORS = (CrmError, SecretError, HistoryError)
"""The same, as an ``except`` takes it."""

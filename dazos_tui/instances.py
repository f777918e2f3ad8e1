"""From a configured instance to a client that speaks to it."""

from dazos_tui.config import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.dialect import Dialect


def client_for(instance: Instance) -> CrmClient:
    """Return a client for this instance, not yet signed in."""
    dialect = Dialect(labels=instance.labels, paths=instance.paths)
    return CrmClient(instance.url, dialect=dialect, ca_file=instance.ca_file)

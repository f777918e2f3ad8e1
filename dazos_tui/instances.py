"""From a configured instance to a client that speaks to it."""

from functools import cache

from dazos_tui.config import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.dialect import Dialect
from dazos_tui.crm.network import Network, Pace
from dazos_tui.crm.webservice import WebService


def client_for(instance: Instance) -> CrmClient:
    """Return a client for this instance, not yet signed in."""
    dialect = Dialect(labels=instance.labels, paths=instance.paths)
    return CrmClient(instance.url, dialect=dialect, network=_network(instance))


def service_for(instance: Instance) -> WebService | None:
    """Return the access-key API of this instance, not yet signed in, or None if it has no key configured."""
    if instance.access_key_command is None and instance.access_key_env is None:
        return None
    return WebService(instance.url, instance.username, paths=instance.paths, network=_network(instance))


def _network(instance: Instance) -> Network:
    rate = instance.requests_per_second
    return Network(instance.ca_file, instance.proxy, _pace(instance.url, rate) if rate else None)


@cache
def _pace(url: str, per_second: int) -> Pace:
    """Return the pace of an instance: one for all who ask it."""
    return Pace(per_second)

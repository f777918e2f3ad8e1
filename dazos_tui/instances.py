"""From a configured instance to a client that speaks to it."""

from functools import cache
from traceback import clear_frames

from pydantic import SecretStr

from dazos_tui.config import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.dialect import Dialect
from dazos_tui.crm.errors import CrmError, SignInFailed
from dazos_tui.crm.network import Network, Pace
from dazos_tui.crm.webservice import WebService


def client_for(instance: Instance) -> CrmClient:
    """Return a client for this instance, not yet signed in."""
    dialect = Dialect(labels=instance.labels, paths=instance.paths)
    return CrmClient(instance.url, dialect=dialect, network=_network(instance))


async def sign_in(client: CrmClient, instance: Instance, password: SecretStr) -> None:
    """Sign in, with exactly one attempt. Raises what `CrmClient.sign_in` raises, without the password.

    Whoever calls this lets go of the password, too: an error keeps the variables it passed on its way.
    """
    try:
        await client.sign_in(instance.username, password)
    except CrmError as error:
        clear_frames(error.__traceback__)
        if isinstance(error, SignInFailed) and instance.asks_keyring:
            error.advice += f" “dazos-tui login -i {instance.name}” puts another password into the keyring."
        raise
    finally:
        del password


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

"""Signing in for one command."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dazos_tui.cli.ask import ask_password
from dazos_tui.cli.output import progress
from dazos_tui.config import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.instances import client_for
from dazos_tui.secrets import password_for


@asynccontextmanager
async def signed_in(instance: Instance) -> AsyncIterator[CrmClient]:
    """Sign in to an instance, with one attempt; sign out and close at the end, whatever happened.

    Raises SecretError, Stopped (nobody to ask for the password), CrmError.
    """
    password = await password_for(instance) or ask_password(instance)
    progress(f"Signing in to {instance.name} ({instance.environment.upper()}) as {instance.username} …")
    async with client_for(instance) as client:
        await client.sign_in(instance.username, password)
        try:
            yield client
        finally:
            progress("")
            await client.sign_out()

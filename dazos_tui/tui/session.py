"""The jobs of one instance that take time. They run beside the screen and only post messages to it."""

from collections.abc import Callable

from pydantic import SecretStr
from textual.message import Message

from dazos_tui.config import Instance
from dazos_tui.crm.errors import CrmError, SignedOut
from dazos_tui.crm.models import Profile, Status
from dazos_tui.history.store import HistoryError, HistoryStore
from dazos_tui.instances import client_for
from dazos_tui.resets.service import Blocked, Check, ResetService
from dazos_tui.secrets import SecretError, password_for
from dazos_tui.tui import messages

Post = Callable[[Message], object]


class InstanceSession:
    """One instance: its client, its resets, and the jobs that use them."""

    def __init__(self, instance: Instance, store: HistoryStore) -> None:
        self.instance = instance
        self.client = client_for(instance)
        self.resets = ResetService(instance, self.client, store)

    async def sign_in(self, post: Post, password: SecretStr | None = None) -> None:
        """Sign in with this password, or with the one the config says where to get. One attempt."""
        try:
            password = password or await password_for(self.instance)
            if password is None:
                post(messages.PasswordNeeded())
                return
            await self.client.sign_in(self.instance.username, password)
        except SecretError as error:
            post(messages.SignInStopped("No password", str(error), error.advice))
        except CrmError as error:
            post(messages.SignInStopped("Not signed in", str(error), error.advice))
        else:
            post(messages.SignedIn())

    async def load_users(self, post: Post) -> None:
        """Read everybody, active people first, page by page."""
        try:
            for status in Status:
                async for page in self.client.users(status):
                    post(messages.PageArrived(page, status))
        except CrmError as error:
            post(messages.ListFailed(error))
        else:
            post(messages.ListComplete())

    async def load_profile(self, post: Post, user_id: str) -> None:
        """Read a profile."""
        try:
            post(messages.ProfileArrived(await self.client.profile(user_id)))
        except CrmError as error:
            post(messages.ProfileFailed(error))

    async def check(self, post: Post, user_id: str, fresh: Profile | None) -> None:
        """Look at a reset before it is confirmed: on the `fresh` profile, or on one read now."""
        try:
            if fresh is None:
                check = await self.resets.check(user_id)
            else:
                check = self.resets.check_profile(fresh)
        except CrmError as error:
            post(messages.ProfileFailed(error))
        except HistoryError as error:
            post(messages.SendStopped("History not readable", str(error), error.advice))
        else:
            post(messages.CheckReady(check))

    async def send(self, post: Post, check: Check) -> None:
        """Send the confirmed link, once."""
        try:
            post(messages.ResetFinished(await self.resets.send(check)))
        except Blocked as blocked:
            post(messages.SendStopped("Not sent", str(blocked), ""))
        except HistoryError as error:
            post(messages.SendStopped("Not sent", str(error), error.advice))

    async def close(self) -> None:
        """Sign out and close the connections."""
        await self.client.sign_out()
        await self.client.close()


def session_ended(error: CrmError | None) -> bool:
    """Tell whether signing in again is what helps."""
    return isinstance(error, SignedOut)

"""The sources of a sign-in's credential: each way that a config offers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dazos_tui.demo.instance import DemoInstance
from dazos_tui.secrets.keyring import SERVICE_NAME
from tests import keyrings
from tests.secrecy.machine import Machine


@dataclass(frozen=True)
class Source:
    """The config keys of a source, and whether the user is asked."""

    keys: dict[str, Any] = field(default_factory=dict)
    asks: bool = False

    def typed(self, question: str, answer: str) -> list[tuple[str, str]]:
        """Return the question and the user's answer, if this source asks."""
        return [(question, answer)] if self.asks else []


def from_command(machine: Machine, _crm: DemoInstance, what: str, secret: str) -> Source:
    return Source({f"{what}_command": machine.command(secret)})


def from_variable(machine: Machine, _crm: DemoInstance, what: str, secret: str) -> Source:
    return Source({f"{what}_env": machine.variable("SECRET_OF_MINE", secret)})


def from_keyring(machine: Machine, crm: DemoInstance, _what: str, secret: str) -> Source:
    keyring = keyrings.FileKeyring()
    keyring.place = machine.vault / "keyring"
    keyring.set_password(SERVICE_NAME, f"{crm.url} {crm.username}", secret)
    return Source()


def from_person(_machine: Machine, _crm: DemoInstance, _what: str, _secret: str) -> Source:
    return Source({"keyring": False}, asks=True)


Way = Callable[[Machine, DemoInstance, str, str], Source]

OF_A_COOKIE: tuple[Way, ...] = (from_command, from_variable, from_person)
OF_A_PASSWORD: tuple[Way, ...] = (*OF_A_COOKIE, from_keyring)

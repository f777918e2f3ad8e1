"""Requests for tests: to somebody made up, or to a person of a demo CRM."""

from dazos_tui.config.models import Instance
from dazos_tui.demo.people import Person
from dazos_tui.history.models import ResetRequest


def request(**changes: str) -> ResetRequest:
    """Return a request of an instance that does not exist, with these texts changed."""
    texts = {
        "instance": "acme",
        "environment": "production",
        "host": "crm.acme.example",
        "operator": "admin",
        "user_id": "42",
        "user_name": "ann.lee",
        "name": "Ann Lee",
        "email": "ann@acme.example",
        "ticket": "HD-7",
    }
    return ResetRequest(**(texts | changes))


def request_to(person: Person, instance: Instance, **changes: str) -> ResetRequest:
    """Return a request for a person of a demo instance, without a ticket, with these texts changed."""
    texts = {
        "instance": instance.name,
        "environment": instance.environment,
        "host": instance.host,
        "operator": instance.operator,
        "user_id": str(person.id),
        "user_name": person.user_name,
        "name": person.full_name,
        "email": person.email1,
        "ticket": "",
        "server": instance.server,
    }
    return ResetRequest(**(texts | changes))

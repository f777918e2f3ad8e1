"""Scenarios of support staff, given to some of the demo's people: odd addresses, locks, roles."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dazos_tui.demo.people import Person


def arrange_scenarios(ordinary: "list[Person]", domain: str) -> None:
    """Give some active people the problems that support staff deal with.

    Two share an address, one has theirs in capitals, three are locked out, three more are administrators, two
    have a role that may not sign in, and three have no address.
    """
    for person in ordinary[0:2]:
        person.email1 = f"front.desk@{domain}"
        person.roleid = "Front Desk"
    for person in ordinary[2:3]:
        person.email1 = f"{person.first_name}.{person.last_name}@{domain.title()}"
    for person in ordinary[3:6]:
        person.locked_at_start = True
        person.roleid = "Admissions"
    for person in ordinary[6:9]:
        person.is_admin = True
        person.roleid = "Clinical Director"
    for person, role in zip(ordinary[9:11], ("No Access", "Disabled Reps"), strict=False):
        person.roleid = role
    for person in ordinary[13:16]:
        person.email1 = person.email2 = ""


def misspell(ordinary: "list[Person]", domain: str) -> None:
    """Misspell the addresses of four active people: domain, provider's ending, surname, a comma for a dot.

    None of these addresses can exist: those outside example.com have a top-level domain that does not exist.
    """
    swapped = f"{domain[:2]}{domain[3]}{domain[2]}{domain[4:]}"
    comma = ",".join(domain.rsplit(".", 1))
    for person, at in zip(ordinary[16:20], (swapped, "gmail.con", domain, comma), strict=False):
        person.email1 = f"{person.user_name}@{at}"
    for person in ordinary[18:19]:
        person.email1 = f"{person.user_name[:-2]}{person.user_name[-1]}@{domain}"

"""The walk that an administrator records: sign in, Users, a person, More, Send Reset Link."""

from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.people import Person
from tests.recordings.chromium import BrowserPage, Chromium
from tests.recordings.devtools import NetworkEntry, NetworkTab


def walk(browser: Chromium, instance: DemoInstance) -> tuple[Person, list[NetworkEntry]]:
    """Send a link to a colleague on the first page of the list; return the person and all requests."""
    tab = NetworkTab(browser)
    page = tab.page
    page.go_to(f"{instance.url}index.php")
    sign_in(page, instance)
    page.click("nav a", "Users")
    page.sees("main tbody a[href*='view=Detail']")
    tab.settle()
    person = _somebody_on(page.evaluate("document.querySelector('main').innerHTML"), instance)
    page.click(f"main tbody a[href$='record={person.id}']")
    page.click("main button.dropdown-toggle", "More")
    page.click("main .dropdown.open a", "Send Reset Link")
    page.sees(".toast:not(.bad)")
    tab.settle()
    return person, tab.entries


def sign_in(page: BrowserPage, instance: DemoInstance) -> None:
    """Fill in the login page that is shown."""
    page.type_into("#username", instance.username)
    page.type_into("#password", instance.password)
    page.click("#loginForm button[type=submit]")


def _somebody_on(html: str, instance: DemoInstance) -> Person:
    """Return an active person on a page who has an ordinary name and is not the signed-in account."""
    return next(
        person
        for person in instance.people
        if person.active
        and not person.is_admin
        and person.user_name.replace(".", "").isalnum()
        and person.email1 == f"{person.user_name}@{instance.preset.domain}"
        and f"record={person.id}&quot;" in html.replace('"', "&quot;")
    )


def reset_request(entries: list[NetworkEntry]) -> NetworkEntry:
    """Return the request that sent the link: the last one that was posted."""
    return [entry for entry in entries if entry.request["method"] == "POST"][-1]

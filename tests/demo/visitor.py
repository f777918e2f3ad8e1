"""A plain HTTP visitor of the demo. It knows the protocol, but shares no code with the demo."""

import re
import ssl
from typing import Any

import httpx
from selectolax.lexbor import LexborHTMLParser

LIST = "index.php?module=Users&parent=Settings&view=List"
INACTIVE = "&search_key=status&search_value=Inactive&operator=e"
PJAX = {"X-Requested-With": "XMLHttpRequest", "X-PJAX": "true"}
AJAX = {"X-Requested-With": "XMLHttpRequest"}

TLS = ssl.create_default_context()
"""Not needed for plain HTTP, but a client would spend 25 ms on creating its own."""


class Visitor:
    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        self.http = httpx.Client(base_url=url, timeout=timeout, verify=TLS)

    def close(self) -> None:
        self.http.close()

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.http.get(url, **options)

    def page(self, url: str, **options: Any) -> LexborHTMLParser:
        response = self.get(url, **options)
        assert response.status_code == 200
        return LexborHTMLParser(response.text)

    def token(self, url: str = "index.php") -> str:
        response = self.http.get(url, follow_redirects=True)
        found = re.search(r'csrfMagicToken = "(sid:[0-9a-f]+,\d+)"', response.text)
        assert found, response.text[:500]
        return found[1]

    def sign_in(self, user_name: str, password: str) -> httpx.Response:
        form = {
            "__vtrftk": self.token(),
            "module": "Users",
            "action": "Login",
            "username": user_name,
            "password": password,
        }
        return self.http.post("index.php", data=form)

    def post(self, url: str, token: str | None, **headers: str) -> httpx.Response:
        body = {} if token is None else {"__vtrftk": token}
        return self.http.post(url, data=body, headers=AJAX | headers)

    def profile(self, record: int) -> LexborHTMLParser:
        return self.page(profile_url(record))

    def ids(self, query: str = "") -> list[int]:
        """Return the record ids of all pages of a list, up to the one that says it is the last."""
        found: list[int] = []
        for number in range(1, 200):
            table = self.page(f"{LIST}{query}&page={number}", headers=PJAX)
            found += row_ids(table)
            if hidden(table, "nextPageExist") != "1":
                return found
        raise AssertionError("the list does not end")


def profile_url(record: int) -> str:
    return f"index.php?module=Users&view=Detail&parent=Settings&record={record}"


def row_ids(table: LexborHTMLParser) -> list[int]:
    return [int(row.attributes["data-id"] or 0) for row in table.css("tr.listViewEntries")]


def hidden(table: LexborHTMLParser, name: str) -> str:
    field = table.css_first(f"input#{name}")
    assert field is not None, name
    return field.attributes["value"] or ""


def more_menu(profile: LexborHTMLParser) -> dict[str, str]:
    """Return label and target of all items of the More menu."""
    links = profile.css("ul.dropdown-menu > li[id^=Users_detailView_moreAction_] > a")
    return {link.text(strip=True): target(link.attributes["href"] or "") for link in links}


def row_menu(table: LexborHTMLParser, record: int) -> dict[str, str]:
    """Return the label (unchanged) and target of all items behind a row's info icon."""
    links = table.css(f"tr.listViewEntries[data-id='{record}'] ul.dropdown-menu > li > a")
    return {
        link.text(): target((link.attributes.get("onclick") or "") + (link.attributes["href"] or ""))
        for link in links
    }


def target(script: str) -> str:
    found = re.search(r"\('(index\.php[^']+)'\)", script)
    assert found, script
    return found[1]

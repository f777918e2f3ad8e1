"""A client of the access-key API. It knows the protocol, but shares no code with the demo."""

from hashlib import md5
from typing import Any

import httpx

from tests.demo.visitor import TLS

URL = "webservice.php"


class Program:
    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        self.http = httpx.Client(base_url=url, timeout=timeout, verify=TLS)
        self.session = ""

    def get(self, operation: str, **params: str) -> dict[str, Any]:
        return told(self.http.get(URL, params={"operation": operation, **params}))

    def post(self, operation: str, **params: str) -> dict[str, Any]:
        return told(self.http.post(URL, data={"operation": operation, **params}))

    def challenge(self, user_name: str) -> dict[str, Any]:
        result: dict[str, Any] = self.get("getchallenge", username=user_name)["result"]
        return result

    def login(self, user_name: str, key: str, token: str | None = None) -> dict[str, Any]:
        """Log in with the given token or a new one, and keep the session if there is one."""
        token = self.challenge(user_name)["token"] if token is None else token
        answer = self.post("login", username=user_name, accessKey=proof(token, key))
        self.session = answer.get("result", {}).get("sessionName", "")
        return answer

    def query(self, text: str) -> dict[str, Any]:
        return self.get("query", sessionName=self.session, query=text)

    def rows(self, text: str) -> list[dict[str, str]]:
        answer = self.query(text)
        assert answer["success"] is True, answer
        rows: list[dict[str, str]] = answer["result"]
        return rows

    def ids(self, text: str) -> list[int]:
        return [record(row["id"]) for row in self.rows(text)]


def told(response: httpx.Response) -> dict[str, Any]:
    """Return the content of an answer, whose status is always 200 and whose body is JSON."""
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/json")
    content: dict[str, Any] = response.json()
    return content


def proof(token: str, key: str) -> str:
    return md5(f"{token}{key}".encode(), usedforsecurity=False).hexdigest()


def code(answer: dict[str, Any]) -> str:
    """Return the code of a refusal."""
    assert answer["success"] is False
    assert answer["error"]["message"]
    text: str = answer["error"]["code"]
    return text


def record(api_id: str) -> int:
    kind, _, number = api_id.partition("x")
    assert kind == "19"
    return int(number)


def users(columns: str, rest: str = "") -> str:
    """Return a query for users."""
    return f"SELECT {columns} FROM Users {rest};"  # noqa: S608 - the CRM's own language, and its own data

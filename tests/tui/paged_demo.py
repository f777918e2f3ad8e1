"""A demo CRM whose list takes many pages, and what was requested from it."""

import json
from dataclasses import replace
from urllib.parse import parse_qs

from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.presets import HARBOR
from dazos_tui.demo.server import DemoServer

NAME = HARBOR.name


def paged_server(*, users: int = 200, page_size: int = 10, hostile_names: bool = False) -> DemoServer:
    """Return a server with one instance. Of 200 people 28 are inactive: 18 pages of active ones, then 3."""
    return DemoServer(replace(HARBOR, users=users, page_size=page_size, hostile_names=hostile_names))


def ids(instance: DemoInstance) -> set[str]:
    """Return the record ids of everybody in the list."""
    return {str(person.id) for person in instance.people}


def pages(instance: DemoInstance) -> list[tuple[bool, int]]:
    """Return the requested pages in order, each with whether it was one of inactive people."""
    asked = [query for query in _list_queries(instance) if "search_params" not in query]
    return [("search_value" in query, int(query["page"][0])) for query in asked]


def searches(instance: DemoInstance) -> list[str]:
    """Return each text that was searched in names, user names and e-mails, once for each status."""
    asked = [query["search_params"][0] for query in _list_queries(instance) if "search_params" in query]
    conditions = [json.loads(one)[-1][0] for one in asked]
    return [text for _, operator, text in conditions if operator == "c"]


def _list_queries(instance: DemoInstance) -> list[dict[str, list[str]]]:
    return [parse_qs(one.query) for one in list(instance.requests) if "view=List" in one.query]

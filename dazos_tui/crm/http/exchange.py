"""One request and its response, as somebody who watches a session sees them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response: everything in it may be secret or personal, except the status.

    Of a form that was posted there are only the names of its fields. `url` and the text of the response are
    as the CRM sent them.
    """

    method: str
    url: str = field(repr=False)
    field_names: tuple[str, ...] = field(repr=False)
    request_headers: tuple[str, ...] = field(repr=False)
    """The names of the request's headers."""
    status: int
    response_headers: tuple[tuple[str, str], ...] = field(repr=False)
    text: str = field(repr=False)

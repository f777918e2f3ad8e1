"""What a browser recorded: requests and answers, without the cookies and other credentials.

A recording holds a live session and people's data. So nothing here shows a value in its representation, no
error repeats any part of a recording, and errors keep no traceback into the functions that read one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import SplitResult, urlsplit

P = ParamSpec("P")
ResultT = TypeVar("ResultT")

Pairs = tuple[tuple[str, str], ...]
"""Names and values in their order; a name may occur several times."""


class RecordingError(Exception):
    """The recording does not show what is needed: `str(error)` says why, `advice` what to record instead."""

    advice = "Record the request once more, and copy only that one."

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice


class UnreadableRecordingError(RecordingError):
    """The text or file is not a recording, or is damaged."""


class BodyKind(StrEnum):
    """How the body of a request is written."""

    FORM = "form"
    JSON = "json"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RecordedBody:
    """The body of a request: the fields of a form, or a JSON value, or neither if it is of another kind."""

    kind: BodyKind
    is_multipart: bool = False
    fields: Pairs = field(default=(), repr=False)
    json_value: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request of a browser, without its credentials; `dropped` says in words which there were.

    `url` is absolute. Header names are in lower case.
    """

    method: str
    url: str = field(repr=False)
    headers: Pairs = field(default=(), repr=False)
    body: RecordedBody | None = field(default=None, repr=False)
    dropped: tuple[str, ...] = ()

    @property
    def parts(self) -> SplitResult:
        """Return the parts of the URL."""
        return urlsplit(self.url)

    def header(self, name: str) -> str:
        """Return the first value of a header, given in lower case; empty if it is missing."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """The answer to a request. `text` is None if the recording has no body, or one too large to read.

    `location` is where a redirect leads, empty if the answer is none.
    """

    status: int
    text: str | None = field(default=None, repr=False)
    content_type: str = ""
    location: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """A request and its answer."""

    request: RecordedRequest
    response: RecordedResponse


def reads_recording(read: Callable[P, ResultT]) -> Callable[P, ResultT]:
    """Wrap a function that reads a recording, so that its errors have neither its text nor its variables.

    An error of the standard library about the text becomes an UnreadableRecordingError, as the library's
    errors hold what they could not read.
    """

    @wraps(read)
    def read_safely(*args: P.args, **kwargs: P.kwargs) -> ResultT:
        try:
            return read(*args, **kwargs)
        except RecordingError as error:
            failure = error.with_traceback(None)
        except (ValueError, LookupError, RecursionError):
            failure = UnreadableRecordingError("The recording could not be read.")
        failure.__context__ = failure.__cause__ = None
        del args, kwargs
        raise failure

    return read_safely

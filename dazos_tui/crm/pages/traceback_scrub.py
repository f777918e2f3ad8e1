"""Removes a parser's input from the errors that it raises."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from dazos_tui.crm.errors import CrmError

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


def scrub_traceback(parse: Callable[P, ResultT]) -> Callable[P, ResultT]:
    """Wrap a parser so that its errors have no traceback into it: its variables may hold secrets.

    Some tools print tracebacks with the values of variables, which could include an access key.
    """

    @wraps(parse)
    def parse_and_scrub(*args: P.args, **kwargs: P.kwargs) -> ResultT:
        try:
            return parse(*args, **kwargs)
        except CrmError as error:
            failure = error.with_traceback(None)
        failure.__context__ = None
        del args, kwargs
        raise failure

    return parse_and_scrub

"""Errors that leave a parser without what it parsed."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from dazos_tui.crm.errors import CrmError

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


def scrub_traceback(parse: Callable[P, ResultT]) -> Callable[P, ResultT]:
    """Let a parser's errors leave without its variables: these hold the answer, and that may hold secrets.

    Whoever prints a traceback with the values in it, as some tools do, prints no access key with it.
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

"""How the jobs of screens and dialogs end when the app does, or when their screen is removed."""

from collections.abc import Awaitable, Callable

from textual.css.query import NoMatches
from textual.dom import DOMNode

Job = Callable[[], Awaitable[None]]
"""A coroutine function to run as a worker. An unhandled error ends the app."""


async def run_until_end(node: DOMNode, job: Job) -> None:
    """Run a job of a screen as a worker. It is a function: a worker that never starts leaves no coroutine.

    When the app ends, Textual removes the widgets before it cancels the jobs: one that misses a widget then
    ends quietly. So does a job of the app whose screen is removed before, as by the lock. Source: measured
    with Textual 8.
    """
    try:
        await job()
    except NoMatches:
        if node.app.is_running and not node._pruning:
            raise

"""A demo CRM with a clock that stands still."""

from tests.still_demo import clock, demo

__all__ = ["clock", "demo"]

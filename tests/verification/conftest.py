"""A demo CRM with a frozen clock."""

from tests.still_demo import clock, demo

__all__ = ["clock", "demo"]

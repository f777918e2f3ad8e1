"""Errors of the demo itself (not of the CRM that it imitates)."""


class DemoError(Exception):
    """The demo CRM cannot do what was asked. The message can be shown to a user."""

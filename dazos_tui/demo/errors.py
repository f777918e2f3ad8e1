"""What can go wrong with the demo itself (not with the CRM it plays)."""


class DemoError(Exception):
    """The demo CRM cannot do what was asked; the message is fit to show to a person."""

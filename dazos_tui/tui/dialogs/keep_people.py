"""The question whether the list of people is kept on this machine; it is asked once."""

from textual.content import Content

from dazos_tui.config.peek import DEFAULT_KEEP_PEOPLE_HOURS
from dazos_tui.tui.dialogs.choice import ChoiceDialog

_NOTE = (
    "Kept are record id, name, user name, e-mail, role and status, in a file that only you can read. "
    "A send always reads the profile first. keep_people_hours in the config changes it."
)


class KeepPeopleDialog(ChoiceDialog[int]):
    """Asks for how many hours the list is kept; returns 0 for never, None without an answer."""

    def __init__(self) -> None:
        hours = DEFAULT_KEEP_PEOPLE_HOURS
        super().__init__(
            "Keep the list of people here?",
            [
                (hours, Content(f"Yes, for {hours} hours: people are found before the CRM has answered")),
                (0, Content("No, never")),
            ],
            note=_NOTE,
        )
        self.opens_by_itself = True

"""The More menu of a person, as the CRM shows it."""

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from dazos_tui.crm.models import MenuItem, MenuItemKind, Profile
from dazos_tui.tui.dialogs.choice import ChoiceDialog


class MoreMenuDialog(ChoiceDialog[MenuItem]):
    """Lists the items by label, with the cursor on Send Reset Link; returns the chosen item."""

    def __init__(self, profile: Profile) -> None:
        user, kinds = profile.user, [item.kind for item in profile.menu]
        wanted = MenuItemKind.SEND_RESET_LINK
        start = kinds.index(wanted) if wanted in kinds else 0
        choices = [(item, _item_text(item)) for item in profile.menu]
        self._user_id = user.id
        super().__init__(f"More · {user.name or user.user_name}", choices, start=start)

    def add_items(self, profile: Profile) -> None:
        """Append the items that only the row menu of the list has. No other row moves."""
        if profile.user.id != self._user_id:
            return
        known = {item.label for item, _ in self._choices}
        new = [(item, _item_text(item)) for item in profile.menu if item.label not in known]
        self._choices = [*self._choices, *new]
        self.query_one(OptionList).add_options([Option(words) for _, words in new])


def _item_text(item: MenuItem) -> Content:
    if item.kind is not MenuItemKind.OTHER and not item.problem:
        return Content(item.label) if item.is_shown else _with_remark(item, "from the config")
    if item.problem and item.href:
        return _with_remark(item, "not run from here")
    return _with_remark(item, "in the browser" if item.kind is MenuItemKind.OTHER else "browser, or teach it")


def _with_remark(item: MenuItem, remark: str) -> Content:
    return Content.assemble(item.label, (f"  ({remark})", "dim"))

"""The users that a reading has yielded, in little memory: a long list is also in memory where it is shown."""

from collections.abc import Iterable, Iterator, Set

from dazos_tui.crm.models import Status, User
from dazos_tui.text.packed_texts import PackedTexts, decoded, encoded

_ADMIN = {"True": True, "False": False, "None": None}


class YieldedUsers:
    """Users as they were when yielded last, by record id."""

    def __init__(self) -> None:
        self._texts = PackedTexts()
        self._places: dict[str, int] = {}

    @property
    def ids(self) -> Set[str]:
        """Return their record ids."""
        return self._places.keys()

    def __iter__(self) -> Iterator[User]:
        return (_user(self._texts[place]) for place in self._places.values())

    def new_or_changed(self, users: Iterable[User]) -> tuple[User, ...]:
        """Return those of `users` who were not yielded yet, or differently. From now on, they are."""
        found = []
        for user in users:
            text, place = _text(user), self._places.get(user.id)
            if place is None or self._texts[place] != text:
                self._places[user.id] = len(self._texts)
                self._texts.append(text)
                found.append(user)
        return tuple(found)


def _text(user: User) -> bytes:
    # A text of the CRM has no tab; the exact texts are of profiles, not of lists.
    fields = user.id, user.user_name, user.name, user.email, user.role, user.status.value, str(user.admin)
    return encoded("\t".join(fields))


def _user(text: bytes) -> User:
    user_id, user_name, name, email, role, status, admin = decoded(text).split("\t")
    return User(user_id, user_name, name, email, role, Status(status), _ADMIN[admin])

"""Names and roles for the demo's people: obviously made-up names, and names that break careless software."""

from typing import NamedTuple


class HostileName(NamedTuple):
    """A name that breaks careless software, and the problem that it tests.

    The person's user name is ``odd.`` followed by the slug, in each instance that has hostile names.
    """

    slug: str
    first_name: str
    last_name: str
    active: bool = True

    @property
    def user_name(self) -> str:
        """The (harmless) user name of the person with this name."""
        return f"odd.{self.slug}"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_LONG = "Maximiliana-Konstantina-Wilhelmina-Theodosia-Alexandrina-" * 3

HOSTILE_NAMES: tuple[HostileName, ...] = (
    # Letters that a server may send as entities: composed, decomposed and beyond Latin-1.
    HostileName("garcia", "Elena", "García"),
    HostileName("nguyen", "Thị Minh", "Nguyễn"),
    HostileName("zoe", "Zoë", "Sørensen-Łukasz"),
    HostileName("decomposed", "Jose\u0301", "Mun\u0303oz"),
    HostileName("obrien", "Nora", "O'Brien"),
    # Terminal markup and HTML.
    HostileName("markup", "Bo [bold red]Smith[/]", "Markup"),
    HostileName("closing", "Terry", "Smith [/] Ltd"),
    HostileName("script", "Sandy <script>alert(1)</script>", "& Co"),
    HostileName("entities", "Amp &amp;", "&lt;b&gt; &#27;"),
    HostileName("quotes", 'Quo"te', "Back\\slash"),
    # Terminal control sequences: colours and bells, the clipboard (OSC 52), the window title, C1 bytes.
    HostileName("escape", "\x1b[31mRed", "Alert\x07"),
    HostileName("clipboard", "Clip\x1b]52;c;c3ludGhldGlj\x07", "Board"),
    HostileName("title", "Window\x1b]0;owned\x1b\\", "Title"),
    HostileName("c1", "See\x9b31mOne", "Next\x85Line\x9d52;c;c3ludGhldGlj\x9c"),
    # Text direction and invisible characters.
    HostileName("bidi", "Over\u202eediR", "Sample"),
    HostileName("zerowidth", "Zero\u200bWidth", "Joi\u2060ner\ufeff"),
    HostileName("hebrew", "נועה", "לוי"),
    HostileName("arabic", "ليلى", "حداد"),
    # Double-width letters and emoji that are several code points.
    HostileName("chinese", "小明", "王"),
    HostileName("japanese", "さくら", "山田"),
    HostileName("emoji", "Family 👩‍👩‍👧‍👦", "Flag 🏳️‍🌈"),
    # Odd forms: no first name, a very long one, a spreadsheet formula (not at the start of the name,
    # because the demo's list should begin with ordinary people).
    HostileName("mononym", "", "Mononym"),
    HostileName("long", _LONG + "Nora", _LONG + "Sample"),
    HostileName("formula", "Eve =1+1", "@SUM(A1)"),
    # The same problems among inactive people.
    HostileName("inactive-escape", "\x1b[2JGone", "Away\x07", active=False),
    HostileName("inactive-markup", "Ola [/] Old", "Débris [link]", active=False),
)

FIRST_NAMES = _words(
    "Ada Amir Anna Arlo Bea Ben Bruno Cara Chen Cleo Dana Dev Eda Eli Emma Esme Finn Gia Gus Hana Hugo Ida "
    "Ivan Jade Jo Jonas Kai Kira Lars Lena Leo Lin Lucia Maia Marco Mina Nadia Nico Nils Olga Omar Otto "
    "Petra Pia Priya Quinn Rafa Remy Rosa Sam Sana Sven Tara Theo Uma Vera Wes Yara Yusuf Zane"
)

LAST_NAMES = _words(
    "Acorn Amber Anvil Barley Basalt Beacon Bramble Candle Cedar Clover Cobalt Copper Ember Fennel Ferry "
    "Flint Garnet Granite Harrow Hazel Ivory Juniper Lantern Linden Maple Marble Meadow Nettle Orchard "
    "Pebble Pepper Quarry Saffron Sample Tester Thistle Timber Umber Willow Zephyr"
)

ROLES = (
    ("Admissions", 26),
    ("Case Manager", 20),
    ("Business Development", 12),
    ("Alumni Coordinator", 10),
    ("Billing", 10),
    ("Clinical Director", 6),
    ("Utilization Review", 6),
    ("Front Desk", 4),
    ("Disabled Reps", 3),
    ("No Access", 3),
)
"""Roles with their weight per hundred people."""

BARRED_ROLES = frozenset({"No Access", "Disabled Reps"})
"""Roles that may not sign in, as Dazos documents. A reset link does not help: the role has to be changed."""

TITLES = ("Coordinator", "Specialist", "Manager", "Lead", "Associate", "Counselor", "")
DEPARTMENTS = ("Intake", "Clinical", "Finance", "Outreach", "Operations", "")

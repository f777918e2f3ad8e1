"""One change to a TOML document in any style, and nothing else."""

import copy
import subprocess
import sys
import time
import tomllib

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from dazos_tui.config.toml_edit import Value, apply_change, key_text, table_text

URL = ("t", "acme", "url")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[t.acme]\nurl = "old"\n', '[t.acme]\nurl = "new"\n'),
        ("[t.acme]\n  url\t= 'old'   # ours\n", '[t.acme]\n  url\t= "new"   # ours\n'),
        ('["t".\'acme\']\n"url" = "old" # "x" = y\n', '["t".\'acme\']\n"url" = "new" # "x" = y\n'),
        ('[t.acme]\nurl = "a # b"#c\n', '[t.acme]\nurl = "new"#c\n'),
        ('[t.acme]\nurl = """o\nl\\\n  d""" # c\n', '[t.acme]\nurl = "new" # c\n'),
        ("[t.acme]\nurl = '''\no\n[x]\n'''", '[t.acme]\nurl = "new"'),
        ('[t.acme]\nurl = [ # a\n "o", # b\n] # c\n', '[t.acme]\nurl = "new" # c\n'),
        ("[t]\nacme.name = 1\nacme.url = 'o' # c\n", '[t]\nacme.name = 1\nacme.url = "new" # c\n'),
        ("t.acme.url = 'o'\nt.b.url = 'o'\n", 't.acme.url = "new"\nt.b.url = \'o\'\n'),
        ("[t]\nacme = {url = 'o', n = 1} # c\n", '[t]\nacme = {url = "new", n = 1} # c\n'),
        ("t = { acme = {url = 'o'}, b = {} }\n", 't = { acme = {url = "new"}, b = {} }\n'),
        ("[b]\nurl = 'b'\n[t.acme]\nurl = 'o'\n", "[b]\nurl = 'b'\n[t.acme]\nurl = \"new\"\n"),
        ("url = 'top'\n[t.acme]\nurl = 'o'\n", "url = 'top'\n[t.acme]\nurl = \"new\"\n"),
        ('[t.acme]\r\nurl = "o" # c\r\nn = 1\r\n', '[t.acme]\r\nurl = "new" # c\r\nn = 1\r\n'),
    ],
)  # fmt: skip
def test_a_value_changes_where_it_is(before, after):
    assert apply_change(before, URL, "new") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[t.acme] # h\nn = 1\n", '[t.acme] # h\nurl = "new"\nn = 1\n'),
        ("[t.acme]", '[t.acme]\nurl = "new"\n'),
        ("[t.acme]\r\nn = 1\r\n", '[t.acme]\r\nurl = "new"\r\nn = 1\r\n'),
        ("[t.acme]\n\n# lab\n[t.lab]\n", '[t.acme]\nurl = "new"\n\n# lab\n[t.lab]\n'),
        ("x = '''\n[t.acme]\n'''\n[t.acme]\n", "x = '''\n[t.acme]\n'''\n[t.acme]\nurl = \"new\"\n"),
        ("[t.acme.labels]\n[b]\n[t.acme]\n", '[t.acme.labels]\n[b]\n[t.acme]\nurl = "new"\n'),
        ("[t]\nacme.n = 1 # c\nlab.n = 1", '[t]\nacme.n = 1 # c\nacme.url = "new"\nlab.n = 1'),
        ("[t]\nacme.n = 1", '[t]\nacme.n = 1\nacme.url = "new"\n'),
        ("t.acme.n = 1\n", 't.acme.n = 1\nt.acme.url = "new"\n'),
        ("t = {acme = {n = 1}} # c\n", 't = {acme = {n = 1,url = "new"}} # c\n'),
    ],
)  # fmt: skip
def test_a_new_key_is_put_into_its_table(before, after):
    assert apply_change(before, URL, "new") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# a\n[t.acme]\nn = 1\n# b\nm = 2\n\n# lab\n[t.lab]", "# a\n\n# lab\n[t.lab]"),
        ("a = 1\n\n[t.acme]\nn = 1\n# b\n\n[b]\n[t.acme.x]\ny = 1", "a = 1\n# b\n\n[b]\n"),
        ("[t]\nacme.n = 1\nlab.n = 1 # c\nacme.x = [\n 1\n]\n", "[t]\nlab.n = 1 # c\n"),
        ("[t]\nacme = {n = 1} # c\nlab = {n = 2}\n", "[t]\nlab = {n = 2}\n"),
        ("t = {lab = {n = 1}, acme = {n = 1}} # c\n", "t = {lab = {n = 1} } # c\n"),
    ],
)  # fmt: skip
def test_a_table_is_removed_with_its_content(before, after):
    assert apply_change(before, ("t", "acme"), None) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("# mine", "# mine\n\n"),
        ("a = 1\n", "a = 1\n\n"),
        ("t.b.n = 1\n", "t.b.n = 1\n\n"),
        ("[t]\nb = {n = 1}\n", "[t]\nb = {n = 1}\n\n"),
    ],
)
def test_a_table_is_added_at_the_end(before, after):
    table = table_text(("t", "a b"), {"n": 1})
    assert table == '[t."a b"]\nn = 1\n'
    assert apply_change(before, ("t", "a b"), {"n": 1}) == after + table


REQUEST: dict[str, Value] = {
    "path": "i?r={id}",
    "form": {"a b": "{csrf}"},
    "json": {"x": {"y": [1, {"z": True}]}},
}
REQUEST_LINES = """[t.acme.req]
path = "i?r={id}"
form = {"a b" = "{csrf}"}
json = {x = {y = [1, {z = true}]}}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[t.acme]\nn = 1\n", "[t.acme]\nn = 1\n\nREQUEST"),
        (
            "[t.acme]\nn = 1\n# mine\n\n# more\n\n\n# lab\n[t.lab]\n",
            "[t.acme]\nn = 1\n# mine\n\n# more\n\nREQUEST\n\n# lab\n[t.lab]\n",
        ),
        (
            "[t.acme]\nn = 1\n[t.acme.x]\ny = 1\n[b]\n",
            "[t.acme]\nn = 1\n[t.acme.x]\ny = 1\n\nREQUEST\n[b]\n",
        ),
        ("t.acme.n = 1\nt.lab.n = 1\n", "t.acme.n = 1\nt.lab.n = 1\n\nREQUEST"),
        ("[t.acme]\nn = 1\nreq.path = 2 # c\nm = 1\n", "[t.acme]\nn = 1\nm = 1\n\nREQUEST"),
        (
            "[t.acme]\nn = 1\n\nreq.path = 2\nreq.json.x = 1\n\n[b]\n",
            "[t.acme]\nn = 1\n\nREQUEST\n\n[b]\n",
        ),
    ],
)
def test_a_nested_table_is_put_below_the_table_it_belongs_to(before, after):
    wanted = after.replace("REQUEST", REQUEST_LINES)
    assert apply_change(before, ("t", "acme", "req"), REQUEST) == wanted


def test_a_key_of_a_missing_table_is_written_in_the_table_above():
    after = apply_change("[t.acme]\nn = 1\n[b]\n", ("t", "acme", "labels", "yes"), "Ja")
    assert after == '[t.acme]\nlabels.yes = "Ja"\nn = 1\n[b]\n'


def test_a_table_is_added_to_an_inline_table():
    after = apply_change("t = {b = {n = 1}} # c\n", ("t", "a b"), {"n": 1})
    assert after == 't = {b = {n = 1},"a b" = {n = 1}} # c\n'


@pytest.mark.parametrize("text", ["a = ", "[a", "a = 1\na = 2"])
def test_invalid_toml_is_refused(text):
    with pytest.raises(ValueError, match=r"at (line|end)"):
        apply_change(text, ("b",), 1)


def test_a_key_below_a_plain_value_is_refused():
    with pytest.raises(ValueError, match="without changing something else"):
        apply_change("a = 1\n", ("a", "b"), 1)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8)
values = texts | st.integers(-(2**63), 2**63 - 1) | st.booleans()
keys = st.sampled_from(["a", "b", "c-d", "e f", "g.h", 'i"=#', "[j]", "ß", ""])
trees = st.dictionaries(
    keys,
    st.recursive(
        values | st.lists(values, max_size=3),
        lambda inner: st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


class Writer:
    """Writes a tree in randomly drawn styles: each line with the keys it belongs to, () for none."""

    def __init__(self, draw) -> None:
        self.draw, self.lines = draw, list[tuple[str, tuple[str, ...] | None]]()

    def table(self, tree, table=(), prefix=()) -> None:
        """Write the keys that do not get a table of their own, then those tables."""
        own = []
        for key, value in tree.items():
            below = (*prefix, key)
            way = self.draw(st.sampled_from(["inline", "dotted", "table"])) if isinstance(value, dict) else ""
            if way == "table" and not prefix:
                own.append((key, value))
            elif way == "dotted" and value:
                self.table(value, table, below)
            else:
                self.comment()
                self.assign(table, below, value)
        for key, value in own:
            self.comment()
            self.put(f"[{self.dotted((*table, key))}]{self.tail()}", (*table, key))
            self.table(value, (*table, key))

    def assign(self, table, keys, value) -> None:
        text = f"{self.blank()}{self.dotted(keys)}{self.blank()}={self.blank()}{self.value(value)}"
        self.put(f"{text}{self.tail()}", (*table, *keys))

    def put(self, text, keys) -> None:
        self.lines += [(line, keys) for line in text.split("\n")]

    def comment(self) -> None:
        for line in self.draw(st.lists(st.sampled_from(["", "# x = 1", "  # [a]", '# """']), max_size=2)):
            self.lines.append((line, None))

    def tail(self):
        return self.draw(st.sampled_from(["", " # c", '#"""', " # a = [", "  "]))

    def blank(self):
        return self.draw(st.sampled_from(["", " ", "\t "]))

    def dotted(self, keys):
        return self.draw(st.sampled_from([".", " . "])).join(map(self.key, keys))

    def key(self, key):
        written = tomli_w.dumps({key: 0})[:-5]
        return written if written.startswith('"') or self.draw(st.booleans()) else f'"{written}"'

    def value(self, value):
        match value:
            case dict():
                return "{" + ", ".join(f"{self.key(k)} = {self.value(v)}" for k, v in value.items()) + "}"
            case list():
                gap = self.draw(st.sampled_from(["", "\n", " # ]\n"]))
                return "[" + gap + f",{gap}".join(map(self.value, value)) + gap + "]"
            case str() if value.isalnum() and self.draw(st.booleans()):
                quotes = self.draw(st.sampled_from(["'", "'''", '"""', "'''\n"]))
                return f"{quotes}{value}{quotes.strip()}"
        return tomli_w.dumps({"x": value})[4:-1]


@st.composite
def documents(draw):
    """Return a tree, and the lines of a document with it, each with the keys it belongs to."""
    tree, writer = draw(trees), Writer(draw)
    writer.table(tree)
    writer.comment()
    return tree, writer.lines


def tables_of(tree, at=()):
    yield at, tree
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from tables_of(value, (*at, key))


@settings(deadline=None, max_examples=200)
@given(
    data=st.data(),
    document=documents(),
    newline=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
    end=st.booleans(),
)
def test_exactly_one_change_is_made_in_any_toml_style(data, document, newline, mark, end):
    tree, lines = document
    text = mark + newline.join(line for line, _ in lines) + (newline if end else "")
    assert tomllib.loads(text.removeprefix("\ufeff")) == tree
    at, table = data.draw(st.sampled_from([*tables_of(tree)]))
    key = data.draw(st.sampled_from([*table, "new"]))
    # A table is not replaced by a plain value.
    removal = isinstance(table.get(key), dict) or (key in table and data.draw(st.booleans()))
    path, change = (*at, key), None if removal else data.draw(values)
    after = apply_change(text, path, change)
    wanted = copy.deepcopy(tree)
    inner = wanted
    for one in at:
        inner = inner[one]
    if removal:
        del inner[key]
    else:
        inner[key] = change
    found = tomllib.loads(after.removeprefix("\ufeff"))
    assert pruned(found, path) == pruned(wanted, path)
    assert after.startswith(mark)
    assert_others_kept(lines, path, after.removeprefix(mark).replace(newline, "\n").split("\n"))


tables = st.recursive(
    st.dictionaries(keys, values, max_size=3),
    lambda inner: st.dictionaries(keys, inner | values | st.lists(values | inner, max_size=2), max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=100)
@given(
    data=st.data(),
    document=documents(),
    newline=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
    change=tables,
)
def test_a_nested_table_is_set_in_any_toml_style(data, document, newline, mark, change):
    tree, lines = document
    text = mark + newline.join(line for line, _ in lines) + newline
    at, table = data.draw(st.sampled_from([*tables_of(tree)]))
    key = data.draw(st.sampled_from([*table, "new"]))
    path = (*at, key)
    after = apply_change(text, path, change)
    wanted = copy.deepcopy(tree)
    inner = wanted
    for one in at:
        inner = inner[one]
    inner[key] = change
    found = tomllib.loads(after.removeprefix("\ufeff"))
    assert pruned(found, path) == pruned(wanted, path)
    assert after.startswith(mark)
    assert_others_kept(lines, path, after.removeprefix(mark).replace(newline, "\n").split("\n"))


def pruned(table, path):
    """Return a table without the empty ones along a path."""
    if path and isinstance(table.get(path[0]), dict):
        table = {**table, path[0]: pruned(table[path[0]], path[1:])}
        if not table[path[0]]:
            del table[path[0]]
    return table


def assert_others_kept(lines, path, after):
    """Assert that every other line is kept, in order; comments between changed lines may be removed."""
    is_about = [keys is not None and keys[: len(path)] == path[: len(keys)] for _, keys in lines]
    first = is_about.index(True) if True in is_about else len(lines)
    last = len(lines) - is_about[::-1].index(True) if True in is_about else len(lines)
    others = [
        line
        for number, (line, keys) in enumerate(lines)
        if not is_about[number] and line.strip() and (keys is not None or not first <= number < last)
    ]
    rest = iter(after)
    assert all(line in rest for line in others)


def test_a_line_is_written_with_any_key_and_value():
    assert key_text(("a b", "c"), 'x "\n') == '"a b".c = "x \\"\\n"'
    assert key_text(("a",), value=True) == "a = true"


def test_a_long_string_is_skipped_quickly():
    text = 'a = """\n' + "A line of a note, with words.\n" * 20_000 + '"""\nb = 1\n'
    start = time.monotonic()
    assert apply_change(text, ("b",), 2) == text.replace("b = 1", "b = 2")
    # Tried at each line, it would take an hour.
    assert time.monotonic() - start < 60


def test_the_library_is_imported_only_to_write():
    code = "import sys, dazos_tui.config.edit; sys.exit('tomlkit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_table_with_a_header_keeps_its_comments(newline, mark):
    before = """# why
[t.a.req] # from the vendor
path = 1 # the address
# they changed it in May
old = 2
[t.a.req.json] # a table
x = 1 # kept
y = 2
# tail

# next
[b]
"""
    after = """# why
[t.a.req] # from the vendor
path = 3 # the address
# they changed it in May
form = {z = true}
[t.a.req.json] # a table
x = 1 # kept
# tail

# next
[b]
"""
    changed = apply_change(
        mark + before.replace("\n", newline),
        ("t", "a", "req"),
        {"path": 3, "form": {"z": True}, "json": {"x": 1}},
    )
    assert changed == mark + after.replace("\n", newline)


@pytest.mark.parametrize(
    "before",
    [
        "[t.acme.req]\npath.a = 1\n",
        "[t.acme.req]\n[t.acme.req.path]\nx = 1\n",
        "[t.acme.req]\n[[t.acme.req.form]]\nx = 1\n",
        "[t.acme.req]\nold.x = 1\n[t.acme.req.new.y]\nz = 1\n",
        "[t.acme.req.form]\nx = 1\n[t.acme.req]\npath = 2\n",
    ],
)
def test_a_table_is_set_however_it_is_written(before):
    changed = tomllib.loads(apply_change(before, ("t", "acme", "req"), REQUEST))
    assert changed == {"t": {"acme": {"req": REQUEST}}}

"""Finding lines by pairs of characters, and rows by values, compared with reading all of them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.directory.gram_index import GramIndex
from dazos_tui.directory.row_set import RowSet, mask_of
from dazos_tui.directory.value_column import ValueColumn
from dazos_tui.text.packed_texts import PackedTexts, decoded, encoded

LETTERS = st.text("abñ@ .小", max_size=8)
EMAILS = st.builds("{}@{}".format, LETTERS, st.sampled_from(["a.b", "ab", ""]))
LINES = st.lists((EMAILS | LETTERS).map("_{}_".format), max_size=40)


def index_of(lines, block_lines=8):
    return GramIndex(PackedTexts(map(encoded, lines)), "@", block_lines)


def everything(lines):
    return (1 << len(lines)) - 1


@given(LINES, LETTERS.filter(bool), st.integers(0, 12))
def test_a_line_is_found_if_it_contains_the_text_however_far_the_index_is(lines, text, steps):
    index = index_of(lines)
    preparation = index.prepare()
    for _ in range(steps):
        next(preparation, None)
    found = RowSet(index.rows_containing(text, among=everything(lines)))
    assert list(found) == [row for row, line in enumerate(lines) if text in line]


@given(LINES, LETTERS.filter(bool), st.sets(st.integers(0, 39)))
def test_only_lines_that_count_are_found(lines, text, wanted):
    index = index_of(lines)
    for _ in index.prepare():
        pass
    among = {row for row in wanted if row < len(lines)}
    found = RowSet(index.rows_containing(text, among=mask_of(among, len(lines))))
    assert set(found) == {row for row in among if text in lines[row]}


def test_many_different_ends_of_lines_are_found_too():
    lines = [f"ann@{number:04}.example.com" for number in range(1000)]
    index = index_of(lines, 4096)
    for _ in index.prepare():
        pass
    for number in (0, 255, 256, 999):
        assert list(RowSet(index.rows_containing(f"@{number:04}", among=everything(lines)))) == [number]


@given(LINES, st.sampled_from("abñ@ .小"), st.integers(0, 12))
def test_lines_with_a_word_that_starts_with_a_letter_are_among_those_found(lines, letter, steps):
    index = index_of(lines)
    preparation = index.prepare()
    for _ in range(steps):
        next(preparation, None)
    starting = {
        row
        for row, line in enumerate(lines)
        if any(second == letter and not first.isalnum() for first, second in pairwise(line))
    }
    assert starting <= set(RowSet(index.rows_with_word_starting(letter, among=everything(lines))))
    for _ in preparation:
        pass
    assert starting == set(RowSet(index.rows_with_word_starting(letter, among=everything(lines))))


@given(st.sets(st.integers(0, 300)))
def test_a_set_of_rows_is_a_sorted_sequence(rows):
    found, expected = RowSet(mask_of(rows, 301)), sorted(rows)
    assert list(found) == expected
    assert len(found) == len(expected)
    assert [found[place] for place in range(len(found))] == expected
    assert [found.position(row) for row in expected] == list(range(len(expected)))
    assert all((row in found) == (row in rows) for row in range(310))


@given(st.lists(st.integers(0, 400), max_size=300), st.sets(st.integers(0, 400)), st.sampled_from([7, 401]))
def test_the_rows_of_values_are_found_whether_they_are_few_or_many(rows, wanted, most):
    codes = [row % most for row in rows]
    column = ValueColumn[int]()
    for code in codes[: len(codes) // 2]:
        column.append(code)
    first, column = column, column.without_rows()
    column.append_rows(first, 0, len(codes))
    for code in codes[len(codes) // 2 :]:
        column.append(code)
    assert list(RowSet(column.rows_where(lambda value: value in wanted))) == [
        row for row, code in enumerate(codes) if code in wanted
    ]
    assert [column[row] for row in range(len(codes))] == codes


def test_values_may_be_more_than_fit_into_a_byte():
    wanted = [*range(256), 0, 0, 0, *range(300)]
    column = ValueColumn[int]()
    for value in wanted:
        column.append(value)
    copy = column.without_rows()
    copy.append_rows(column, 0, len(wanted))
    for one in (column, copy):
        assert [one[row] for row in range(len(wanted))] == wanted
        assert list(RowSet(one.rows_where(lambda value: value == 0))) == [0, 256, 257, 258, 259]


ODD_TEXTS = ["", "\0", "\r\t", "\ud800", "ﬃ", "a" * 100_000]
ANY_TEXT = st.text(max_size=20) | st.sampled_from(ODD_TEXTS)


@given(st.lists(ANY_TEXT, max_size=20), ANY_TEXT, st.integers(0, 20), st.integers(0, 20))
def test_packed_texts_are_the_texts_whatever_is_in_them(texts, part, start, stop):
    packed, known = PackedTexts(map(encoded, texts)), [text.replace("\n", " ") for text in texts]
    assert [decoded(text) for text in packed] == known
    assert [decoded(packed[index]) for index in range(len(packed))] == known
    assert [decoded(text) for text in packed[start:stop]] == known[start:stop]
    assert sorted(packed) == [encoded(text) for text in sorted(known)]
    copy = PackedTexts(packed[:start])
    copy.append_rows(packed, min(start, len(packed)), len(packed))
    assert list(copy) == list(packed)
    with_part = [row for row, text in enumerate(known) if part.replace("\n", "") in text]
    sought = encoded(part.replace("\n", ""))
    assert list(packed.containing(sought, range(len(packed)))) == with_part
    assert [row for row, digit in enumerate(packed.flags(sought, 0, len(packed))) if digit == 49] == with_part
    assert [row for row in range(len(packed)) if packed.has(row, sought)] == with_part

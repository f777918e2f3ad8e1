import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.text.cells import cell_width, pad_cells, truncate_cells

WIDTHS = {"": 0, "Ada": 3, "Zoë": 3, "Zoe\N{COMBINING DIAERESIS}": 3, "李娜": 4, "Ａda": 4, "李 Ada": 6}
"""Texts and the cells they take: wide and full-width characters two, combining marks none."""


@pytest.mark.parametrize(("text", "cells"), WIDTHS.items())
def test_a_text_is_as_wide_as_its_cells(text, cells):
    assert cell_width(text) == cells
    assert pad_cells(text, cells) == text
    assert pad_cells(text, cells + 2) == f"{text}  "


@pytest.mark.parametrize(
    ("text", "cells", "cut"),
    [
        ("Ada Lovelace", 12, "Ada Lovelace"),
        ("Ada Lovelace", 11, "Ada Lovela…"),
        # Without the space before the ellipsis, with that at the start.
        (" Ada Lovelace", 6, " Ada…"),
        ("Ada", 1, "…"),
        ("李娜李娜", 8, "李娜李娜"),
        ("李娜李娜", 7, "李娜李…"),
        # Half a character is none.
        ("李娜李娜", 6, "李娜…"),
        ("李娜x", 4, "李…"),
        ("Zoe\N{COMBINING DIAERESIS}mei", 4, "Zoe\N{COMBINING DIAERESIS}…"),
    ],
)
def test_a_cut_text_ends_with_an_ellipsis_and_fits(text, cells, cut):
    assert truncate_cells(text, cells) == cut
    assert cell_width(cut) <= cells


@given(st.text(), st.integers(1, 50))
def test_a_cut_text_fits(text, cells):
    assert cell_width(truncate_cells(text, cells)) <= cells


@given(st.text())
def test_a_width_is_never_negative(text):
    assert 0 <= cell_width(text) <= 2 * len(text)

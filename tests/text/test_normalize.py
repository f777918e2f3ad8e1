import pytest

from dazos_tui.text.normalize import fold


@pytest.mark.parametrize("name", ["O'Brien", "O`Brien", "O’Brien", "O´Brien", "ÓBRIEN", "o‘brıen"])
def test_an_apostrophe_an_accent_and_case_make_no_difference(name):
    assert fold(name) == "obrien"

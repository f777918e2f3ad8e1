"""The labels that an instance may configure, and those that would be unsafe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dazos_tui.crm.dialect import Labels, is_same_label

NAMES = sorted(Labels.model_fields)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("words", ["", " ", ".", "...", "!?", "\u200b", "a", "ab", " a . b "])
def test_a_label_needs_letters(name: str, words: str) -> None:
    if name == "yes" and any(char.isalnum() for char in words):
        assert Labels(yes=words).yes == words.strip()
        return
    with pytest.raises(ValidationError):
        Labels.model_validate({name: words})


@pytest.mark.parametrize("words", ["Sí", "1", "x"])
def test_one_letter_is_enough_for_a_ticked_box(words: str) -> None:
    assert Labels(yes=words).yes == words


@pytest.mark.parametrize(
    ("words", "kept"),
    [("  Enviar enlace ", "Enviar enlace"), ("Acti\u0301vo", "Act\u00edvo"), ("a-b-c", "a-b-c")],
)
def test_a_label_is_normalized_like_page_text(words: str, kept: str) -> None:
    assert Labels(enable_login=words).enable_login == kept


@pytest.mark.parametrize(
    "labels", [{"active": "In active"}, {"inactive": " ACTIVE"}, {"active": "On now", "inactive": "onnow"}]
)
def test_the_two_statuses_differ(labels: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="same as active"):
        Labels.model_validate(labels)


@pytest.mark.parametrize("name", ["send_reset_link", "enable_login"])
@pytest.mark.parametrize(
    "words",
    ["Delete", " delete permanently", "Permanently delete", "Change Password", "EDIT privileges", "Eliminar"],
)
def test_a_label_that_deletes_or_changes_is_refused(name: str, words: str) -> None:
    with pytest.raises(ValidationError, match="deletes or changes"):
        Labels.model_validate({name: words})


@pytest.mark.parametrize("words", ["Send Password Change Link", "Enviar enlace", "Reset & change by mail"])
def test_a_label_may_mention_a_change_that_the_user_makes(words: str) -> None:
    assert Labels(send_reset_link=words).send_reset_link == words


@pytest.mark.parametrize(
    "labels", [{"send_reset_link": "enable  LOGIN"}, {"enable_login": "Send Reset Link"}]
)
def test_the_two_items_differ(labels: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="same as send_reset_link"):
        Labels.model_validate(labels)


@given(st.dictionaries(st.sampled_from(NAMES), st.text()))
def test_no_label_matches_an_empty_answer(given_labels: dict[str, str]) -> None:
    try:
        labels = Labels.model_validate(given_labels)
    except ValidationError:
        return
    for words in labels.model_dump().values():
        assert not is_same_label(words.strip(" .!"), "")
        assert words == words.strip()

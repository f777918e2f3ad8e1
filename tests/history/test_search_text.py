"""The texts of a row as a search compares them: what older rows have must stay what a check expects."""

from dazos_tui.history.models import CrmAction, Outcome
from dazos_tui.history.search_text import search_text
from dazos_tui.history.store import HistoryStore
from tests.reset_requests import request

OBRIEN = request(name="Pat O´Brien", user_name="pat")


def test_an_acute_accent_as_an_apostrophe_is_a_blank_in_a_row_as_it_always_was():
    text = search_text(OBRIEN, Outcome.SENT, "It´s sent", CrmAction.RESET_LINK)
    assert text == "pat o brien\npat\nann@acme.example\n\nhd-7\nacme\nadmin\nsent\nit s sent"


def test_a_row_is_found_by_its_own_text_with_an_acute_accent(tmp_path):
    with HistoryStore(tmp_path / "history.db") as store:
        entry = store.record_request(OBRIEN)
        store.record_request(request())
        assert store.search("o´brien") == [entry]

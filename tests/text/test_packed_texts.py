from dazos_tui.text.packed_texts import PackedTexts


def test_the_first_of_several_that_start_so_is_found():
    texts = PackedTexts([b"", b"", b"ada", b"grace", b"grace hopper"])
    assert [texts.index_of_start(start) for start in (b"ada", b"grace", b"hopper")] == [2, 3, None]
    assert PackedTexts([b"", b"ada"]).index_of_start(b"ada") == 1
    # What is beyond the last one belongs to none.
    assert PackedTexts([b"ada"]).index_of_start(b"\0") is None


def test_rows_of_others_are_added_however_many():
    others = PackedTexts(f"person {number}".encode() for number in range(9_000))
    texts = PackedTexts([b"ada"])
    for _ in range(4):
        texts.append_rows(others, 1, 9_000)
    assert list(texts) == [b"ada", *(f"person {number}".encode() for number in range(1, 9_000))] + [
        f"person {number}".encode() for _ in range(3) for number in range(1, 9_000)
    ]


def test_flags_of_no_rows_and_of_rows_without_the_text():
    texts = PackedTexts([b"ada", b"grace", b"alan"])
    assert texts.flags(b"zoe", 1, 3) == b"00"
    assert texts.flags(b"ala", 1, 3) == b"01"
    assert texts.flags(b"ada", 2, 2) == b""

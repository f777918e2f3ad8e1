"""Files of people as others export them: what is read, and what is said about files that cannot be."""

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dazos_tui.resets.file_text import EmptyPeopleFileError
from dazos_tui.resets.people_columns import clean_cell
from dazos_tui.resets.people_file import (
    MAX_BYTES,
    IdentifierKind,
    PeopleFileError,
    batch_id_of,
    parse_people,
    read_bounded,
)
from dazos_tui.text.sanitize import safe_text


def texts(data, **options):
    if isinstance(data, str):
        data = data.encode()
    return [person.text for person in parse_people(data, **options).people]


def problem(data, **options):
    with pytest.raises(PeopleFileError) as raised:
        texts(data, **options)
    return f"{raised.value} {raised.value.advice}"


def test_one_name_a_line_with_its_line_number():
    file = parse_people(b"bea@example.com\r\n\r\n  bea.amber  \n1042")
    assert [(one.text, one.line, one.kind) for one in file.people] == [
        ("bea@example.com", 1, IdentifierKind.ANY),
        ("bea.amber", 3, IdentifierKind.ANY),
        ("1042", 4, IdentifierKind.ANY),
    ]
    assert file.notes == ()


@pytest.mark.parametrize(
    "title",
    [
        "E-Mail",
        "email",
        "MAIL",
        "e_mail",
        "E-mail address",
        "Correo electrónico",
        "Courriel",
        "Primary Email",
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_column_is_found_by_its_title_whatever_its_case_and_accents(title, delimiter):
    lines = [["Name", title, "City"], ["Bea", "bea@example.com", "Ulm"], ["Ada", "ada@example.com", "Bonn"]]
    file = parse_people("\n".join(map(delimiter.join, lines)).encode())
    assert [(one.text, one.line) for one in file.people] == [("bea@example.com", 2), ("ada@example.com", 3)]
    assert {one.kind for one in file.people} == {IdentifierKind.EMAIL}
    assert file.notes == (f"People are read from the column “{title}”. Line 1 was read as titles.",)


@pytest.mark.parametrize("title", ["user name", "Username", "user_name", "Login", "Benutzername"])
def test_a_column_of_user_names(title):
    (person,) = parse_people(f"x,{title}\n1,bea.amber\n".encode()).people
    assert (person.text, person.kind) == ("bea.amber", IdentifierKind.USER_NAME)


@pytest.mark.parametrize(
    ("title", "kind"), [("Record ID", IdentifierKind.RECORD_ID), ("id", IdentifierKind.ANY)]
)
def test_a_column_of_ids(title, kind):
    (person,) = parse_people(f"x,{title}\n1,42\n".encode()).people
    assert (person.text, person.kind) == ("42", kind)


def test_the_email_counts_before_the_user_name_and_the_user_name_is_kept_beside_it():
    (person,) = parse_people(b"id,user_name,name,email\n7,bea.amber,Bea,bea@example.com\n").people
    assert (person.text, person.kind, person.user_name) == (
        "bea@example.com", IdentifierKind.EMAIL, "bea.amber",
    )  # fmt: skip


def test_a_column_is_found_by_its_addresses():
    assert texts("Person;Reach at\nBea;bea@example.com\nAda;ada@example.com\n") == [
        "bea@example.com",
        "ada@example.com",
    ]
    assert texts("Amber, Bea <bea@example.com>\nAcorn, Ada <ada@example.com>") == [
        "bea@example.com",
        "ada@example.com",
    ]


def test_a_cell_that_is_not_only_an_address_is_kept_as_it_was_written():
    rows = ["mail;x", "Bea <bea@example.com>;1", "ada@example,com;1", "gus@example.com;1"]
    assert [(one.text, one.written) for one in parse_people("\n".join(rows).encode()).people] == [
        ("bea@example.com", "Bea <bea@example.com>"),
        ("ada@example", "ada@example,com"),
        ("gus@example.com", ""),
    ]


def test_a_row_without_a_name_is_not_dropped():
    people = parse_people(b"name,email\nBea,\nAda,ada@example.com\nGus\n").people
    assert [(one.text, one.line) for one in people] == [("", 2), ("ada@example.com", 3), ("", 4)]


def test_excel_writes_a_line_for_the_delimiter_and_texts_as_formulas():
    assert texts('sep=;\r\n"Name";"User name"\r\n"Bea; the first";"=""0042"""\r\n') == ["0042"]
    file = parse_people(b"sep=;\r\nmail;x\r\nbea@example.com;1")
    assert [one.line for one in file.people] == [3]


def test_most_cells_of_a_column_of_addresses_have_one():
    half, more = (b"x,y\na,bea@example.com\nb,ada@example.com\n" + rest for rest in (b"c,-\nd,-\n", b"c,-\n"))
    assert "None of the 2 columns" in problem(half)
    assert texts(more) == ["bea@example.com", "ada@example.com", "-"]
    assert texts(b"Bea,bea@example.com") == ["bea@example.com"]
    assert "None of the 2 columns" in problem(b"Bea,Amber")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="0042"', "0042"), ('="7"', "7"), ('=""', ""), ('="', '="'), ('="bea', '="bea'), ('bea"', 'bea"'),
        ("'=1", "=1"), ("'-", "-"), ("'", "'"), ("'bea", "'bea"), ("'Xi", "'Xi"), (" bea ", "bea"),
    ],
)  # fmt: skip
def test_only_what_excel_and_we_put_around_a_cell_is_taken_off(cell, text):
    assert clean_cell(cell) == text


def test_the_line_for_the_delimiter_decides():
    assert texts("sep=;\nname, given;user name\nAmber, Bea;bea\nAcorn, Ada;ada\n") == ["bea", "ada"]
    assert texts("sep=,\na;b,login\nc;d,bea\n") == ["bea"]


def test_our_own_exports_put_an_apostrophe_before_what_could_be_a_formula():
    assert texts("user_name,x\n'-bea,1\n") == ["-bea"]


def test_quoted_cells_hold_delimiters_and_line_breaks():
    people = parse_people(
        b'name,email\r\n"Amber, Bea\r\nsecond line",bea@example.com\r\nA,ada@example.com'
    ).people
    assert [(one.text, one.line) for one in people] == [("bea@example.com", 2), ("ada@example.com", 4)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding):
    file = parse_people("Name\tE-Mail\nZoë\tzoë@example.com\n".encode(encoding))
    assert [one.text for one in file.people] == ["zoë@example.com"]
    assert len(file.notes) == 1


def test_zeros_where_no_text_has_them_are_said():
    # As many zeros as letters, or in both halves of the characters, are no text.
    for data in (b"a\x00\x00b" * 20, b"\xff\xfea\x00\x00\x00b\x00"):
        assert problem(data).startswith("This is no text, not a list of people.")
    assert texts("bea".encode("utf-16-le")) == texts("bea".encode("utf-16-be")) == ["bea"]


def test_windows_1252_is_a_fallback_that_is_said():
    file = parse_people("Größe;Benutzer\n1;jörg\n".encode("cp1252"))
    assert [one.text for one in file.people] == ["jörg"]
    assert file.notes[0].startswith("The file is not in UTF-8: it was read as Windows-1252.")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('"bea.amber"', "bea.amber"),
        ('"x"', "x"),
        ('"bea ""the"" amber"', 'bea "the" amber'),
        # Quotes that are not around all of it belong to the name.
        ('"bea" and "ada"', '"bea" and "ada"'),
        ('"bea', '"bea'),
        ('bea"', 'bea"'),
        ('"', '"'),
        ("xbeax", "xbeax"),
    ],
)
def test_quotes_around_a_line_without_columns_are_not_of_the_name(line, text):
    assert texts(f"ada\n{line}\ngus") == ["ada", text, "gus"]


def test_quotes_around_nothing_name_nobody():
    assert texts('ada\n""\ngus') == ["ada", "gus"]


def test_where_people_were_read_is_said():
    assert parse_people(b"\nuser name\nbea\n").notes == ("Line 2 was read as a title.",)
    assert parse_people(b"bea\nada\n").notes == ()
    assert parse_people(b"1,bea@example.com\n2,ada@example.com\n").notes == (
        "People are read from column 2.",
    )
    assert parse_people(b"Name,Reach at\nBea,bea@example.com\n").notes == (
        "People are read from the column “Reach at”. Line 1 was read as titles.",
    )
    assert parse_people(b"Name,user name\nBea,bea\n", column="2").notes == (
        "People are read from the column “user name”. Line 1 was read as titles.",
    )
    assert parse_people(b"1,bea\n2,ada\n", column="2").notes == ("People are read from column 2.",)


@pytest.mark.parametrize("column", ["", "2"])
@pytest.mark.parametrize(("cell", "text"), [("", ""), ("gus@example", "gus@example"), ("gus@", "gus@")])
def test_the_first_person_of_a_table_without_titles_is_never_taken_for_titles(cell, text, column):
    data = f"Gus,{cell}\nBea,bea@example.com\nAda,ada@example.com\n".encode()
    file = parse_people(data, column=column)
    assert [(one.text, one.line) for one in file.people] == [
        (text, 1), ("bea@example.com", 2), ("ada@example.com", 3),
    ]  # fmt: skip
    assert file.notes == ("People are read from column 2.",)


@pytest.mark.parametrize("column", ["", "2"])
def test_a_first_row_that_may_be_a_person_or_titles_is_named(column):
    file = parse_people(b"\nGus,gus\nBea,bea@example.com\nAda,ada@example.com\n", column=column)
    assert [one.text for one in file.people] == ["bea@example.com", "ada@example.com"]
    assert file.notes == ("People are read from the column “gus”. Line 2 was read as titles.",)


def test_only_in_a_column_of_addresses_one_is_taken_out_of_what_is_around_it():
    assert (
        texts(b"login,x\nBea <bea@example.com>,1\n") == texts(b"Bea <bea@example.com>") == ["bea@example.com"]
    )
    [person] = parse_people(b"mail,x\nbea@example.com or ada@example.com,1\n").people
    assert (person.text, person.user_name) == ("bea@example.com or ada@example.com", "")


def test_what_helps_is_said_beside_what_is_wrong():
    assert problem(b"email,mail,e_mail\na@example.com,b@example.com,c@example.com\n") == (
        "Columns 1, 2 and 3 can all name people. Line 1 has: “email”, “mail”, “e_mail”. "
        "Choose one by its title or its number."
    )
    one_a_line = "Write one e-mail address, user name or record id a line."
    assert problem(b"") == f"The file is empty. {one_a_line}"
    assert problem(b"%PDF-1.7\n") == (
        f"This is a PDF, not a list of people. Save it as CSV, or w{one_a_line[1:]}"
    )
    assert problem(b"a,b,c\n1,2,3\n", column="x").endswith("Give its title, or its number from 1 to 3.")
    assert problem(b"1,2\n\x81\x8d").endswith("Save the file as CSV in UTF-8.")
    assert problem(b'a,email\n"b,c\n').endswith("Correct the line, or write one e-mail address a line.")
    twelve, thirteen = (",".join(f"t{at}" for at in range(count)) for count in (12, 13))
    assert "“t11”. Choose" in problem(f"{twelve}\n{twelve}\n".encode())
    assert "“t11”, …. Choose" in problem(f"{thirteen}\n{thirteen}\n".encode())


def test_a_chosen_column_counts_by_title_or_number():
    data = b"a,b,c\n1,2,3\n4,5,6\n"
    assert texts(data, column="B") == ["2", "5"]
    assert texts(data, column="3") == ["c", "3", "6"]
    assert texts(b"email,login\na@example.com,bea\n", column="2") == ["bea"]
    assert "No column is called “x”. The first line has: “a”, “b”, “c”." in problem(data, column="x")
    assert "2 columns are called “a”." in problem(b"a,a\n1,2\n", column="a")


def test_the_title_of_a_chosen_column_with_addresses_is_nobody():
    assert (
        parse_people(b"Betroffene\na@example.com\nc@example.com\n", column="1").people[0].text == "Betroffene"
    )
    data = b"Betroffene,Kopie\na@example.com,b@example.com\nc@example.com,d@example.com\n"
    assert texts(data, column="1") == ["a@example.com", "c@example.com"]
    without_titles = data.partition(b"\n")[2]
    assert texts(without_titles, column="2") == ["b@example.com", "d@example.com"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b" \r\n\t\n", "The file is empty."),
        ("\ufeff".encode(), "The file is empty."),
        (b"e-mail\n", "The file has only titles (line 1), and no people."),
        (b"PK\x03\x04rest", "This is an Excel workbook or another zip file, not a list of people."),
        (b"\xd0\xcf\x11\xe0rest", "This is an old Excel workbook or another Office file"),
        (b"%PDF-1.7\n", "This is a PDF, not a list of people."),
        (b"\x00\x01\x02", "This is no text, not a list of people."),
        (b"<!DOCTYPE html><p>", "This is a web page or XML, not a list of people."),
        (b"1,2\n\x81\x8d", "Line 2 is not valid text in CP1252."),
        (
            b"a,b,c,d,e,f,g,h,i,j\n1,2,3,4,5,6,7,8,9,0\n",
            "None of the 10 columns is clearly e-mail, user name or record id. Line 1 has: “a”, “b”,",
        ),
        (b"a@example.com,b@example.com\nc@example.com,d@example.com", "Columns 1 and 2 can all name people."),
        (b"email,mail\na@example.com,b@example.com\n", "Columns 1 and 2 can all name people."),
        (
            b'name,email\n"Bea,bea@example.com\nAda,ada@example.com\n',
            "Line 2 cannot be read, perhaps because its quotes do not match",
        ),
        (b"email,x\n" + b"x" * 200_000 + b",1\n", "Line 2 cannot be read"),
        (b"a@example.com\n" * 10_001, "The file has 10,001 rows. One batch has at most 10,000 people."),
        (b"a\n" * 100_000, "The file has 100,000 rows. One batch has at most 10,000 people. Split the file."),
    ],
    # The names of tests are to be short: some of the files are long.
    ids=lambda part: ascii(part)[:40],
)
def test_a_file_that_cannot_be_used_gets_a_sentence(data, words):
    said = problem(data)
    assert words in said
    assert said.endswith(".")


@pytest.mark.parametrize("data", [b"", b"e-mail\n"])
def test_a_file_that_names_nobody_has_an_error_of_its_own(data):
    with pytest.raises(EmptyPeopleFileError):
        parse_people(data)


def test_a_file_that_is_too_large_is_not_read_into_memory():
    class Endless(io.BytesIO):
        taken = 0

        def read(self, size=-1):
            self.taken += size
            return b"x" * size

    file = Endless()
    with pytest.raises(PeopleFileError, match="The file is larger than 16 MB") as raised:
        read_bounded(file)
    assert file.taken == MAX_BYTES + 1
    assert raised.value.advice == "Keep the column that names people, and delete the others."
    assert len(read_bounded(io.BytesIO(bytes(MAX_BYTES)))) == MAX_BYTES


def test_the_same_bytes_are_the_same_batch():
    assert parse_people(b"a\nb\n").batch_id == parse_people(b"a\nb\n", column="1").batch_id
    assert batch_id_of(b"a\nb\n") != batch_id_of(b"a\nb")


WORDS = st.text(st.characters(categories=["L", "N", "Zs", "P"], exclude_characters="\x00@"), max_size=20)
EMAILS = st.from_regex(r"[a-z][a-z0-9.]{0,10}[a-z]@example\.(com|test)", fullmatch=True)


@given(
    rows=st.lists(st.tuples(WORDS, EMAILS, WORDS), min_size=1, max_size=20),
    title=st.sampled_from(["E-Mail", "email", "Mail", "Correo", ""]),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    place=st.integers(0, 2),
)
def test_whatever_a_spreadsheet_writes_names_the_same_people(
    rows, title, delimiter, encoding, line_end, quoting, place
):
    table = [["Full", "Town"], *([first, last] for first, _, last in rows)]
    for row, cell in zip(table, [title or rows[0][1], *(email for _, email, _ in rows)], strict=True):
        row.insert(place, cell)
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(table)
    people = parse_people(file.getvalue().encode(encoding)).people
    expected = [email for _, email, _ in rows]
    assert [one.text for one in people] == (expected if title else [rows[0][1], *expected])


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
@example(b"\xff\xfe\x00")
@example(b"'=\n")
@settings(max_examples=400)
def test_any_bytes_give_people_or_a_sentence(data):
    try:
        file = parse_people(data)
    except PeopleFileError as error:
        for text in (str(error), error.advice):
            assert text == safe_text(text)
        return
    assert file.people
    for person in file.people:
        assert person.text == safe_text(person.text)
        assert person.line >= 1

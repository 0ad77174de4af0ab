"""CSV and TSV as all sorts of programs write them."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinesent.errors import ConfigError, DataError
from cinesent.tables import Position, TableOptions, delimited, open_table

COMMON = ["He said fine", "a; b, c | d"]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_found(read, name, delimiter, end):
    rows = [
        ["id", "text", "n"],
        ["1", "good, really; yes | no\tmaybe", "x"],
        ["2", "two\r\nlines", ""],
    ]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    content = text.getvalue()
    if end != "\r\n":
        content = content.replace("two\r\nlines", f"two{end}lines").replace("\r\n", end)
    found = read(name, content)
    assert found.reader.columns == rows[0]
    assert [row.record[0] for row in found.rows] == ["1", "2"]
    assert found.texts[0] == rows[1][1]
    assert found.texts[1].splitlines() == ["two", "lines"]
    assert found.reader.dialect.delimiter == delimiter
    assert found.reader.dialect.line_end == end


def test_a_delimiter_can_be_said(read):
    assert read("a.csv", "a;text,b\n1;x,y\n", delimiter=";", text_column="text,b").texts == ["x,y"]
    assert read("a.csv", "a\ttext\n1\tx\n", delimiter="tab").texts == ["x"]
    with pytest.raises(ConfigError, match="delimiter is ':'"):
        read("a.csv", "text\n", delimiter=":")


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_separator_line_of_excel(read, line):
    found = read("a.csv", f"{line}\r\nid;text\r\n1;a, b\r\n")
    assert found.texts == ["a, b"]
    assert found.reader.dialect.separator_line == line
    assert found.rows[0].line == 3


def test_doubled_quotes_and_backslashes(read):
    content = (
        'id,text\n1,"a ""b"" c"\n2,"C:\\new\\dir"\n3,"a \\"b\\", c"\n4,back\\slash\n5,"end\\\\"\n'
    )
    found = read("a.csv", content)
    assert found.errors == [None] * 5
    assert found.texts == [
        'a "b" c', "C:\\new\\dir", 'a "b", c', "back\\slash", "end\\",
    ]  # fmt: skip


def test_a_file_that_escapes_with_backslashes(read):
    rows = [f'{n},"He said \\"\\", and \\"no\\"\nthen C:\\temp\\"",x\n' for n in range(20)]
    found = read("a.csv", "id,text,n\n" + "".join(rows))
    assert found.texts == ['He said "", and "no"\nthen C:\\temp"'] * 20


def test_a_single_escaped_quote_after_the_head(read, monkeypatch):
    monkeypatch.setattr("cinesent.tables.stream.HEAD_BYTES", 64)
    content = "id,text\n" + '1,"plain"\n' * 50 + '2,"a \\"b\\", c"\n'
    assert read("a.csv", content).texts[-1] == 'a "b", c'


def test_unparsable_rows_keep_all_they_have(read):
    found = read("a.csv", 'id,text,n\n1,"open,x\n2,too,many,fields\n3\n4,"a" b,y\n5,fine,z\n')
    assert found.texts == [None] * 4 + ["fine"]
    assert [row.raw for row in found.rows] == [
        '1,"open,x', "2,too,many,fields", "3", '4,"a" b,y', "5,fine,z",
    ]  # fmt: skip
    assert [row.record for row in found.rows[:4]] == [
        ["1", '"open', "x"], ["2", "too", "many,fields"], ["3", "", ""], ["4", '"a" b', "y"],
    ]  # fmt: skip
    assert [row.well_formed for row in found.rows] == [False] * 4 + [True]


def test_an_unclosed_quote_costs_one_row(read):
    lines = [f"review {n},{n}\n" for n in range(3000)]
    lines[1000] = '"open,999\n'
    found = read("a.csv", "text,n\n" + "".join(lines))
    assert [n for n, error in enumerate(found.errors) if error] == [1000]
    assert "never closed" in found.errors[1000]


def test_tsv_without_quotes(read):
    found = read("a.tsv", 'id\ttext\n1\t5" is short\n2\t"open\n3\tfine\n')
    assert found.texts == ['5" is short', '"open', "fine"]
    assert found.reader.dialect.quotes is False
    assert "quotes do not pair up" in found.told.messages[0]
    assert read("a.tsv", 'id\ttext\n1\t"a\tb ""c"""\n').texts == ['a\tb "c"']


def test_blank_lines_are_counted_and_skipped(read):
    found = read("a.csv", "\n\ntext,n\n\n\r\na,1\n,\n\n\nb,2\n\n")
    assert found.texts == ["a", "b"]
    assert found.num_blank == 6
    assert [row.line for row in found.rows] == [6, 10]


def test_a_carriage_return_inside_a_field(read):
    found = read("a.csv", 'text,n\na\rb,1\n"a\rb",2\n')
    assert found.texts == [None, "a\rb"]
    assert "carriage return" in found.errors[0]


def test_without_a_header(read):
    content = "1;A fine film.\n2;A bad one.\n"
    found = read("a.csv", content, header=False, text_column="2")
    assert found.reader.columns == ["1", "2"]
    assert found.texts == ["A fine film.", "A bad one."]
    assert found.reader.dialect.header is False
    assert read("a.csv", "One.\nTwo.\n", header=False).texts == ["One.", "Two."]
    with pytest.raises(DataError, match="has 2 columns: give the number of the text column"):
        read("a.csv", content, header=False)
    with pytest.raises(DataError, match="expected a number from 1 to 2"):
        read("a.csv", content, header=False, text_column="text")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r"])
def test_without_a_header_no_row_is_lost(read, encoding, end):
    content = end.join(["1,one", "2,two", "3,three", ""]).encode(encoding)
    asked = None if encoding == "utf-16" else encoding
    found = read("a.csv", content, header=False, text_column="2", encoding=asked)
    assert found.texts == ["one", "two", "three"]


def test_a_missing_header_is_recognised(read):
    with pytest.raises(DataError, match="first row looks like data.*header=False") as caught:
        read("a.csv", "What a fine film this is,1\nAwful from end to end,0\n")
    assert "--no-header" in caught.value.for_command_line()


def test_columns_of_the_same_and_of_no_name(read):
    found = read("a.csv", "a,a,,review\n1,2,3,fine\n")
    assert found.reader.columns == ["a", "a", "", "review"]
    assert found.reader.values(found.rows[0]) == {
        "a": "1", "a_2": "2", "column_3": "3", "review": "fine",
    }  # fmt: skip
    with pytest.raises(DataError, match="2 columns called 'text'"):
        read("a.csv", "text,text\n1,2\n")


def test_missing_texts(read):
    words = ["NaN", "nan", "None", "N/A", "null", "NULL", "<NA>", " ", "#N/A", "\\N"]
    found = read("a.csv", "id,text\n" + "".join(f"1,{word}\n" for word in words))
    assert found.texts == [None] * len(words)
    assert read("a.csv", "id,text\n1,None of it works\n2,nan bread\n3,Nah\n").errors == [None] * 3


def test_a_row_that_is_too_long(read, monkeypatch):
    monkeypatch.setattr("cinesent.tables.stream.ROW_LIMIT", 2**16)
    monkeypatch.setattr("cinesent.tables.delimited.ROW_LIMIT", 2**16)
    found = read("a.csv", "text\nfine\n" + "good " * 2**15 + '\n"' + "long\n" * 2**16 + '"\nend\n')
    assert (found.texts[0], found.texts[-1]) == ("fine", "end")
    assert "longer than" in found.errors[1]
    assert "never closed" in found.errors[2]


def test_a_field_longer_than_csv_allows(read):
    before = csv.field_size_limit()
    found = read("a.csv", 'text,n\n"' + "long, " * 100_000 + '",1\n')
    assert len(found.texts[0]) == 600_000
    assert csv.field_size_limit() == before


def test_an_empty_file(read):
    for content in ("", "\n\n", "\ufeff", "sep=;\n"):
        with pytest.raises(DataError, match="is empty"):
            read("a.csv", content)


def test_a_table_can_be_read_twice_and_from_any_row(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "ROW_LINES", 5)
    body = 'a,"x\n' * 7 + 'b,"two\nlines"\n' + "\n\n" + 'a",b,"x\n' * 12 + 'c,"\\"d\\""\n' + "e,f\n"
    for encoding in ("utf-8", "utf-16", "cp1252"):
        for end in ("\n", "\r\n", "\r"):
            path = tmp_path / "a.csv"
            path.write_bytes(("n,text\n" + body).replace("\n", end).encode(encoding))
            options = TableOptions(encoding=None if encoding == "utf-16" else encoding)
            reader = open_table(path, options)
            whole = list(reader.rows(reader.first()))
            assert list(reader.rows(reader.first())) == whole
            for place, row in enumerate(whole):
                again = open_table(path, options)
                assert list(again.rows(row.end)) == whole[place + 1 :]
                again.close()
            assert reader.done() == 1.0
            reader.close()


_FIELD = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)


@given(
    rows=st.lists(st.tuples(_FIELD, _FIELD), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_csv_writes_is_read(tmp_path_factory, rows, delimiter, end, encoding):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("text", "other"), *rows])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    reader = open_table(path, TableOptions(delimiter=delimiter))
    found = [tuple(row.record) for row in reader.rows(Position(*reader.first())) if not row.blank]
    reader.close()
    assert found == [row for row in rows if any(map(str.strip, row))]

"""JSON Lines and JSON arrays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinesent.errors import DataError
from cinesent.tables import json_array, open_table


def test_a_json_file_holds_lines_or_an_array(read):
    records = [{"id": 1, "text": "fine"}, {"id": 2, "text": 'a "quoted", [x] {y}\\'}]
    for content in (
        "\n".join(map(json.dumps, records)),
        json.dumps(records),
        json.dumps(records, indent=2),
        "\ufeff" + json.dumps(records),
        json.dumps(records) + "\n\n",
    ):
        for name in ("a.json", "a.jsonl", "a.ndjson"):
            found = read(name, content)
            assert [row.record for row in found.rows] == records
            assert found.texts == [record["text"] for record in records]
            assert all(row.well_formed for row in found.rows)
            assert [json.loads(row.raw) for row in found.rows] == records


def test_bad_elements_of_an_array_are_bad_rows(read):
    deep = "[" * 5000 + "]" * 5000
    content = f'[{{"text": "fine"}}, 5, {{"text": }}, null, {{"n": 1}}, {deep}, {{"text": "end"}}]'
    found = read("a.json", content)
    assert [row.text for row in found.rows if row.text] == ["fine", "end"]
    for row, words in zip(
        found.rows[1:6],
        ["is '5', expected", "is not JSON", "is 'null'", "no field 'text'", "is not JSON that can"],
        strict=True,
    ):
        assert words in row.error
    assert found.rows[1].raw == "5"
    assert [row.line for row in found.rows] == [1, 2, 3, 4, 5, 6, 7]
    assert found.reader.unit == ", element "


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"text": "a"}, {"text"', "not closed"),
        ('[{"text": "a"},', "not closed"),
        ('[{"text": "a"}', "without objects"),
        ('[{"text": "a"}] x', "text follows"),
        ("[]", "without objects"),
        ("[1, 2]", "without objects"),
        ('["text"]', "without objects"),
        ("", "does not begin with JSON"),
        ("{}", "does not begin with JSON"),
    ],
)
def test_arrays_that_are_none(read, content, message):
    with pytest.raises(DataError, match=message):
        read("a.json", content)


def test_broken_lines_keep_their_bytes(read):
    content = (
        b'{"text": "fine"}\n{"text": \n[1]\n{"text": "caf\xe9 \xc3\xa9"}\n{"text": "\xc3\xa9"}\n'
    )
    found = read("a.jsonl", content)
    assert found.texts == ["fine", None, None, None, "é"]
    assert [row.raw.encode("utf-8", "surrogateescape") for row in found.rows[1:4]] == [
        b'{"text": ', b"[1]", b'{"text": "caf\xe9 \xc3\xa9"}',
    ]  # fmt: skip
    assert [row.well_formed for row in found.rows] == [True, False, False, False, True]


def test_a_first_object_of_many_megabytes(read):
    text = "good " * 500_000
    found = read("a.jsonl", json.dumps({"text": text}) + '\n{"text": "short"}\n')
    assert found.texts == [text, "short"]
    found = read("a.json", json.dumps([{"text": text}, {"text": "short"}]))
    assert found.texts == [text, "short"]


def test_an_element_that_is_too_long(read, monkeypatch):
    monkeypatch.setattr(json_array, "ROW_LIMIT", 2**17)
    content = json.dumps([{"text": "short"}, {"text": "long " * 2**17}])
    with pytest.raises(DataError, match="longer than"):
        read("a.json", content)


def test_numbers_and_depth_without_a_bound(read):
    content = '{"text": "a", "n": 1e400}\n' + '{"text": "b", "n": ' + "9" * 5000 + "}\n"
    found = read("a.jsonl", content + "[" * 100_000 + "\n")
    assert found.texts == ["a", None, None]
    assert "not JSON that can be read" in found.errors[1]
    assert "not JSON that can be read" in found.errors[2]


def test_missing_and_wrong_texts(read):
    values = [None, float("nan"), "NaN", " ", 5, True, [], {}]
    found = read("a.jsonl", "\n".join(json.dumps({"text": value}) for value in values))
    assert found.texts == [None] * len(values)
    assert [("missing" in e) or ("empty" in e) for e in found.errors] == [True] * 4 + [False] * 4


def test_an_array_resumes_at_every_element(tmp_path):
    records = [{"text": f"{n} [{{"} for n in range(20)]
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path = tmp_path / "a.json"
        path.write_bytes(json.dumps(records, indent=1).encode(encoding))
        reader = open_table(path)
        whole = list(reader.rows(reader.first()))
        for place, row in enumerate(whole):
            again = open_table(path)
            assert list(again.rows(row.end)) == whole[place + 1 :]
            again.close()
        reader.close()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    records=st.lists(st.dictionaries(st.text(max_size=5), _JSON), min_size=1, max_size=5),
    indent=st.sampled_from([None, 0, 2]),
    ascii_only=st.booleans(),
)
def test_any_array_survives(tmp_path_factory, records, indent, ascii_only):
    records = [record | {"text": "fine"} for record in records]
    path = tmp_path_factory.mktemp("json") / "a.json"
    content = json.dumps(records, indent=indent, ensure_ascii=ascii_only)
    path.write_text(content, encoding="utf-8", errors="surrogatepass")
    reader = open_table(path)
    assert [row.record for row in reader.rows(reader.first())] == records
    reader.close()

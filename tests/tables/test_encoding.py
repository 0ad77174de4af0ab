"""Which encoding a text is read in, and what happens to damaged bytes."""

from __future__ import annotations

import codecs
import sys
from encodings.aliases import aliases

import pytest

from cinesent.errors import CinesentError, ConfigError, DataError
from cinesent.tables.encoding import by_zeros, check_utf8, encode_text, text_codec
from cinesent.tables.legacy_encoding import guess_encoding

SENTENCES = {
    "cp1252": (
        "Un film très réussi, tourné l'été à la plage; même la fin est drôle.",
        "Ein großartiger Film, völlig überzeugend und schön gespielt.",
        "La película es aburrida, pero el niño actúa muy bien.",
    ),
    "cp1251": (
        "Отличный фильм, смотрел с большим удовольствием.",
        "Ужасно скучно, ушёл с середины.",
    ),
    "koi8-r": ("Отличный фильм, смотрел с большим удовольствием.",),
    "shift_jis": ("とても面白い映画でした。最後まで目が離せませんでした。", "退屈な映画です。"),
    "gb18030": ("这部电影非常好看，演员的表演很出色。", "太无聊了，我看到一半就睡着了。"),
    "euc-kr": ("정말 재미있는 영화였습니다. 배우들의 연기가 훌륭합니다.", "너무 지루했습니다."),
    "big5": ("這部電影非常好看，演員的表演很出色。",),
    "iso8859-2": (
        "Świetny film, aktorzy grają znakomicie, a historia wciąga.",
        "Nudny i zupełnie przewidywalny, żałuję że poszedłem.",
    ),
    "cp1250": ("Skvělý film, herci hrají výborně a příběh mě úplně pohltil.",),
    "cp1254": ("Çok güzel bir film, oyuncular harika oynamış, müziği de iyi.",),
    "cp1253": ("Μια υπέροχη ταινία, οι ηθοποιοί παίζουν εξαιρετικά.",),
}
CASES = [(encoding, text) for encoding, texts in SENTENCES.items() for text in texts]


def table(*texts: str) -> str:
    return "id\ttext\n" + "".join(f"{n}\t{text}\n" for n, text in enumerate(texts))


@pytest.mark.parametrize("encoding", SENTENCES)
@pytest.mark.parametrize("count", [1, 50])
def test_older_encodings_are_detected_and_reported(read, encoding, count):
    pytest.importorskip("charset_normalizer")
    texts = ["plain ASCII", *SENTENCES[encoding] * count]
    found = read("a.tsv", table(*texts).encode(encoding))
    assert found.texts == texts
    (warning,) = found.told.warnings
    assert found.reader.encoding in warning
    assert "a.tsv:3 is not UTF-8" in warning


@pytest.mark.parametrize(("encoding", "text"), CASES)
def test_every_prefix_is_read_rightly_or_asked_about(encoding, text):
    pytest.importorskip("charset_normalizer")
    for end in range(1, len(text) + 1):
        content = text[:end].encode(encoding)
        if content.isascii():
            continue
        try:
            guessed = guess_encoding(content, "a.csv")
        except DataError:
            pass
        else:
            letters = [c for c in text[:end] if c > "\x7f"]
            # From a letter or two nobody can tell one language from another.
            assert content.decode(guessed) == text[:end] or len(letters) < 4


def test_an_uncertain_encoding_is_asked_about(read):
    content = b"id,text\n" + bytes(range(128, 256)) + b"\n"
    with pytest.raises(DataError, match="not certain which encoding it has. Name it with encoding"):
        read("a.tsv", content)


def test_without_the_extra_the_user_is_asked(read, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        DataError, match=r"Name its encoding with encoding.*cp1252.*cinesent\[data\]"
    ):
        read("a.tsv", table("Un film très réussi à la plage").encode("cp1252"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_unicode_with_and_without_a_mark(read, encoding):
    text = "naïve — 😍 ぬいぐるみ"
    found = read("a.tsv", table(text, "plain").encode(encoding))
    assert found.texts == [text, "plain"]
    assert found.reader.columns == ["id", "text"]
    named = encoding.endswith(("le", "be"))
    assert len(found.told.warnings) == named


def test_russian_utf16_without_a_mark(read):
    text = "Отличный фильм, смотрел с большим удовольствием"
    assert read("a.tsv", table(text).encode("utf-16-be")).texts == [text]


def test_few_damaged_bytes_leave_a_file_utf8(read):
    content = table("très bien", "café", "damaged", "fine").encode()
    found = read("a.tsv", content.replace(b"damaged", b"caf\xe9"))
    assert found.texts == ["très bien", "café", None, "fine"]
    assert "0xE9 is not UTF-8" in found.errors[2]
    assert encode_text(found.rows[2].raw) == b"2\tcaf\xe9"
    assert [encode_text(field) for field in found.rows[2].record] == [b"2", b"caf\xe9"]
    assert found.told.warnings == []


def test_one_good_and_one_bad_row(read):
    found = read("a.csv", b"text\ncaf\xc3\xa9\ncaf\xe9\n")
    assert found.texts == ["café", None]


def test_two_encodings_are_never_mixed(read):
    content = table(*["très bien"] * 2).encode() + b"9\tcaf\xe9 d\xe9j\xe0\n" * 9
    with pytest.raises(DataError, match=r"two encodings: 2 lines are UTF-8 and 9 are not.*line 4"):
        read("a.tsv", content)
    found = read("a.tsv", content, encoding="utf-8")
    assert [text is None for text in found.texts] == [False] * 2 + [True] * 9


def test_a_late_damaged_byte_is_seen_before_the_first_row(read):
    content = (
        b"text\n"
        + b"plain words\n" * 200_000
        + "Un film très réussi à la plage, drôle et gênant\n".encode("cp1252")
    )
    found = read("a.tsv", content)
    assert found.reader.encoding == "cp1252"
    assert found.texts[-1] == "Un film très réussi à la plage, drôle et gênant"


def test_zero_bytes_that_are_no_text(read):
    with pytest.raises(DataError, match="is not text"):
        read("a.csv", b"text\n" + b"\0\0\0\0" * 99)
    assert by_zeros(b"text\n\0\0") is None


ALL_CODECS = sorted(
    {*aliases.values(), "idna", "punycode", "undefined", "utf-8-sig", "rot13", "unicode_escape",
     "raw_unicode_escape", "charmap", "utf_16", "utf_32", "base64", "mbcs", "oem", "no such", "\0",
     "é", "x" * 10_000, ""}
)  # fmt: skip


@pytest.mark.parametrize("encoding", ALL_CODECS, ids=range(len(ALL_CODECS)))
def test_every_codec_works_or_is_refused(read, encoding):
    for content in (
        table("naïve", "two").encode(),
        b"id\ttext\n1;caf\xe9 \x80\xff\n",
        b"+2AA- +3IA-\n" * 3,
        b"\x1b$B\n" * 3,
        "\ufeffid\ttext\n1\tx\n".encode("utf-16"),
    ):
        for name in ("a.csv", "a.txt", "a.jsonl"):
            try:
                found = read(name, content, encoding=encoding)
            except CinesentError as error:
                error.for_command_line()
            else:
                assert len(found.texts) == len(found.errors)


@pytest.mark.parametrize(
    ("encoding", "error", "message"),
    [
        ("klingon", ConfigError, "'klingon', which is unknown"),
        ("rot13", ConfigError, "not an encoding of text files"),
        ("idna", ConfigError, "not an encoding of text files"),
        ("utf-7", ConfigError, "not an encoding of text files"),
        ("utf-16", ConfigError, "no zero byte"),
        ("utf-32", ConfigError, "no zero byte"),
        (5, ConfigError, "expected a string"),
    ],
)
def test_encodings_that_cannot_be(read, encoding, error, message):
    with pytest.raises(error, match=message):
        read("a.tsv", table("fine"), encoding=encoding)


def test_an_encoding_against_the_mark_is_refused(read):
    with pytest.raises(ConfigError, match="byte order mark of utf-8"):
        read("a.tsv", table("fine").encode("utf-8-sig"), encoding="cp1252")


def test_what_an_encoding_has_not_is_a_bad_row(read):
    content = table("fine").encode() + b"1\t\x82\n2\tok\n"
    found = read("a.tsv", content, encoding="ascii")
    assert found.texts == ["fine", None, "ok"]
    assert "0x82 is not ascii" in found.errors[1]
    assert encode_text(found.rows[1].raw) == b"1\t\x82"


def test_half_a_surrogate_pair_is_one_bad_row(read):
    content = "id,text\n1,".encode("utf-16") + b"\x00\xd8" + "\n2,fine\n".encode("utf-16-le")
    found = read("a.tsv", content)
    assert found.texts == [None, "fine"]


def test_text_codec_has_one_name_for_each():
    assert text_codec("UTF8") == text_codec("utf-8-sig") == "utf-8"
    assert codecs.lookup(text_codec("latin-1")).name == "iso8859-1"


def test_encode_text_never_fails():
    text = "".join(map(chr, range(0xD7F0, 0xE010)))
    assert encode_text(b"\x80\xff".decode("utf-8", "surrogateescape")) == b"\x80\xff"
    assert encode_text(text)
    assert sys.maxunicode


def test_lines_are_counted_across_blocks():
    check = check_utf8(iter([b"a\n\xc3", b"\xa9\nb", b"\xe9\n", b"\xe9"]))
    assert (check.sound, check.damaged, check.first) == (1, 2, 3)

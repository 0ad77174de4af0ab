"""The Sentiment Treebank as a dataset: read, found, downloaded, trained on and evaluated."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import time
import zipfile

import numpy as np
import pytest
from bundles import bundle_parts
from commands import run_here
from file_server import serving
from reporters import Recorder
from treebanks import small_treebank, tree, write_treebank, write_treebank_archive

from cinesent.bundle import load_bundle, save_bundle
from cinesent.data import Dataset, Reviews, load_dataset, load_reviews, sst
from cinesent.data.describe import describe
from cinesent.data.sources import fetch_dataset, find_dataset
from cinesent.data.sst import find_sst, is_sst, load_phrases, load_sst
from cinesent.data.trees import MAX_DEPTH, detokenize, parse_tree
from cinesent.errors import ConfigError, DataError, DownloadError, MissingExtraError

QUICK = {
    "units": 4,
    "embedding_dim": 8,
    "vocabulary_size": 100,
    "epochs": 1,
    "max_length": 16,
    "teacher": "none",
    "word_vectors": "random",
    "ngrams": 0,
}


@pytest.fixture
def folder(tmp_path):
    return write_treebank(tmp_path / "treebank")


@pytest.fixture
def run(monkeypatch, capsys):
    return functools.partial(run_here, monkeypatch, capsys, columns=120)


class TestTrees:
    def test_children_come_before_their_parents(self):
        found = parse_tree("(3 (2 It) (4 (4 works) (2 .)))", "x")
        assert found.words == ["It", "works", "."]
        assert [(span.level, found.text(span)) for span in found.spans] == [
            (2, "It"),
            (4, "works"),
            (2, "."),
            (4, "works."),
            (3, "It works."),
        ]

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("(3 (2 It) (4 works)", "incomplete"),
            ("(3", "incomplete"),
            ("(", "incomplete"),
            ("", "incomplete"),
            ("(3 (2 It) (4 works)))", "'\\)' is out of place"),
            ("(2 a) (3 b)", "'\\(' is out of place"),
            ("(2 a) b", "'b' is out of place"),
            ("(2 a b)", "'b' is out of place"),
            ("(2 (2 a) b)", "'b' is out of place"),
            ("(3 )", "'\\)' is out of place"),
            ("()", "the level is|'\\)' is out of place"),
            ("((2 a))", "'\\(' is out of place"),
            ("a film", "'a' is out of place"),
            (")", "'\\)' is out of place"),
            ("(5 a)", "the level is '5'; expected 0, 1, 2, 3 or 4"),
            ("(\u0663 a)", "the level is"),
            ("(-1 a)", "the level is '-1'"),
            ("(a b)", "the level is 'a'"),
        ],
    )
    def test_damage_is_named(self, line, message):
        with pytest.raises(DataError, match=f"^train.txt:7: .*({message})"):
            parse_tree(line, "train.txt:7")

    def test_long_lines_are_not_repeated_in_a_message(self):
        with pytest.raises(DataError) as caught:
            parse_tree(f"({'9' * 10_000} a)", "x")
        assert len(str(caught.value)) < 200

    def test_depth_is_bounded(self):
        parse_tree("(2 " * (MAX_DEPTH - 1) + "(2 a)" + ")" * (MAX_DEPTH - 1), "x")
        with pytest.raises(DataError, match="more than 200 levels deep"):
            parse_tree("(2 " * 1_000_000 + "(2 a)" + ")" * 1_000_000, "x")

    @pytest.mark.parametrize(
        "line",
        [
            "(2 " + "(2 a) " * 400_000 + ")",
            "(2 " * 400_000,
            "(2 a) " * 400_000,
            " " * 2_000_000,
            "a" * 2_000_000,
        ],
    )
    def test_hostile_lines_take_linear_time(self, line):
        started = time.process_time()
        with contextlib.suppress(DataError):
            parse_tree(line, "x")
        assert time.process_time() - started < 10

    @pytest.mark.parametrize(
        ("words", "text"),
        [
            ("It does n't work -LRB- at all -RRB- .", "It doesn't work (at all)."),
            (
                "We 've seen it : a 1\\/2 star film , n't it ?",
                "We've seen it: a 1/2 star film,n't it?",
            ),
            ("The film 's 50 % luck , $ 5 well spent !", "The film's 50% luck, $5 well spent!"),
        ],
    )
    def test_words_are_joined_as_people_write(self, words, text):
        assert detokenize(words.split(" ")) == text


class TestReading:
    def test_folder_and_archive_hold_the_same(self, folder, tmp_path):
        archive = write_treebank_archive(tmp_path / sst.SST_ARCHIVE)
        data = load_sst(folder)
        assert [len(part) for part in (data.train, data.validation, data.test)] == [40, 16, 16]
        assert data.train.texts[:2] == ["a wonderful film.", "a moving film."]
        assert data.train.labels[:8].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
        assert data.train.ids[0] == "train/0"
        assert data.unlabelled is None
        (folder / "train.txt").rename(folder / "kept")
        nested = write_treebank(tmp_path / "outer" / "trees").parent
        for path in (archive, tmp_path, nested):
            other = load_dataset(path)
            for part in ("train", "validation", "test"):
                assert getattr(other, part).fingerprint() == getattr(data, part).fingerprint()

    def test_neutral_sentences_are_left_out(self, folder):
        assert not any(text.startswith("this is") for text in load_sst(folder).train.texts)

    def test_training_sentences_of_other_parts_are_left_out(self, tmp_path):
        files = small_treebank()
        whole = load_sst(write_treebank(tmp_path / "a", files))
        # As some copies have it, and once with other levels inside.
        other = tree("a superb score .", 4).replace("(2 a)", "(3 a)")
        files["train"] += files["dev"] + other + "\n"
        copies = load_sst(write_treebank(tmp_path / "b", files))
        assert copies.train.fingerprint() == whole.train.fingerprint()
        assert describe(copies).shared == {
            "validation in train": 0,
            "test in train": 0,
            "test in validation": 0,
        }

    def test_phrases_have_their_mean_level(self, tmp_path):
        files = small_treebank() | {
            "train": "(4 (3 good) (2 film))\n(1 (0 good) (1 plot))\n(2 neutral)\n"
            + tree("a superb score .", 4)
        }
        phrases = dict(load_phrases(write_treebank(tmp_path / "a", files)))
        assert phrases == {
            "good": 0.375,
            "film": 0.5,
            "good film": 1.0,
            "plot": 0.25,
            "good plot": 0.25,
            "neutral": 0.5,
        }

    def test_line_ends_and_marks_of_other_systems(self, folder):
        expected = load_sst(folder).train.fingerprint()
        content = (folder / "train.txt").read_bytes()
        (folder / "train.txt").write_bytes(b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))
        assert load_dataset(folder).train.fingerprint() == expected

    def test_strange_spaces_belong_to_words(self, tmp_path):
        files = small_treebank()
        files["train"] += "(4 (2 9\u00a01\\/2) (4 stars\u2028\x0b!))\n"
        data = load_sst(write_treebank(tmp_path / "a", files))
        assert data.train.texts[-1] == "9\u00a01/2 stars\u2028\x0b!"


class TestDamage:
    def test_bad_line_is_named(self, folder):
        with (folder / "dev.txt").open("a") as file:
            file.write("(3 (2 It) (9 works))\n")
        with pytest.raises(DataError, match=r"dev\.txt:19: the level is '9'"):
            load_sst(folder)

    def test_not_utf8(self, folder):
        (folder / "test.txt").write_bytes(b"(3 caf\xe9)\n")
        with pytest.raises(DataError, match=r"cannot be read .*data fetch sst"):
            load_sst(folder)

    def test_empty_file(self, folder):
        (folder / "test.txt").write_text("\n \n")
        with pytest.raises(DataError, match=r"test\.txt is empty; expected one tree per line"):
            load_sst(folder)

    def test_too_large(self, folder, tmp_path, monkeypatch):
        archive = write_treebank_archive(tmp_path / sst.SST_ARCHIVE)
        monkeypatch.setattr(sst, "_MAX_BYTES", 500)
        for path in (folder, archive):
            with pytest.raises(DataError, match=r"bytes, expected at most 500"):
                load_sst(path)

    def test_missing(self, tmp_path):
        with pytest.raises(DataError, match="there is no Sentiment Treebank at"):
            load_sst(tmp_path / sst.SST_ARCHIVE)
        with pytest.raises(DataError, match="there is no file or folder"):
            load_dataset(tmp_path / sst.SST_ARCHIVE)

    def test_archive_of_something_else(self, tmp_path):
        path = tmp_path / sst.SST_ARCHIVE
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("trees/train.txt", "(3 good)")
        with pytest.raises(DataError, match=r"holds no trees/dev\.txt"):
            load_dataset(path)

    def test_another_compression(self, tmp_path):
        path = tmp_path / sst.SST_ARCHIVE
        with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
            for part, content in small_treebank().items():
                archive.writestr(f"trees/{part}.txt", content)
        with pytest.raises(DataError, match=r"trees/train\.txt is compressed in a way that is not"):
            load_sst(path)

    def test_damaged_archives(self, tmp_path):
        path = write_treebank_archive(tmp_path / sst.SST_ARCHIVE)
        content = path.read_bytes()
        rng = np.random.default_rng(0)
        messages = []
        for _ in range(300):
            damaged = bytearray(
                content[: rng.integers(len(content))] if rng.random() < 0.3 else content
            )
            for place in rng.integers(max(len(damaged), 1), size=3):
                damaged[place : place + 1] = rng.bytes(1)
            path.write_bytes(damaged)
            try:
                load_dataset(path)
            except DataError as error:
                messages.append(str(error))
        assert len(messages) > 100
        assert all(str(path) in message for message in messages)


class TestFinding:
    def test_what_is_recognised(self, folder, tmp_path):
        assert is_sst(folder)
        assert not is_sst(tmp_path / "nothing")
        (folder / "train.txt").write_text("__label__1 a fine film\n")
        assert not is_sst(folder)
        (folder / "train.txt").unlink()
        assert not is_sst(folder)

    def test_the_variable_comes_before_the_cache(self, folder, monkeypatch, own_environment):
        assert find_sst() is None
        assert find_dataset("sst") is None
        files = small_treebank() | {"train": "(4 good)\n(0 bad)\n"}
        cached = write_treebank_archive(own_environment / sst.SST_ARCHIVE, files)
        assert find_sst() == cached
        assert len(load_dataset("sst").train) == 2
        monkeypatch.setenv("CINESENT_SST", str(folder))
        told = Recorder()
        assert len(load_dataset("sst", reporter=told).train) == 40
        assert told.messages == [f"data: sst, from {folder}"]
        assert len(find_dataset("sst").train) == 40

    def test_a_variable_that_is_wrong_is_named(self, tmp_path, monkeypatch):
        for path, found in ((tmp_path / "none", "does not exist"), (tmp_path, "is no Sentiment")):
            monkeypatch.setenv("CINESENT_SST", str(path))
            with pytest.raises(DataError, match=f"CINESENT_SST is .* which {found}.*unset it"):
                load_dataset("sst")

    def test_options_for_files_are_refused(self, folder):
        for data in ("sst", folder, str(folder)):
            with pytest.raises(ConfigError, match="label_column: these are for files of your own"):
                load_dataset(data, label_column="x")

    def test_parts(self, folder):
        assert len(load_reviews(folder, "validation")) == 16
        with pytest.raises(DataError, match="sst has no unlabelled reviews; it has: train, valid"):
            load_reviews(folder, "unlabelled")
        with pytest.raises(DataError, match="rotten-tomatoes has no validation reviews"):
            load_reviews("rotten-tomatoes", "validation")


class TestDownload:
    @pytest.fixture
    def server(self, tmp_path, monkeypatch):
        content = write_treebank_archive(tmp_path / "small.zip").read_bytes()
        monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with serving() as server:
            server.files["/sst.zip"] = content
            monkeypatch.setattr(sst, "SST_URL", f"{server.url}/sst.zip")
            monkeypatch.setattr(sst, "SST_SHA256", hashlib.sha256(content).hexdigest())
            yield server

    def test_it_is_downloaded_once(self, server, own_environment):
        told = Recorder()
        assert len(load_dataset("sst", reporter=told).validation) == 16
        assert len(load_dataset("sst").validation) == 16
        assert server.asked == ["/sst.zip"]
        assert "data: sst, which is downloaded first (0.8 MB)" in told.messages
        assert find_sst() == own_environment / sst.SST_ARCHIVE

    def test_failure_names_another_way(self, server):
        server.files.clear()
        with pytest.raises(DownloadError, match=r"404.*\n.*CINESENT_SST") as caught:
            load_dataset("sst")
        assert sst.SST_URL in str(caught.value)

    def test_other_content_is_refused(self, server):
        server.files["/sst.zip"] += b"x"
        with pytest.raises(DownloadError, match="checksum"):
            load_dataset("sst")
        assert find_sst() is None

    def test_the_command(self, server, run, own_environment):
        status, out, err = run("data", "fetch", "sst")
        assert (status, out) == (0, f"{own_environment / sst.SST_ARCHIVE}\n"), err
        status, out, _ = run("data", "fetch", "sst", "--json")
        assert json.loads(out) == {"path": str(own_environment / sst.SST_ARCHIVE)}

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("ssst", "Did you mean 'sst'? Known: cad, imdb, sst."),
            ("imdb-train", "imdb-train needs no download"),
            ("rotten-tomatoes", "rotten-tomatoes needs no download"),
            ("", "there is no dataset '' to download"),
        ],
    )
    def test_names_that_cannot_be_downloaded(self, run, name, message):
        status, out, err = run("data", "fetch", name)
        assert (status, out) == (2, "")
        assert message in err
        with pytest.raises(ConfigError):
            fetch_dataset(name)

    def test_without_the_extra(self, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "pooch", None)
        with pytest.raises(MissingExtraError, match=r"pip install 'cinesent\[train\]'"):
            load_dataset("sst")


def test_describe_shows_the_validation_part(run, folder):
    status, out, err = run("data", "describe", "--data", folder)
    assert status == 0, err
    for expected in ("validation", "texts of validation in train: 0", "texts of test in train: 0"):
        assert expected in out
    status, out, _ = run("data", "describe", "--data", folder, "--json")
    assert [split["name"] for split in json.loads(out)["splits"]] == ["train", "validation", "test"]


def test_check(run, folder):
    status, _, err = run("data", "check", folder)
    assert status == 0
    assert f"ok: {folder} can be trained on." in err


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model trained on the small treebank."""
    from cinesent.training.train import train

    home = tmp_path_factory.mktemp("sst")
    told = Recorder()
    data = load_dataset(write_treebank(home / "treebank"))
    outcome = train(data, settings=QUICK, out=home / "model", reporter=told)
    assert "sst: 40 training reviews, 16 validation reviews" in told.messages
    assert not told.warnings
    return outcome


@pytest.mark.train
class TestTraining:
    def test_the_official_part_is_validated_on(self, model, folder):
        assert model.validation["num_reviews"] == 16
        provenance = load_bundle(model.bundle).provenance
        data = load_dataset(folder)
        assert (provenance.data.name, provenance.validation_data.name) == ("sst", "sst/validation")
        assert provenance.trained_on(data.train.fingerprint())
        assert provenance.validation_data.sha256 == data.validation.fingerprint()
        assert provenance.split is None

    def test_evaluate_scores_each_part(self, model, folder, run):
        for split, count in (("validation", 16), ("test", 16), (None, 16), ("train", 40)):
            extra = ("--split", split) if split else ()
            command = ("evaluate", "--model", model.bundle, "--data", folder, "--json", *extra)
            status, out, err = run(*command)
            assert status == 0, err
            found = json.loads(out)
            assert found["split"] == split or (split, found["split"]) == (None, "test")
            assert found["metrics"]["num_reviews"] == count
            if split == "validation":
                assert found["metrics"]["accuracy"] == model.validation["accuracy"]
            assert ("was trained on these reviews" in err) is (split == "train")

    def test_any_model_is_evaluated_on_the_validation_part(self, folder, run):
        command = ("evaluate", "--model", "packaged", "--data", folder, "--split", "validation")
        status, out, err = run(*command)
        assert status == 0, err
        assert "on sst, validation: 16 reviews" in out

    def test_a_share_to_hold_out_is_refused(self, folder, tmp_path, run):
        out = tmp_path / "m"
        command = ("train", "--data", folder, "--out", out, "--set", "validation=0.2")
        status, _, err = run(*command)
        assert status == 2
        assert "the setting validation has no effect with sst" in err
        assert not out.exists()

    def test_a_share_beside_validation_reviews_is_refused(self, folder, tmp_path, run):
        (tmp_path / "dev.csv").write_text("text,label\ngood,pos\nbad,neg\n")
        status, _, err = run(
            *("train", "--data", folder, "--validation", tmp_path / "dev.csv"),
            *("--set", "validation=0.2", "--out", tmp_path / "m"),
        )
        assert status == 2
        assert "the setting validation has no effect with --validation" in err

    def test_the_command_trains(self, folder, tmp_path, run):
        settings = [part for key, value in QUICK.items() for part in ("--set", f"{key}={value}")]
        out = tmp_path / "m"
        status, printed, err = run("train", "--data", folder, "--out", out, "--json", *settings)
        assert status == 0, err
        assert json.loads(printed)["validation"]["num_reviews"] == 16
        assert f"data: sst, from {folder}" in err
        assert "sst: 40 training reviews, 16 validation reviews" in err

    def test_the_command_pretrains(self, folder, tmp_path, run):
        settings = {**QUICK, "pretraining.epochs": 1, "pretraining.batch_tokens": 400}
        given = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        out = tmp_path / "lm"
        status, _, err = run("pretrain", "--data", folder, "--out", out, *given)
        assert status == 0, err
        assert "16 validation reviews" in err
        status, _, err = run(
            *("pretrain", "--data", folder, "--out", tmp_path / "b", *given),
            *("--set", "validation=0.2"),
        )
        assert status == 2
        assert "the setting validation has no effect with sst" in err

    def test_validation_reviews_of_ones_own_come_first(self, folder, tmp_path):
        from cinesent.training.train import train

        held_out = Reviews(["good", "bad", "fine"], np.int8([1, 0, 1]), "mine")
        data = load_dataset(folder)
        run = train(data, settings=QUICK, out=tmp_path / "m", validation=held_out)
        assert run.validation["num_reviews"] == 3

    def test_compare_uses_it_too(self, folder, model):
        from cinesent.comparison.compare import compare

        told = Recorder()
        data = load_dataset(folder)
        found = compare(data, ["majority", "bow-lr", str(model.bundle)], seed=5, reporter=told)
        assert (found.num_train, found.num_validation) == (40, 16)
        assert not told.warnings
        with pytest.raises(ConfigError, match="the setting validation has no effect with sst"):
            compare(data, ["majority"], settings={"validation": 0.3})

    def test_edited_reviews_of_imdb_are_known(self, tmp_path, imdb_train):
        from cinesent.evaluation.evaluate import evaluate

        short = [text for text in imdb_train.texts if len(text) < 400][:3]
        edits = Reviews([*short, "A cad is no gentleman.", "Fine."], np.int8([0, 0, 0, 1, 1]))
        told = Recorder()
        found = evaluate("packaged", Dataset("cad", edits), reporter=told)
        assert found.without_duplicates.num_reviews == 2
        assert told.warnings[0].startswith("3 of the 5 reviews of cad, train, are in imdb, which")

    def test_shared_sentences_of_rotten_tomatoes_are_left_out(self, model, folder, monkeypatch):
        from cinesent.evaluation.evaluate import evaluate

        texts = ["A wonderful film .", "a MOVING story", "an odd , long evening", "a dull night"]
        tomatoes = Dataset("rotten-tomatoes", Reviews(texts, np.int8([1, 1, 0, 0])))
        told = Recorder()
        found = evaluate(model.bundle, tomatoes, reporter=told)
        assert found.without_duplicates is None
        (warning,) = told.warnings
        assert "they cannot be left out, because sst is not on this machine" in warning
        monkeypatch.setenv("CINESENT_SST", str(folder))
        told = Recorder()
        found = evaluate(model.bundle, tomatoes, reporter=told)
        assert found.metrics.num_reviews == 4
        assert found.without_duplicates.num_reviews == 2
        (warning,) = told.warnings
        assert warning.startswith("2 of the 4 reviews of rotten-tomatoes, train, are in sst, which")
        with (folder / "train.txt").open("a") as file:
            file.write("(4 more)\n")
        told = Recorder()
        assert evaluate(model.bundle, tomatoes, reporter=told).without_duplicates is None
        assert "the sst on this machine has other training reviews" in told.warnings[0]
        monkeypatch.setenv("CINESENT_SST", str(folder / "nowhere"))
        told = Recorder()
        assert evaluate(model.bundle, tomatoes, reporter=told).without_duplicates is None
        assert "CINESENT_SST is" in told.warnings[0]

    def test_a_source_beside_the_dataset_is_known_as_well(self, folder, tmp_path, monkeypatch):
        from cinesent.evaluation.evaluate import evaluate

        monkeypatch.setenv("CINESENT_SST", str(folder))
        parts = bundle_parts()
        source = {"name": "sst", "sha256": load_sst(folder).train.fingerprint()}
        parts["manifest"] = {**parts["manifest"], "sources": [source]}
        bundle = save_bundle(tmp_path / "student", **parts)
        texts = ["A wonderful film .", "a MOVING story", "an odd , long evening", "a dull night"]
        told = Recorder()
        found = evaluate(
            bundle,
            Dataset("rotten-tomatoes", Reviews(texts, np.int8([1, 1, 0, 0]))),
            reporter=told,
        )
        assert found.without_duplicates.num_reviews == 2
        (warning,) = told.warnings
        assert warning.startswith("2 of the 4 reviews of rotten-tomatoes, train, are in sst, which")

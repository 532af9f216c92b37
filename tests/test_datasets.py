"""A data file is right, or there is one clear error that names it and says what to do."""

import os
import shutil

import pytest

from ktlib import datasets
from ktlib.datasets import DataError
from ktlib.responses import sequences_by

NAME = "assist2009_test.csv"


@pytest.fixture
def real():
    """The path of a real file, or a skip with the reason (a failure where everything is required)."""
    try:
        return datasets.path_to(NAME)
    except DataError as error:
        if os.environ.get("KTLIB_REQUIRE_ALL"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KTLIB_DATA", str(tmp_path))
    return tmp_path


def test_assist2009_has_the_published_counts(real):
    log = datasets.assist2009("all")
    assert (len(log), log.student.nunique(), log.item.nunique()) == (278_336, 3_114, 17_708)
    assert log.correct.mean() == pytest.approx(0.659, abs=5e-4)
    train, test = datasets.assist2009("train"), datasets.assist2009("test")
    assert not set(train.student) & set(test.student)
    skills = datasets.assist2009_skills()
    assert skills.skill.nunique() == 123 and skills.groupby("item").size().max() == 4
    per_skill = sequences_by(test.merge(skills, on="item"), "skill")
    assert sum(len(s.answers) for s in per_skill.values()) == len(test.merge(skills, on="item"))


def test_a_truncated_file_is_named_with_its_size(real, folder):
    (folder / NAME).write_bytes(real.read_bytes()[:1000])
    with pytest.raises(DataError, match=rf"{NAME} is cut short: 1,000 of 985,246 bytes\. Delete it"):
        datasets.assist2009("test")


def test_a_changed_file_is_named_with_both_hashes(real, folder):
    content = bytearray(real.read_bytes())
    content[500] ^= 1
    (folder / NAME).write_bytes(content)
    with pytest.raises(
        DataError, match=rf"{NAME} is not the expected file: its sha256 is .*, not b26a411d528e.*Delete"
    ):
        datasets.assist2009("test")


def test_a_column_gone_is_named(folder, monkeypatch):
    content = b"user_id\titem_id\tanswer\n1\t2\t1\n"
    (folder / NAME).write_bytes(content)
    import hashlib

    file = datasets.FILES[NAME]._replace(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    monkeypatch.setitem(datasets.FILES, NAME, file)
    with pytest.raises(DataError, match=rf"{NAME} has no column 'correct' \(it has user_id, item_id, answer\): delete"):
        datasets.assist2009("test")


def test_a_missing_file_and_no_network_says_what_to_do(folder, monkeypatch, tmp_path_factory):
    import pooch

    def offline(*args, **kwargs):
        raise ConnectionError("no network")

    monkeypatch.setattr(pooch, "retrieve", offline)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path_factory.mktemp("cache"))
    monkeypatch.setattr(datasets, "_folders", lambda: [folder])
    with pytest.raises(DataError, match=rf"{NAME} is not on this machine .*name that folder in KTLIB_DATA"):
        datasets.assist2009("test")


def test_a_damaged_download_is_not_kept_as_good(folder, monkeypatch, tmp_path):
    """pooch verifies what it fetched; whatever it raises becomes one DataError."""
    import pooch

    cache = tmp_path / "cache"
    cache.mkdir()
    source = tmp_path / "source.csv"
    source.write_text("not the data")
    monkeypatch.setattr(pooch, "os_cache", lambda name: cache)
    monkeypatch.setattr(datasets, "_folders", lambda: [])
    monkeypatch.setitem(datasets.FILES, NAME, datasets.FILES[NAME]._replace(url=source.as_uri()))
    with pytest.raises(DataError, match="could not be downloaded"):
        datasets.assist2009("test")
    assert not (cache / NAME).exists()


def test_unknown_part_and_bad_folder(monkeypatch):
    with pytest.raises(ValueError, match="part = 'training': give one of 'train', 'test', 'all'"):
        datasets.assist2009("training")
    monkeypatch.setenv("KTLIB_DATA", os.path.join("no", "such", "folder"))
    with pytest.raises(DataError, match=r"KTLIB_DATA names .* not a folder: correct it or unset it"):
        datasets.path_to(NAME)


def test_a_file_from_the_cache_is_verified_too(real, monkeypatch, tmp_path):
    import pooch

    shutil.copy(real, tmp_path / NAME)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path)
    monkeypatch.setattr(datasets, "_folders", lambda: [])
    assert datasets.path_to(NAME) == tmp_path / NAME
    (tmp_path / NAME).write_bytes(b"x")
    with pytest.raises(DataError, match="cut short"):
        datasets.path_to(NAME)

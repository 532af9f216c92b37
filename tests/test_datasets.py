"""A data file is right, or there is one clear error that names it and says what to do."""

import hashlib
import os

import pooch
import pytest

from ktlib import datasets
from ktlib.datasets import DataError
from ktlib.sequences import sequences_by

NAME = "assist2009_test.csv"


@pytest.fixture
def real(request):
    """The path of a real file, or a skip with the reason (a failure where everything is required)."""
    try:
        return datasets.path_to(getattr(request, "param", NAME))
    except DataError as error:
        if os.environ.get("KTLIB_REQUIRE_ALL"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def known_as(monkeypatch):
    """Makes NAME stand for other content than the real one."""

    def expect(content: bytes) -> bytes:
        file = datasets.FILES[NAME]._replace(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        monkeypatch.setitem(datasets.FILES, NAME, file)
        return content

    return expect


@pytest.fixture
def stand_in(known_as) -> bytes:
    return known_as(b"user_id\titem_id\tcorrect\n1\t2\t1\n")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that KTLIB_DATA names, empty."""
    monkeypatch.setenv("KTLIB_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def cache(tmp_path_factory, monkeypatch):
    """The download cache, empty, with nothing else to look in."""
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(pooch, "os_cache", lambda name: place)
    monkeypatch.setattr(datasets, "_folders", lambda: [])
    return place


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


@pytest.mark.parametrize("real", ["lsat.rda"], indirect=True)
def test_lsat_has_the_published_counts(real):
    responses = datasets.lsat()
    assert (len(responses), len(responses.students), responses.density) == (5_000, 1_000, 1)
    assert responses.items == ("Item 1", "Item 2", "Item 3", "Item 4", "Item 5")
    assert responses.counts().right.tolist() == [924, 709, 553, 763, 870]
    scores = responses.counts("student").right.value_counts()  # Bock & Lieberman 1970: 3 none right, 298 all right
    assert scores.sort_index().tolist() == [3, 20, 85, 237, 357, 298]


def test_a_stand_in_passes(folder, stand_in):
    (folder / NAME).write_bytes(stand_in)
    assert datasets.path_to(NAME) == folder / NAME
    assert datasets.assist2009("test").to_dict("list") == {"student": [1], "item": [2], "correct": [1]}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda good: good[:10], rf"{NAME} is cut short: 10 of 30 bytes\. Delete it"),
        (lambda good: good + b"3\t4\t0\n", rf"{NAME} is not the expected file: its sha256 is .*, not .*Delete"),
        (lambda good: good[:-2] + b"0\n", rf"{NAME} is not the expected file: its sha256 is .*, not .*Delete"),
    ],
    ids=["cut short", "too long", "changed"],
)
@pytest.mark.parametrize("where", ["folder", "cache"])
def test_a_damaged_file_is_named_wherever_it_lies(where, damage, message, stand_in, request):
    place = request.getfixturevalue(where)
    (place / NAME).write_bytes(damage(stand_in))
    with pytest.raises(DataError, match=message):
        datasets.assist2009("test")


def test_a_column_gone_is_named(folder, known_as):
    content = b"user_id\titem_id\tanswer\n1\t2\t1\n"
    known_as(content)
    (folder / NAME).write_bytes(content)
    with pytest.raises(DataError, match=rf"{NAME} has no column 'correct' \(it has user_id, item_id, answer\): delete"):
        datasets.assist2009("test")


def test_a_missing_file_and_no_network_says_what_to_do(cache, monkeypatch):
    def offline(*args, **kwargs):
        raise ConnectionError("no network")

    monkeypatch.setattr(pooch, "retrieve", offline)
    with pytest.raises(DataError, match=rf"{NAME} is not on this machine .*name that folder in KTLIB_DATA"):
        datasets.assist2009("test")


def test_a_damaged_download_is_not_kept_as_good(cache, monkeypatch, tmp_path):
    """pooch verifies what it fetched; whatever it raises becomes one DataError."""
    source = tmp_path / "source.csv"
    source.write_text("not the data")
    monkeypatch.setitem(datasets.FILES, NAME, datasets.FILES[NAME]._replace(url=source.as_uri()))
    with pytest.raises(DataError, match="could not be downloaded"):
        datasets.assist2009("test")
    assert not (cache / NAME).exists()


def test_an_unknown_part_an_unknown_name_and_a_bad_folder(monkeypatch):
    with pytest.raises(ValueError, match="part = 'training': give one of 'train', 'test', 'all'"):
        datasets.assist2009("training")
    with pytest.raises(ValueError, match=r"name = 'x\.csv': give one of 'assist2009_train\.csv', "):
        datasets.path_to("x.csv")
    monkeypatch.setenv("KTLIB_DATA", os.path.join("no", "such", "folder"))
    with pytest.raises(DataError, match=r"KTLIB_DATA names .* not a folder: correct it or unset it"):
        datasets.path_to(NAME)


def test_a_good_file_in_the_cache_is_taken(cache, stand_in):
    (cache / NAME).write_bytes(stand_in)
    assert datasets.path_to(NAME) == cache / NAME

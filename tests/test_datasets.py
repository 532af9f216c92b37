"""A data file is right, or there is one clear error that names it and says what to do."""

import hashlib
import os

import numpy as np
import pooch
import pytest
import rdata

from ktlib.data import datasets
from ktlib.data.datasets import DataError, _File
from ktlib.data.sequences import sequences_by

NAME = "assist2009_test.csv"


@pytest.fixture
def real(request, needs):
    """The path of a real file."""
    return needs(getattr(request, "param", NAME))


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


@pytest.mark.parametrize("real", ["eedi_valid.csv"], indirect=True)
def test_eedi_has_the_published_counts(real):
    exam = datasets.eedi()
    r = exam.responses
    assert (len(r), len(r.students), len(r.items)) == (201_570, 1_476, 942)
    assert r.correct.mean() == pytest.approx(0.552, abs=5e-4)
    per_label = dict(zip(exam.labels, np.bincount(exam.label[r.item]), strict=True))
    assert len(per_label) == 25 and (max(per_label.values()), min(per_label.values())) == (42_954, 22)
    assert (per_label["Negative Numbers"], per_label["Volume and Surface Area"]) == (42_954, 22)
    assert set(exam.needs.sum(1)) == {1, 2} and "BIDMAS" in exam.skills
    assert r.students == tuple(sorted(r.students)) and r.items == tuple(sorted(r.items))
    question = r.items.index(684)  # tagged 3, 71, 98, 209
    named = {name for name, has in zip(exam.attribute_names, exam.attributes[question], strict=True) if has}
    assert named == {"Units of Measurement", "Time"}


@pytest.mark.parametrize("real", ["timss2007_g8_rus.rda"], indirect=True)
def test_timss2007_is_what_its_raw_codes_and_keys_say(real):
    """Scored a second time: a letter chosen against the key; in written ones the code's first digit is the points."""
    exam = datasets.timss2007()
    r = exam.responses
    assert (len(r), len(r.students), len(r.items)) == (279_135, 4_472, 437)
    assert r.correct.mean() == pytest.approx(0.528, abs=5e-4)
    assert len(exam.labels) == 32 and set(exam.needs.sum(1)) == {3}
    source = rdata.read_rda(real)["data.timss07.G8.RUS"]
    raw = source["raw"].astype(float).set_index("idstud")
    about = source["iteminfo"].astype(str).set_index("item")
    table = r.to_wide()
    assert raw.drop(columns=table.columns).isna().all(axis=None)
    for item in table.columns:
        code, kind = raw[item].dropna(), about.loc[item]
        points = "ABCDE".index(kind.key) + 1 if kind["item.type"] == "MC" else int(kind["max.points"])
        right = code == points if kind["item.type"] == "MC" else code // 10 == points
        assert (table[item].dropna() == right).all(), item
        named = {name for name, has in zip(exam.skills, exam.needs[r.items.index(item)], strict=True) if has}
        assert {kind.content, kind.cognitive} < named


EEDI = {
    "eedi_valid.csv": b"UserId,QuestionId,IsCorrect\n7,2,1\n",
    "eedi_test_public.csv": b"UserId,IsCorrect,QuestionId,IsTarget\n5,0,1,1\n",
    "eedi_test_private.csv": b"QuestionId,UserId,IsCorrect\n3,5,1\n",
    "eedi_subjects.csv": "\ufeffSubjectId,Name,Level\n3,Maths,0\n4,Sums,2\n5,Shapes,2\n6,Add,3\n9,Area,3\n".encode(),
    "eedi_questions.csv": b'QuestionId,SubjectId\n3,"[3, 9, 5, 4]"\n2,"[3, 4, 6]"\n1,"[3, 4, 6, 9]"\n8,"[3]"\n',
}


@pytest.fixture
def little_eedi(folder, monkeypatch):
    """Writes stand-ins for Eedi's files, some of them changed, into the folder."""

    def write(changed=None):
        for name, content in (EEDI | (changed or {})).items():
            file = _File(hashlib.sha256(content).hexdigest(), len(content), "")
            monkeypatch.setitem(datasets.FILES, name, file)
            (folder / name).write_bytes(content)

    return write


def test_eedi_takes_the_first_of_two_labels_and_all_skills(little_eedi):
    little_eedi()
    exam = datasets.eedi()
    assert exam.responses.to_wide().fillna(-1).to_numpy().tolist() == [[0, -1, 1], [-1, 1, -1]]
    assert (exam.responses.students, exam.responses.items) == ((5, 7), (1, 2, 3))
    assert (exam.labels, exam.skills) == (("Shapes", "Sums"), ("Add", "Area"))
    assert exam.attributes.tolist() == [[0, 1, 1, 1], [0, 1, 1, 0], [1, 0, 0, 1]]


def test_eedi_refuses_a_pair_that_stands_twice_and_names_a_column_gone(little_eedi):
    little_eedi({"eedi_test_private.csv": b"QuestionId,UserId,IsCorrect\n3,5,1\n2,7,0\n"})
    with pytest.raises(ValueError, match="student 7 answered item 2 twice"):
        datasets.eedi()
    little_eedi({"eedi_subjects.csv": b"SubjectId,Name\n3,Maths\n"})
    with pytest.raises(DataError, match=r"eedi_subjects\.csv has no column 'Level' \(it has SubjectId, Name\): delete"):
        datasets.eedi()


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

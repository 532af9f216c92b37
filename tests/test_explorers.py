"""What holds for every explorer: how it stands on a page, in a notebook, and how heavy it is."""

import re
from dataclasses import replace

import pytest
from explorer_page import FOLDER, Parsed, node

from ktlib.show import explorers
from ktlib.show.explorers import _base

MODULES = sorted(FOLDER.glob("*.mjs"))
SHARED = ("base", "bkt", "em", "session", "student")
NAMES = [name for name in explorers.__all__ if name.endswith("Explorer")]
TAGS = [f"kt-{path.stem}" for path in MODULES if path.stem not in SHARED]


@pytest.mark.parametrize("name", NAMES)
def test_an_explorer_is_its_element_its_words_and_one_script(name):
    explorer = getattr(explorers, name)()
    bundle = explorer._repr_mimebundle_()
    page = Parsed(bundle["text/html"])
    assert page.tags == [explorer.tag, "p", "script"]
    assert page.text["p"].strip() == bundle["text/plain"] == explorer.finding()
    assert f'define("{explorer.tag}"' in page.text["script"]
    assert bundle == replace(explorer)._repr_mimebundle_()


def test_each_module_has_its_class():
    assert sorted(getattr(explorers, name).tag for name in NAMES) == TAGS


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_is_small(path):
    assert len(path.read_bytes()) < (6 if path.stem not in SHARED else 14) * 1024


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_can_stand_inside_a_page_and_asks_for_nothing(path):
    text = path.read_text(encoding="utf-8").lower().replace("http://www.w3.org/", "")
    for word in ("</script", "<!--", "import(", "fetch(", "http://", "https://", "url("):
        assert word not in text


@pytest.mark.parametrize("tags", [*[(tag,) for tag in TAGS], TAGS])
def test_joined_modules_are_one_script_that_runs(tags):
    text = Parsed(_base.script(*tags)).text["script"]
    assert not re.search(r"^(import|export) ", text, re.MULTILINE)
    assert text.count("class Panel") == 1
    node("--check", "--input-type=module", given=text)
    node("--input-type=module", given=text)

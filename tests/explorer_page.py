"""What the tests of explorers share: a module run in node, and the HTML of an explorer taken apart."""

import json
import os
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ktlib.show import explorers

FOLDER = Path(explorers.__file__).parent
RUN = """
import * as page from "%s";
let text = "";
for await (const chunk of process.stdin) text += chunk;
const call = ([name, ...values]) => {
  try { return page[name](...values); } catch (error) { return { error: error.message }; }
};
console.log(JSON.stringify(JSON.parse(text).map(call)));
"""


def node(*arguments: str, given: str = "") -> str:
    """What node says; the test is skipped, or fails where everything is required, if there is none."""
    if not shutil.which("node"):
        if os.environ.get("KTLIB_REQUIRE_ALL"):
            pytest.fail("node is not installed, and KTLIB_REQUIRE_ALL asks for every test")
        pytest.skip("node is not installed: the page's module cannot be run")
    done = subprocess.run(["node", *arguments], input=given, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def in_node(module: str, *calls):
    """Each call is (function of the module, arguments); gives what they return, or {"error": message}."""
    run = RUN % FOLDER.joinpath(f"{module}.mjs").as_uri()
    return json.loads(node("--input-type=module", "-e", run, given=json.dumps(calls)))


class Parsed(HTMLParser):
    """Tags in order, the config attribute, the text inside the element and the script."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.config, self.text = [], None, {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note the tag, and the config where it has one."""
        self.tags.append(tag)
        self.config = dict(attrs).get("config", self.config)

    def handle_data(self, data):
        """Text belongs to the tag that was opened last."""
        self.text[self.tags[-1]] = self.text.get(self.tags[-1], "") + data


def config(explorer) -> dict:
    """What the page is told."""
    return json.loads(Parsed(explorer._repr_mimebundle_()["text/html"]).config)

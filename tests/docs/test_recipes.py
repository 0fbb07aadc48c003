"""Every recipe of the Makefile is listed by ``make help``."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INNER = {"pages"}


def test_every_recipe_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", text, flags=re.MULTILINE)
    told = set(re.findall(r"^([a-z-]+):.* ## .", text, flags=re.MULTILINE))

    assert phony is not None
    assert told == set(phony[1].replace("\\", " ").split()) - INNER

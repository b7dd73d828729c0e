"""What docs/security.md promises is shown by tests that are there."""

import re

from conf.schema.workspace import ROOT

PAGE = ROOT / "docs/security.md"


def test_every_test_that_the_page_names_is_there():
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8")))
    there = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    assert named, "docs/security.md names no test any more; name one beside each promise"
    assert named <= there, (
        f"docs/security.md names tests that aren't there; rename them there too: {sorted(named - there)}"
    )

"""Types: nothing that pyright says is silenced without a reason, and it says nothing (`make lint`)."""

import re
import tomllib

from conf.schema.workspace import ROOT
from tests.policy.sources import files, findings

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["basedpyright"]
FILES = files(*SETTINGS["include"])
STRICT = {"conf", "features/engine", "lake", "models"}  # rooms that say the types of all that is theirs
MOST = 5  # places where a library's types are wrong

SILENT = re.compile(r"#\s*type:\s*ignore|#\s*pyright:(?!\s*ignore\[)|\bno_type_check\b")
IGNORED = re.compile(r"#\s*pyright:\s*ignore(.*)")
REASONED = re.compile(r"(\[report\w+(, report\w+)*\]) - \w.{10,}")


def test_no_file_is_left_out_of_the_check():
    silent = findings(FILES, SILENT.findall)
    assert not silent, f"{silent}: mend the type; where a library's are wrong: # pyright: ignore[reportRule] - why"


def test_each_silenced_line_names_the_rule_and_says_why():
    lines = [(path, comment) for path in FILES for comment in IGNORED.findall(path.read_text(encoding="utf-8"))]
    bare = [f"{path.relative_to(ROOT)}: {comment}" for path, comment in lines if not REASONED.fullmatch(comment)]
    assert not bare, "write # pyright: ignore[reportRule] - why the library's types are wrong"
    assert len(lines) <= MOST, f"{len(lines)} lines are silenced; mend one, or raise MOST and say why in the commit"


def test_every_room_is_checked():
    rooms = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists() and path.name != "tests"}
    assert rooms <= {*SETTINGS["include"]}, "add the room to include of [tool.basedpyright] in pyproject.toml"


def test_the_strict_rooms_stay_strict():
    assert set(SETTINGS["strict"]) >= STRICT, "mend the types; don't take a room out of strict of [tool.basedpyright]"

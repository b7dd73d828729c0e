"""Every entry of the audit trail is a person's act, owned by offices, or a job's own; and the page says whose."""

import ast
import re
from pathlib import Path

import pytest

from conf.schema import audit_actions

ROOT = Path(__file__).resolve().parents[2]
FILES = [path for room in ("jobs", "lake", "pipeline") for path in sorted((ROOT / room).rglob("*.py"))]
KNOWN = audit_actions.OWNERS.keys() | audit_actions.OF_JOBS
CONSTANTS = {
    target.id: node.value.value
    for path in [*FILES, ROOT / "conf/schema/audit_actions.py"]
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    for target in node.targets
    if isinstance(target, ast.Name)
}


def _action_pattern(node: ast.expr) -> str | None:
    """What an expression says of an action, as a pattern; None where only a caller knows."""
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value))
    if isinstance(node, ast.JoinedStr):
        return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in node.values)
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return re.escape(CONSTANTS[name]) if name in CONSTANTS else None


def _recorded(path: Path) -> list[str]:
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    ours = [
        call
        for call in calls
        if (isinstance(call.func, ast.Attribute) and call.func.attr == "record" and "trail" in ast.unparse(call.func))
        or (isinstance(call.func, ast.Name) and call.func.id == "note")
    ]
    actions = [*[call.args[1] for call in ours if len(call.args) > 1]]
    actions += [word.value for call in calls for word in call.keywords if word.arg == "action" and call in ours]
    return [pattern for node in actions if (pattern := _action_pattern(node))]


@pytest.mark.parametrize("path", [path for path in FILES if _recorded(path)], ids=lambda path: path.name)
def test_whatever_is_noted_in_the_trail_is_listed(path):
    for pattern in _recorded(path):
        assert any(re.fullmatch(pattern, action) for action in KNOWN), f"list {pattern} in conf/schema/audit_actions.py"


@pytest.mark.parametrize(("page", "everybody"), [("docs/people.md", "everybody"), ("docs/people.zh.md", "所有人")])
def test_every_act_is_on_the_page_with_who_may_do_it(page, everybody):
    rows = re.findall(r"^\| (`.*`.*) \| (.*) \|$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    listed = {action: who for actions, who in rows for action in re.findall(r"`([^`]+)`", actions)}
    unlisted = {"erase begin", "erase fail", "vault rotated", "contract migrated", "consent check"}
    assert listed.keys() == audit_actions.OWNERS.keys() - unlisted, (
        f"list in {page} each act of conf/schema/audit_actions.py, and no other, with who may do it"
    )
    for action, who in listed.items():
        named = {office for office in audit_actions.OWNERS[action] if re.search(rf"\b{office}\b", who)}
        assert named == audit_actions.OWNERS[action] or everybody in who, (
            f"say in {page} of {action} who may do it: the offices in conf/schema/audit_actions.py"
        )

"""Drawings of the architecture, made from the code: who imports whom, and what a record passes through.

SVG inside the page, in the page's own colours: nothing is loaded to show it.
"""

import ast
import re
from collections import Counter
from configparser import ConfigParser
from html import escape
from pathlib import Path
from textwrap import wrap

import grimp

ROOT = Path(__file__).parents[2]
WIDTH, FLOOR, BOX, HEIGHT = 900, 216, 200, 138

# What one planting record passes through: what is said of it, and the function that does it.
STEPS = [
    (
        "A file in the landing zone, known by its SHA-256",
        "落地区的文件，以 SHA-256 识别",
        "pipeline.ingest.files.new_files.pull",
    ),
    ("Read as text, whatever its format", "不论格式，一律读为文本", "pipeline.ingest.files.delimited.rows"),
    (
        "Consent gate: no consent, no row; identifiers become pseudonyms",
        "授权闸门：无授权即不入库；证件号变为假名",
        "pipeline.ingest.row_admission.admit",
    ),
    (
        "bronze_farm__planting, and a ledger entry that comes last",
        "bronze_farm__planting，最后写入台账",
        "lake.ledger.batch",
    ),
    ("Typed by the contract", "按契约转为类型", "expectations.typed.typed"),
    (
        "Judged by every check: silver_farm__planting, or quarantine with a reason code",
        "逐项校验：进入 silver_farm__planting，或带原因码进入隔离区",
        "pipeline.refine.judge",
    ),
    (
        "Read for one purpose, as of one moment, if consent still holds",
        "按一个目的、一个时点读取，且授权仍有效",
        "lake.tables.Lake.read",
    ),
    (
        "A feature is declared: crop revenue of the last seasons",
        "特征声明：近几季种植收入",
        "features.planting.crop_revenue_cny",
    ),
    (
        "All features of a table in one point-in-time aggregation",
        "一张表的全部特征一次按时点聚合",
        "features.engine.assemble.assemble",
    ),
    ("Probability of default, limit and policy", "违约概率、授信额度与信贷政策", "models.deciding.decide"),
    (
        "What speaks against the applicant, by the exact model, as a sentence",
        "模型给出的不利因素，写成一句话",
        "models.reasons.of_decisions",
    ),
    (
        "gold__decisions, with consents, data versions and inputs",
        "gold__decisions，附授权、数据版本与输入",
        "pipeline.decisions.decision_rows.append",
    ),
]


def rooms() -> str:
    """The rooms on their floors, and who imports whom, as SVG."""
    declared = ConfigParser()
    declared.read(ROOT / "setup.cfg")
    names = declared["importlinter"]["root_packages"].split()
    layers = declared["importlinter:contract:floors"]["layers"].strip().split("\n")
    floors = [re.split(r"\s*[:|]\s*", line) for line in layers]
    beside = [name for name in names if not any(name in floor for floor in floors)]
    floors[0] = [*floors[0], *beside]
    graph = grimp.build_graph(*names, cache_dir=None)
    imports, modules = Counter(), Counter(module.split(".")[0] for module in graph.modules)
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            imports[module.split(".")[0], other.split(".")[0]] += 1
    place = {
        name: ((2 * n + 1) * WIDTH / (2 * len(floor)), level * FLOOR + 30)
        for level, floor in enumerate(floors)
        for n, name in enumerate(floor)
    }
    arrows = [_arrow(place[a], place[b], f"{a} → {b}: {n}") for (a, b), n in sorted(imports.items()) if a != b]
    boxes = [_room(name, place[name], modules[name]) for name in place]
    return _svg([*arrows, *boxes], len(floors) * FLOOR - FLOOR + HEIGHT + 60, "rooms")


def flow(language: str) -> str:
    """What one planting record passes through from a file to a reason, as SVG.

    Raises:
        LookupError: a function that is named isn't there any more.
    """
    height, parts = 76, []
    for n, (english, chinese, name) in enumerate(STEPS):
        top = n * height + 4
        if n:
            parts.append(f'<path d="M40 {top - 20}V{top - 2}" stroke="currentColor" marker-end="url(#flow)"/>')
        lines = [
            f'<text x="20" y="{top + 23}" font-weight="600">{escape(chinese if language == "zh" else english)}</text>',
            f'<text x="20" y="{top + 43}" font-size="12" opacity=".8">'
            f'<tspan font-family="monospace">{name}</tspan> · {escape(_says(name))}</text>',
        ]
        parts += [f'<rect x="4" y="{top}" width="{WIDTH - 8}" height="54" rx="6" {_FRAME}/>', *lines]
    return _svg(parts, len(STEPS) * height - 10, "flow")


_FRAME = 'fill="var(--md-code-bg-color,#f5f5f5)" stroke="currentColor" stroke-opacity=".4"'


def _room(name: str, place: tuple[float, float], modules: int) -> str:
    x, y = place
    below = sorted(path.parent.name for path in (ROOT / name).glob("*/__init__.py"))
    lines = [f"{modules} modules", *wrap(" ".join(below), 34)]
    texts = "".join(f'<text x="{x}" y="{y + 40 + 15 * n}" font-size="11">{line}</text>' for n, line in enumerate(lines))
    box = f'<rect x="{x - BOX / 2}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="6" {_FRAME}/>'
    return f'<g text-anchor="middle">{box}<text x="{x}" y="{y + 22}" font-weight="600">{name}/</text>{texts}</g>'


def _arrow(start: tuple[float, float], end: tuple[float, float], title: str) -> str:
    (x, y), (to_x, to_y) = start, end
    if y == to_y:
        aside = BOX / 2 if x < to_x else -BOX / 2
        line = f"M{x + aside} {y + HEIGHT / 2}H{to_x - aside * 1.05}"
    else:
        from_y, to_y = (y + HEIGHT, to_y - 4) if y < to_y else (y, to_y + HEIGHT + 4)
        line = f"M{x} {from_y}L{x + (to_x - x) * 0.94} {to_y}"
    return (
        f'<path d="{line}" stroke="currentColor" opacity=".45" marker-end="url(#rooms)"><title>{title}</title></path>'
    )


def _svg(parts: list[str], height: float, name: str) -> str:
    head = f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    head += '<path d="M0 0L8 4L0 8z" fill="currentColor"/></marker>'
    style = 'fill="none" style="width:100%;max-width:900px" font-size="14"'
    body = "".join(parts).replace("<text ", '<text fill="currentColor" ')
    return f'<svg viewBox="0 0 {WIDTH} {height}" {style} role="img"><defs>{head}</defs>{body}</svg>'


def _says(name: str) -> str:
    """The first line of a function's docstring."""
    module, _, last = name.rpartition(".")
    within = None
    if not (path := ROOT / f"{module.replace('.', '/')}.py").exists():
        module, _, within = module.rpartition(".")
        path = ROOT / f"{module.replace('.', '/')}.py"
    body = ast.parse(path.read_text(encoding="utf-8")).body if path.exists() else []
    for wanted in filter(None, (within, last)):
        node = next((each for each in body if getattr(each, "name", None) == wanted), None)
        if node is None:
            raise LookupError(f"docs/_site/drawing.py names {name}, which isn't there; name what does it now")
        body = node.body
    return (ast.get_docstring(node) or "").split("\n")[0]

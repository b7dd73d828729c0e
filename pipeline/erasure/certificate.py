"""The certificate of an erasure, as JSON and as a page: counts, steps and findings; persons only as a hash."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from conf.schema import html_pages
from conf.schema.column import Text
from conf.schema.languages import SHOWN
from lake import state
from lake.audit import hashed
from lake.erasure import Outcome
from pipeline import reports
from pipeline.consent import restored
from pipeline.context import Context
from pipeline.erasure.erasure_request import ErasureRequest

_OUTCOMES = {Outcome.ERASED: "已删除", Outcome.RESTRICTED: "限制处理", Outcome.REDACTED: "已遮盖"}


def write(context: Context, request: ErasureRequest) -> list[Path]:
    """Write the certificate of a request whose steps are done; returns the JSON and the page."""
    tables = [{"table": i.table, "rows": i.rows, "outcome": str(i.outcome)} for i in request.items]
    proved = request.done[-1].counts
    folders = sorted({search.folder for search in request.searches if search.values or search.words})
    where, elsewhere = _where(folders), _not_searched(context, proved.get("unopened", 0))
    stated = {
        "reference": request.reference,
        "about": request.about,
        "operator": request.operator,
        "requested_at": request.requested_at,
        "as_of": request.as_of,
        "finished_at": request.done[-1].at,
        "subjects": [hashed(subject) for subject in request.subjects],
        **restored.restore_details(context.lake, request.persons),
        "tables": tables,
        "learnt": dict(request.learnt),
        "steps": [asdict(step) for step in request.done],
        "searched": {"where": where.en, "files": proved["files"], "bytes": proved["bytes"]},
        "not_searched": [place.en for place in elsewhere],
        "findings": proved["findings"],
    }
    name = f"erasure/{request.reference}-{datetime.fromisoformat(request.requested_at):%Y%m%dT%H%M%S}"
    record = json.dumps(stated, indent=2, ensure_ascii=False)
    workspace = context.workspace
    shown = page(stated, where, elsewhere, workspace.settings.languages)
    return [reports.write(workspace, f"{name}.json", record), reports.write(workspace, f"{name}.html", shown)]


def page(stated: Mapping[str, Any], where: Text, elsewhere: Sequence[Text], languages: Sequence[str] = SHOWN) -> str:
    """The content of a certificate as an HTML page in the workspace's languages.

    Args:
        stated: content of the JSON.
        where: text on the places that were searched.
        elsewhere: texts on places that weren't searched and may have copies.
    """
    template = html_pages.templates("pipeline.erasure", languages).get_template("certificate.html.j2")
    return template.render(c=stated, where=where, elsewhere=elsewhere, outcomes=_OUTCOMES)


def _where(folders: list[str]) -> Text:
    if "." in folders:
        return Text(en="the whole state folder", zh="整个状态目录")
    named = ", ".join(folders)
    return Text(en=f"of the state folder {named or 'nothing'}", zh=f"状态目录中的 {named}" if named else "无")


def _backups(context: Context) -> int:
    known = state.read(context.workspace.settings.home)
    return len(known.backups) if known else 0


def _not_searched(context: Context, unopened: int) -> list[Text]:
    """Places outside this system that may have copies, for the people responsible for them."""
    exports = sum(entry.action == "hand over" for entry in context.trail.entries())
    settings = context.workspace.settings
    backups = f"{_backups(context):,}"
    places = [
        (
            "the landing zone: files as partners have delivered them, plain or packed",
            "落地区：合作方交付的文件，含压缩文件",
        ),
        (
            f"exports: {exports} were handed over, as the audit trail tells, and are outside the state folder",
            f"导出：审计链记录已交出 {exports} 份，均在状态目录之外",
        ),
        (
            f"backups of the landing zone, and of the state folder ({backups} are known; a restore of one that is told "
            "of this asks to erase anew)",
            f"落地区与状态目录的备份（已知 {backups} 份；恢复登记在册的备份时会要求重新删除）",
        ),
        ("partners and whoever they passed data to", "合作方及其转交数据的各方"),
        (
            "tables of the rows that are restricted or redacted, for the keys that stay there",
            "受限或已遮盖的行所在的表，其中仍保留键",
        ),
        (
            "names of fewer than three characters, or than four Latin letters, since words are as short",
            "不足三个字符或不足四个拉丁字母的姓名，因其与普通词语同样短",
        ),
    ]
    if unopened:
        packed = f"inside {unopened:,} packed files of the state folder that couldn't be unpacked"
        places.insert(1, (packed, f"状态目录中 {unopened:,} 个无法解压的压缩文件的内容"))
    if uri := settings.mlflow_uri:
        places.append((f"the registry at {uri}, which is kept elsewhere", f"另行保存的模型登记库 {uri}"))
    return [Text(en=en, zh=zh) for en, zh in places]

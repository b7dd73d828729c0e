"""Pages of a model: the report of each version, which is never overwritten, and a page that lists all versions."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from conf.schema import html_pages
from conf.schema.clock import local
from conf.schema.languages import plain
from conf.schema.naming import model_page, short
from lake.audit import Entry
from pipeline import reports
from pipeline.context import Context
from pipeline.registry import tracking, trainings
from pipeline.registry.tracking import MlflowClient, ModelVersion
from pipeline.releases import approvals, prior_versions, version_page
from pipeline.trail import attribution, releases

_ACTS = {
    trainings.TRAIN: ("trained", "训练"),
    releases.APPROVE: ("approved", "批准"),
    releases.REJECT: ("rejected", "否决"),
    releases.SEND_BACK: ("sent back", "退回"),
    releases.RETIRE: ("retired", "停用"),
}
_ENDED = {
    releases.RETIRE: ("retired", "已停用"),
    releases.REJECT: ("rejected", "已否决"),
    releases.SEND_BACK: ("sent back", "已退回"),
}


@dataclass(frozen=True)
class Act:
    """An action on a version, in English and Chinese, with the person, time and reason.

    Attributes:
        red_findings: of its validation, with the answer to each; at its training there are no answers yet.
    """

    en: str
    zh: str
    by: str
    red_findings: Mapping[str, str] = field(default_factory=dict)

    def in_words(self, shown: Sequence[str]) -> str:
        """The act in the shown languages as one line, followed by a line for each red finding."""
        red = (f"🔴 {name}{f': {answer}' if answer else ''}" for name, answer in self.red_findings.items())
        return "\n".join([f"{plain(self.en, self.zh, shown)} · {self.by}", *red])


@dataclass(frozen=True)
class Row:
    """A version in the list of its model's page.

    Attributes:
        page, paper, customers: links from that page to its report, the report as a PDF and the customers' page;
            None if there is no such page.
        fingerprint: first characters of its training's fingerprint, as in its report and `compare`.
        weaker: figures whose gate is weaker than that of an earlier version.
        acts: actions on it, oldest first.
    """

    version: str
    page: str | None
    paper: str | None
    customers: str | None
    status: tuple[str, str]
    gates: str
    fingerprint: str
    weaker: list[str]
    acts: list[Act]
    is_in_force: bool


def publish(context: Context, client: MlflowClient, model: str) -> None:
    """Write missing or changed reports of a model's versions again, as fitted, and the page that lists all versions.

    The latest version is listed first.
    """
    entries, rows = context.trail.entries(), []
    folder = (reports.folder(context.workspace) / model_page(model)).parent
    for version in reversed(tracking.versions(client, model)):
        written = version_page.publish(context, client, entries, version)
        there = {name: str(path.relative_to(folder)) for name, path in written.items()}
        rows.append(row(context, entries, version, there))
    templates = html_pages.templates("pipeline.releases", context.workspace.settings.languages)
    template, title = templates.get_template("versions.html.j2"), context.workspace.model(model).title
    reports.write(context.workspace, model_page(model), template.render(title=title, rows=rows))


def row(context: Context, entries: list[Entry], version: ModelVersion, there: Mapping[str, str] | None = None) -> Row:
    """A version with its status and all actions on it, from the audit trail.

    Args:
        there: links to its pages, by name.
    """
    number = str(version.version)
    of_version = [e for e in entries if e.action in _ACTS and _is_of(e, version.name, number)]
    return Row(
        version=number,
        page=(there or {}).get(tracking.REPORT),
        paper=(there or {}).get(tracking.PAPER),
        customers=(there or {}).get(tracking.CUSTOMERS),
        status=_status(entries, of_version, version),
        gates=version.tags.get("gates", ""),
        fingerprint=short(version.tags.get("fingerprint", "")),
        weaker=prior_versions.loosened(entries, version.name, number),
        acts=[_act(context, entries, entry) for entry in of_version],
        is_in_force=_is_in_force(entries, version.name, number),
    )


def _is_of(entry: Entry, model: str, number: str) -> bool:
    details = json.loads(entry.details)
    return (details.get("model"), details.get("version")) == (model, number)


def _status(entries: list[Entry], of_version: Iterable[Entry], version: ModelVersion) -> tuple[str, str]:
    done = [entry.action for entry in of_version]
    if ended := next((action for action in done if action in _ENDED), None):
        return _ENDED[ended]
    if _is_in_force(entries, version.name, str(version.version)):
        return "champion", "在用"
    if releases.is_standing(entries, version.name, str(version.version)):
        return "its approval doesn't count", "批准无效"
    if tracking.BACKDATED in version.tags:
        return "experiment", "实验"
    if version.tags.get("passed") != "true":
        return "failed its gates", "未过门槛"
    if tracking.CHALLENGER in version.aliases:
        return "challenger", "待批"
    return ("replaced", "已被取代") if releases.APPROVE in done else ("never approved", "未获批准")


def _is_in_force(entries: list[Entry], model: str, number: str) -> bool:
    entry = releases.standing(entries, model)
    if entry is None:
        return False
    return releases.is_standing(entries, model, number) and not approvals.why_not(entries, entry)


def _act(context: Context, entries: list[Entry], entry: Entry) -> Act:
    why = json.loads(entry.details).get("why")
    by = attribution.who(entries, entry)
    at = f"{local(entry.at, context.zone):%Y-%m-%d %H:%M %z}"
    return Act(*_ACTS[entry.action], f"{by} · {at}{f' · {why}' if why else ''}", red_findings(entries, entry))


def red_findings(entries: Sequence[Entry], entry: Entry) -> dict[str, str]:
    """The red findings of a training, or of an approval with its answers to them."""
    details = json.loads(entry.details)
    if entry.action == trainings.TRAIN:
        training = trainings.find(entries, details["model"], details["version"])
        return dict.fromkeys(training.red_findings if training else (), "")
    answers = details.get("answers")
    return {str(name): str(text) for name, text in answers.items()} if isinstance(answers, dict) else {}

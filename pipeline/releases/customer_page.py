"""The customers' page of a version: the seven parts of JR/T 0287-2023, in words that need no statistics.

The parts are combination, logic, application, data, subject, change and audit of an algorithm. The page is made with
the version, from its record and the declarations of that time, and has no person's row.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from conf.schema import html_pages
from conf.schema.column import Column, Text
from conf.schema.contract import LawfulBasis
from conf.schema.model import ModelSpec
from conf.schema.sentences import SIDES
from conf.schema.workspace import Workspace
from features.engine.feature_set import FeatureColumn
from models.record import Record
from pipeline.features import kinds
from pipeline.registry import optional_sources

_MOST_DRIVERS = 8
_UNNAMED = Text(en="the lender", zh="本机构")
_GROUNDS = {
    LawfulBasis.CONSENT: Text(en="your authorisation", zh="您的授权"),
    LawfulBasis.CONTRACT: Text(en="your contract with us", zh="您与本机构的合同"),
    LawfulBasis.PUBLIC_RECORD: Text(en="public records", zh="公开信息"),
}


@dataclass(frozen=True)
class Used:
    """Data of one table, or of several tables that are used together.

    Attributes:
        title, source: titles of the tables and of their sources.
        grounds: why they may be used, without repetition.
        is_optional: whether an applicant may leave them out.
        features: those that are computed from them.
    """

    title: Text
    source: Text
    grounds: list[Text]
    is_optional: bool
    features: list[FeatureColumn]


def page(
    workspace: Workspace, spec: ModelSpec, record: Record, catalogue: Mapping[str, FeatureColumn], made: str
) -> str:
    """Render the page.

    Args:
        record: of the version.
        catalogue: entry of each feature.
        made: time at which its training began, ISO 8601.
    """
    columns = [catalogue[name] for name in record.features]
    named = workspace.settings.recipient
    drivers = [(catalogue[name], list(_sentences(catalogue[name]))) for name in [*record.importance][:_MOST_DRIVERS]]
    data = list(used(workspace, columns))
    return (
        html_pages.templates("pipeline.releases", workspace.settings.languages)
        .get_template("customer.html.j2")
        .render(
            institution=Text(en=named, zh=named) if named else _UNNAMED,
            spec=spec,
            record=record,
            made=made[:10],
            others=[each.title for each in workspace.models.values() if each.name != spec.name],
            drivers=drivers,
            tells_how=any(sentences for _, sentences in drivers),
            used=data,
            rests_on_consent=any(_GROUNDS[LawfulBasis.CONSENT] in each.grounds for each in data),
            protected=list(protected(workspace)),
            is_monotone=any(record.monotone.values()),
            decides=kinds.decides(workspace, spec.kind),
            red=len(record.red),
        )
    )


def used(workspace: Workspace, columns: Iterable[FeatureColumn]) -> Iterator[Used]:
    """The data that a model's features are computed from, by table, sorted by the tables' names."""
    optional = {name for names in optional_sources.scopes(workspace).values() for name in names}
    for table, group in groupby(sorted(columns, key=lambda column: column.table), key=lambda column: column.table):
        features, contracts = list(group), [workspace.contract(name) for name in table.split(" + ")]
        sources = {contract.table.partition("__")[0] for contract in contracts}
        yield Used(
            title=_joined(contract.title for contract in contracts),
            source=_joined(workspace.source(name).title for name in sorted(sources)),
            grounds=[_GROUNDS[basis] for basis in LawfulBasis if basis in {each.lawful_basis for each in contracts}],
            is_optional=all(column.name in optional for column in features),
            features=features,
        )


def protected(workspace: Workspace) -> Iterator[Column]:
    """Attributes that no model of the workspace may learn from."""
    for contract in workspace.contracts.values():
        yield from (column for column in contract.columns.values() if column.protected)


def _sentences(column: FeatureColumn) -> Iterator[Text]:
    """The sentences that an applicant may read if the feature counts against the application."""
    for side in SIDES:
        if column.sentences and (sentence := getattr(column.sentences, side)):
            yield Text(en=sentence[0], zh=sentence[1] if len(sentence) > 1 else "")


def _joined(titles: Iterable[Text]) -> Text:
    each = list(titles)
    return Text(en=" + ".join(title.en for title in each), zh=" + ".join(title.zh for title in each))

"""A version compared with the one in force, for its reviewer."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Literal

from conf.schema.clock import minute
from conf.schema.model import ModelSpec
from conf.schema.naming import model_page, short
from lake.entries import Entry
from lake.release_documents import Bounds, GateDocument, ModelDocument
from pipeline.context import Context
from pipeline.features import declarations
from pipeline.registry import tracking, trainings
from pipeline.registry.tracking import MlflowClient
from pipeline.registry.trainings import Training
from pipeline.releases import approvals, champions, policy_release, prior_versions, shown_releases, version_page
from pipeline.releases.prior_versions import Version, VersionGate, is_weaker
from pipeline.results.governance import Comparison
from pipeline.trail import attribution, differences, policy_in_use, releases

WEAKER = "🔴 **WEAKER**"  # Airflow shows no colour but an emoji's
_HASHED: tuple[tuple[Literal["spec_sha256", "contracts_sha256", "features_sha256", "policy_sha256"], str], ...] = (
    ("spec_sha256", "declaration (`conf/models`)"),
    ("contracts_sha256", "contracts"),
    ("features_sha256", "declarations of features"),
    ("policy_sha256", "policy at the time of the approval"),
)


def compare(context: Context, model_name: str, number: str) -> Comparison:
    """The training of a version and its differences from the one in force: figures, gates, features, declarations and
    policy.

    Raises:
        FieldstoneError: there is no such version, or it differs from its training.
    """
    client = tracking.connect(context.workspace.settings)
    entries = context.trail.require_whole()
    version, training = tracking.known(client, model_name, number), trainings.of(entries, model_name, number)
    features = champions.features(client, model_name, number, training.files)
    candidate = champions.document(context, version, training, features)
    sha256 = shown_releases.keep(context, candidate)
    anothers = version_page.anothers(context, entries, version)
    version_page.publish(context, client, entries, version)
    first = [f"🔴 **Its page wasn't {what}**, and is written anew.\n" for what in anothers]
    text = "\n".join(
        [*first, *_lines(context, client, entries, training, candidate, features), "", f"Release: `{sha256}`"]
    )
    return Comparison(text, sha256, approvals.trainers(entries, training), [*training.red_findings])


def _lines(
    context: Context,
    client: MlflowClient,
    entries: list[Entry],
    training: Training,
    candidate: ModelDocument,
    features: Collection[str],
) -> Iterator[str]:
    model, number = candidate["model"], candidate["version"]
    by = attribution.who(entries, training.fit)
    yield f"**{model}:{number}**, trained by {by} on data as of {minute(training.made['data_as_of'])}."
    yield f"Its fingerprint is `{short(training.made['fingerprint'])}`{_when(training.made)}, as its report says."
    yield f"Its report is {_linked(context, model_page(model, number))} among the report pages, and with the version;"
    yield f"{_linked(context, model_page(model))} lists all versions.\n"
    standing = releases.standing(entries, model)
    if standing and releases.has_release(standing) and (why := approvals.why_not(entries, standing)):
        yield f"🔴 **{approvals.named(standing)} doesn't count**: {why}.\n"
        standing = None
    if standing is None or not releases.has_release(standing):
        yield "No version is in force that it could be held against.\n"
        yield from _table(("figure", f"{model}:{number}"), sorted(candidate["figures"].items()))
        yield from _gates([], candidate)
    else:
        release = releases.of(standing)
        files = release.document["files"]
        yield f"In force is {model}:{release.version}, approved by {attribution.who(entries, standing)}.\n"
        yield from _figures(release, candidate)
        yield from _gates(release.document["gates"], candidate)
        known = champions.features(client, model, release.version, files)
        yield from _declared(entries, release.document, candidate, known, features)
        if release.version != number:
            from pipeline.releases import (
                swap_set,  # imported late: its libraries take a second, and a first version needs none
            )

            both = (release.version, files), (number, training.files)
            yield from swap_set.lines(
                context, model, *(champions.read(context.workspace, client, model, *each) for each in both)
            )
    in_force = releases.version_of(standing) if standing else None
    yield from _earlier(prior_versions.before(entries, model, number, in_force), training)
    yield from _red(training)
    yield from _gates_released(context.workspace.model(model), candidate)
    yield f"\nPolicy: {policy_release.differences(context) or 'in force as it is'}."


def _linked(context: Context, page: str) -> str:
    """The file name of a report page, as a link if the address of the pages is configured."""
    url = context.workspace.settings.reports_url
    return f"[`{page}`]({str(url).rstrip('/')}/{page})" if url else f"`{page}`"


def _when(made: dict[str, str]) -> str:
    began = made.get("started_at")
    return f", trained {minute(began)}" if began else ""


def _figures(release: releases.Release, candidate: ModelDocument) -> Iterator[str]:
    was, now = release.document["figures"], candidate["figures"]
    head = ("figure", f"in force: {release.version}", f"asked about: {candidate['version']}")
    yield from _table(head, [(name, was.get(name, "-"), now.get(name, "-")) for name in sorted({*was, *now})])


def _gates(before: Sequence[GateDocument], candidate: ModelDocument) -> Iterator[str]:
    """The gates of its training; each that is weaker than that of the version in force is clearly marked."""
    was = {gate["metric"]: gate for gate in before}
    now = {gate["metric"]: gate for gate in candidate["gates"]}
    rows = [(name, _bounds(was.get(name)), _bounds(gate), _outcome(was.get(name), gate)) for name, gate in now.items()]
    rows += [(name, _bounds(gate), "no gate", WEAKER) for name, gate in was.items() if name not in now]
    yield ""
    yield from _table(("gate", "in force", "asked about", ""), rows)


def _red(training: Training) -> Iterator[str]:
    """The red findings of its validation, which its approver must answer."""
    for name in training.red_findings:
        yield f"\n🔴 **Red finding `{name}`** of its validation, see its report; an approval has to answer it:"
        yield f'`fieldstone approve … --answer {name}="why it may be in force all the same"`.'


def _gates_released(spec: ModelSpec, candidate: ModelDocument) -> Iterator[str]:
    """The gates that would be released, if they differ from those of its training."""
    was = {gate["metric"]: gate for gate in candidate["gates"]}
    now = {gate.metric: Bounds(min=gate.min, max=gate.max) for gate in spec.gates}
    pairs = {name: (was.get(name), now.get(name)) for name in [*was, *now]}
    rows = [(name, *map(_bounds, pair), _moved(*pair)) for name, pair in pairs.items()]
    if any(trained != released for _, trained, released, _ in rows):
        yield "\nThe declaration was changed since the training; these gates would be released with it:\n"
        yield from _table(("gate", "trained by", "would be released", ""), rows)


def _moved(was: Bounds | None, now: Bounds | None) -> str:
    if was and (now is None or is_weaker(was, now)):
        return WEAKER
    return "" if was else "new"


def _outcome(was: GateDocument | None, now: GateDocument) -> str:
    outcome = f"{_short(now['value'])} {'passed' if now['passed'] else 'FAILED'}"
    return f"{outcome} {WEAKER}" if was and is_weaker(was, now) else outcome


def _earlier(versions: list[Version], training: Training) -> Iterator[str]:
    """The last versions that were never put in force, which shows a gate that was loosened for the next training."""
    if not versions:
        return
    last, gates_before = versions[0], prior_versions.strictest(versions)
    now = {gate["metric"]: gate for gate in training.facts["gates"]}
    yield f"\nThe version before it, {last.name}, {last.status}. Gates of versions before it that aren't in force:\n"
    rows = [
        (name, _strictest(was), _bounds(now.get(name)), _against(was, now.get(name)))
        for name, was in gates_before.items()
    ]
    yield from _table(("gate", "strictest before", "asked about", ""), rows)
    yield ""
    for change in _respecified(last.facts.get("spec"), training.facts.get("spec")):
        yield f"- declaration (`conf/models`) since {last.name}: {change}"


def _strictest(gate_before: VersionGate) -> str:
    outcome = "passed" if gate_before.gate["passed"] else "FAILED"
    return f"{_bounds(gate_before.gate)} ({gate_before.version.name}: {_short(gate_before.gate['value'])} {outcome})"


def _against(gate_before: VersionGate, now: GateDocument | None) -> str:
    return WEAKER if now is None or is_weaker(gate_before.gate, now) else ""


def _respecified(was: dict[str, Any] | None, now: dict[str, Any] | None) -> list[str]:
    """Changes of a declaration, with old and new value; empty if one of them wasn't stored at that time."""
    return differences.in_words(declarations.by_name(was), declarations.by_name(now)) if was and now else []


def _declared(
    entries: list[Entry],
    was: ModelDocument,
    now: ModelDocument,
    known: Iterable[str],
    features: Iterable[str],
) -> Iterator[str]:
    yield ""
    for word, names in (("new", {*features} - {*known}), ("left out", {*known} - {*features})):
        if names:
            yield f"- features {word}: {', '.join(sorted(names))}"
    for key, what in _HASHED:
        if was[key] != now[key]:
            if key == "spec_sha256":
                changed = _respecified(was.get("spec"), now.get("spec"))
            elif key == "policy_sha256":
                before, after = (policy_in_use.known(entries, each[key]) for each in (was, now))
                changed = differences.in_words(before, after) if before and after else []
            else:
                changed = _named(was[key], now[key])
            yield f"- {what} changed{_listed(changed)}"
    trained, stated = ([each[key] for each in (was, now)] for key in ("trained_spec_sha256", "spec_sha256"))
    if trained[0] != trained[1] and trained != stated:  # else it is shown already
        before, after = (trainings.of(entries, now["model"], each["version"]).facts.get("spec") for each in (was, now))
        yield f"- trained by another declaration (`conf/models`){_listed(_respecified(before, after))}"


def _named(was: dict[str, str], now: dict[str, str]) -> list[str]:
    return sorted(name for name in {*was, *now} if was.get(name) != now.get(name))


def _listed(changed: list[str]) -> str:
    return f": {', '.join(changed)}" if changed else ""


def _bounds(gate: Bounds | None) -> str:
    if gate is None:
        return "no gate"
    bounds = {"min": gate["min"], "max": gate["max"]}
    return ", ".join(f"{name} {bound:g}" for name, bound in bounds.items() if bound is not None)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for name, *values in rows:
        yield f"| {' | '.join([name, *map(_short, values)])} |"


def _short(text: str) -> str:
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return text

"""`fieldstone compare MODEL VERSION`: what a reviewer is asked about a version, against the one that is in force."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from conf.naming import model_page
from jobs import champions, policy_release, releases, tracking, trainings
from jobs.context import Context

_WEAKER = "🔴 **WEAKER**"
_HASHED = (
    ("spec_sha256", "declaration (`conf/models`)"),
    ("contracts_sha256", "contracts"),
    ("features_sha256", "declarations of features"),
    ("policy_sha256", "policy at the time of the approval"),
)


def run(context: Context, model_name: str, number: str, as_json: bool) -> None:
    """Print, as Markdown, how a version came about and how it differs from the one in force: figures, gates, features,
    declarations and policy.

    Args:
        as_json: as one line of JSON, `{"text": ...}`, for the question in Airflow.

    Raises:
        FieldstoneError: there is no such version, or it isn't what was trained.
    """
    text = "\n".join(_lines(context, model_name, number))
    print(json.dumps({"text": text}) if as_json else text)


def _lines(context: Context, model: str, number: str) -> Iterator[str]:
    client = tracking.connect(context.workspace.settings)
    entries = context.trail.require_whole()
    version, training = tracking.known(client, model, number), trainings.of(entries, model, number)
    features = champions.read(client, model, number, training.files).features
    asked = champions.document(context, version, training, features)
    yield f"**{model}:{number}**, trained by {training.trainer} on data as of {training.made['data_as_of']}."
    yield f"Its report is `{model_page(model, number)}` among the report pages, and with the version;"
    yield f"`{model_page(model)}` lists all versions.\n"
    standing = releases.standing(entries, model)
    if standing is None or not releases.has_release(standing):
        yield "No version is in force that it could be held against.\n"
        yield from _table(("figure", f"{model}:{number}"), sorted(asked["figures"].items()))
        yield from _gates({}, asked)
    else:
        release = releases.of(standing)
        known = champions.read(client, model, release.version, release.document["files"]).features
        yield f"In force is {model}:{release.version}, approved by {release.approver}.\n"
        yield from _figures(release, asked)
        yield from _gates(release.document, asked)
        yield from _declared(release.document, asked, known, features)
    yield f"\nPolicy: {policy_release.differences(context) or 'in force as it is'}."


def _figures(release: releases.Release, asked: dict[str, Any]) -> Iterator[str]:
    was, now = release.document["figures"], asked["figures"]
    head = ("figure", f"in force: {release.version}", f"asked about: {asked['version']}")
    yield from _table(head, [(name, was.get(name, "-"), now.get(name, "-")) for name in sorted({*was, *now})])


def _gates(before: dict[str, Any], asked: dict[str, Any]) -> Iterator[str]:
    """The gates that it was held to, each that is weaker than that of the version in force clearly marked."""
    was = {gate["metric"]: gate for gate in before.get("gates", ())}
    now = {gate["metric"]: gate for gate in asked["gates"]}
    rows = [(name, _bounds(was.get(name)), _bounds(now.get(name)), _said(was.get(name), now.get(name))) for name in now]
    rows += [(name, _bounds(gate), "no gate", _WEAKER) for name, gate in was.items() if name not in now]
    yield ""
    yield from _table(("gate", "in force", "asked about", ""), rows)


def _said(was: dict[str, Any] | None, now: dict[str, Any]) -> str:
    outcome = f"{_short(now['value'])} {'passed' if now['passed'] else 'FAILED'}"
    return f"{outcome} {_WEAKER}" if was and is_weaker(was, now) else outcome


def is_weaker(was: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether a gate lets through what another one of the same figure doesn't."""
    lowered = was["min"] is not None and (now["min"] is None or now["min"] < was["min"])
    raised = was["max"] is not None and (now["max"] is None or now["max"] > was["max"])
    return lowered or raised


def _declared(was: dict[str, Any], now: dict[str, Any], known: Iterable[str], features: Iterable[str]) -> Iterator[str]:
    yield ""
    for word, names in (("new", {*features} - {*known}), ("left out", {*known} - {*features})):
        if names:
            yield f"- features {word}: {', '.join(sorted(names))}"
    for key, what in _HASHED:
        if was[key] != now[key]:
            yield f"- {what} changed{_named(was[key], now[key])}"
    if was["trained_spec_sha256"] != now["trained_spec_sha256"]:
        yield "- trained by another declaration (`conf/models`)"


def _named(was: Any, now: Any) -> str:
    if not isinstance(was, dict):
        return ""
    return f": {', '.join(sorted(name for name in {*was, *now} if was.get(name) != now.get(name)))}"


def _bounds(gate: dict[str, Any] | None) -> str:
    if gate is None:
        return "no gate"
    return ", ".join(f"{name} {gate[name]:g}" for name in ("min", "max") if gate[name] is not None)


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

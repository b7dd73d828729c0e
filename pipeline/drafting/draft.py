"""`fieldstone init`: a workspace drafted from a file, in which guesses are marked as guesses."""

import json
import re
import shutil
from pathlib import Path

from conf.schema.errors import UsageError
from conf.schema.subject import OPAQUE
from pipeline.drafting import draft_summary, file_reader, guesses, plan, texts
from pipeline.drafting.file_reader import FileTable
from pipeline.drafting.guesses import Guess
from pipeline.drafting.outcomes import RowOutcome
from pipeline.drafting.plan import DraftOptions, DraftPlan
from pipeline.results.everybody import WorkspaceDrafted

GUESSED = "  # guessed"
_IGNORED = ".gitignore"


def write(folder: Path, file: Path, options: DraftOptions) -> WorkspaceDrafted:
    """Draft a workspace from a CSV file, with a copy of the file in its `data/`, which git ignores.

    Raises:
        UsageError: the folder has a workspace already, or no draft can be made from the file.
    """
    if (folder / "conf").exists() or (folder / "features").exists():
        raise UsageError(f"{folder} already contains declarations, which aren't overwritten; give an empty folder")
    table = file_reader.read(file)
    columns = guesses.columns(table.headers, table.rows, table.delimiter)
    made = plan.planned(columns, table.rows, options)
    source = re.sub(r"[^a-z0-9]", "", folder.resolve().name.lower()).lstrip("0123456789") or "data"
    files = {
        "conf/settings.yaml": _settings(source, made.language),
        f"conf/sources/{source}.yaml": _source(source, file.name, table, made),
        f"conf/contracts/{source}/rows.yaml": _contract(source, made),
        "conf/features.yaml": _features(source, made),
        "features/spine.py": _spine(source, made),
    }
    files |= {"conf/models/admission.yaml": _model(made)} if made.outcome else {}
    files |= {} if (folder / _IGNORED).exists() else {_IGNORED: texts.IGNORED}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "data").mkdir(exist_ok=True)
    shutil.copyfile(file, folder / "data" / file.name)
    steps = (f"ingest {source}", f"refine {source}", "build-features", *(["train admission"] if made.outcome else []))
    return WorkspaceDrafted(
        folder, source, draft_summary.lines(made, table), tuple(f"fieldstone {step} --workspace ." for step in steps)
    )


def _settings(source: str, language: str) -> str:
    zone, currency = ("Asia/Shanghai", "CNY") if language == "zh" else ("UTC", "USD")
    return (
        "# Where the state lies, below this workspace's folder; deleting it begins anew.\n"
        f"home: .fieldstone/{source}\ntime_zone: {zone}{GUESSED}: where days begin and end\n"
        f"languages: [{language}]{GUESSED}\n"
        f"currency: {currency}{GUESSED}: what amounts are in, by ISO 4217\n"
        "# recipient: NAME OF THE BANK  # as customers read it and consents spell it\n"
    )


def _source(source: str, file: str, table: FileTable, made: DraftPlan) -> str:
    lines = [f"title: {{{made.language}: {_quoted(source)}}}", "connection: {kind: files, root: data}"]
    if table.null_tokens:
        lines.append(f"null_tokens: {json.dumps(table.null_tokens)}{GUESSED}: these stand for no value")
    lines += ["assets:", "  rows:", f"    path: {_quoted(file)}"]
    lines += [f"    encoding: {table.encoding}{GUESSED}"] * (table.encoding != "utf-8")
    lines += [f"    delimiter: {_quoted(table.delimiter)}{GUESSED}"] * (table.delimiter != ",")
    renamed = [guess for guess in made.kept if guess.name != guess.header]
    lines += (
        ["    rename:", *(f"      {_quoted(guess.header)}: {guess.name}{GUESSED}" for guess in renamed)]
        if renamed
        else []
    )
    return "\n".join([*lines, ""])


def _contract(source: str, made: DraftPlan) -> str:
    hashed = ", ".join("subject_key" if guess is made.subject else guess.name for guess in made.hashed)
    key = f"[{made.key.name}]" if made.key else f"{{hash_of: {f'[{hashed}]' if hashed else 'row'}}}"
    lines = [
        "# Drafted from a file. What ends in # guessed was guessed: look at it, put it right, take the mark away.",
        *(f"# left out, for it may tell who somebody is ({each.identifies}): {each.name}" for each in made.left_out),
        f"table: {source}__rows",
        f"title: {{{made.language}: {_quoted(source)}}}",
        "grain: one row per line of the file",
        f"primary_key: {key}{_mark(made, 'key')}",
    ]
    if made.subject:
        lines.append(f"subject: {{column: {made.subject.name}, kind: {made.kind}}}{GUESSED}")
    lines.append(f"event_time: {made.moment.name}{_mark(made, 'time')}" if made.moment else f"static: true{GUESSED}")
    basis = "contract" if made.is_of_persons else "public_record"
    why = (
        "" if made.subject
        else ": the file names persons; say whose a row is (subject), and why you may have it" if made.left_out
        else ", for no column names a person; of persons' data say whose (subject) and why"
    )  # fmt: skip
    lines += [
        f"lawful_basis: {basis}{GUESSED}{why}",
        "purposes: [credit_assessment, model_training, post_loan_monitoring]" + GUESSED,
        f"retention_days: 1825{GUESSED}",
        "columns:",
        *(f"  {guess.name}: {_column(guess, made)}" for guess in made.kept),
    ]
    return "\n".join([*lines, ""])


def _column(guess: Guess, made: DraftPlan) -> str:
    parts, kind = [], "string" if guess in (made.label, made.key, made.subject) else guess.type
    parts.append(f"type: {_quoted(kind) if '(' in kind else kind}")
    # an outcome is never required: applications that are to be decided have none yet
    if guess in (made.key, made.moment, made.subject) and guess.is_whole:
        parts.append("required: true")
    if guess is made.subject:
        parts += [
            f"identifier: {'subject' if made.kind == OPAQUE else made.kind}",
            "class: C2",
            *([f"pattern: {_quoted(made.pattern)}"] if made.pattern else []),
        ]
    elif made.outcome and guess is made.label:
        values = [*made.outcome.bad, *made.outcome.good]
        parts += [f"values: {json.dumps(values, ensure_ascii=False)}", "outcome: true"]
    else:
        parts += [f"parse: {guess.parse}"] if guess.parse else []
        parts += ["unit: number"] if guess.is_number and kind != "string" else []
        parts += [f"values: {json.dumps(guess.values, ensure_ascii=False)}"] if guess.values and kind == "string" and (
            guess is not made.key) else []  # fmt: skip
        parts += ["outcome: true"] if guess.is_late and guess not in (made.key, made.moment) else []
    parts.append(f"{made.language}: {_quoted(guess.header)}")
    return f"{{{', '.join(parts)}}}{GUESSED}"


def _model(made: DraftPlan) -> str:
    return "\n".join(
        [
            "kind: admission",
            "title: {zh: 违约概率}" if made.language == "zh" else "title: {en: Probability that a row is bad}",
            "label: is_bad",
            f"split: {{oot_share: 0.25, folds: {made.folds}}}{GUESSED}",
            "params: {max_depth: 3, learning_rate: 0.05, min_child_weight: 5, subsample: 0.8, reg_lambda: 5}" + GUESSED,
            "rounds: 400",
            "gates:",
            f"  - {{metric: auc_oot, min: 0.5}}{GUESSED}: what a version has to reach before anybody may approve it",
            "  # the mean PD and that of every grade must be neither too low nor too high: two-sided, at 1 %",
            "  - {metric: jeffreys_p_oot, min: 0.01}",
            "  - {metric: grade_jeffreys_p, min: 0.01}",
            *(["# personal data: say which assessment there is (PIPL art. 55), or nothing is trained",
               "# impact_assessment: {reference: PIA-1, assessed_date: 2026-01-31}"] if made.is_of_persons else []),
            "",
        ]
    )  # fmt: skip


def _features(source: str, made: DraftPlan) -> str:
    lines = [
        "# Columns that are features as they are: numbers, truth values, and texts with few values, each a flag.",
        "# A direction of the risk that is certain may be said: {column: NAME, monotone: 1}.",
        *(["application:", f"  {source}__rows:"] if made.features else ["application: {}"]),
        *(f"    - {guess.name}{GUESSED}" for guess in made.features),
    ]
    return "\n".join([*lines, ""])


def _spine(source: str, made: DraftPlan) -> str:
    columns = "".join(f"    {json.dumps(guess.name)},\n" for guess in made.features)
    key = made.key.name if made.key else "record_key"
    if made.outcome is None:
        return texts.SPINE.format(
            table=f"{source}__rows", key=key, columns=columns, known="", about=texts.NO_OUTCOME,
            bad=_quoted("CAST(NULL AS INT)"), status=_quoted("'indeterminate'"),
        )  # fmt: skip
    label = made.outcome.column.name
    return texts.SPINE.format(
        table=f"{source}__rows", key=key, columns=columns, known=f' & F.col("{label}").isNull()',
        about=("" if "bad" in made.stated else "guessed: ") + "which values are bad",
        bad=_quoted(_case(label, made.outcome, "1", "0") + " END"),
        status=_quoted(_case(label, made.outcome, "'bad'", "'good'") + " ELSE 'indeterminate' END"),
    )  # fmt: skip


def _case(label: str, outcome: RowOutcome, bad: str, good: str) -> str:
    """SQL that maps each value of an outcome to the label."""
    whens = [*((value, bad) for value in outcome.bad), *((value, good) for value in outcome.good)]
    return f"CASE {label} " + " ".join(f"WHEN {_sql(value)} THEN {result}" for value, result in whens)


def _mark(made: DraftPlan, what: str) -> str:
    return "" if what in made.stated else GUESSED


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _sql(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

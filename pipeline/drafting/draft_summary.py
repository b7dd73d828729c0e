"""The summary of a draft: its guesses, and the points that a person should check."""

from collections.abc import Sequence

from pipeline.drafting import null_tokens, numbers, persons, texts
from pipeline.drafting.file_reader import FileTable
from pipeline.drafting.plan import DraftPlan, why_no_feature

_FEW_BAD = 20


def lines(made: DraftPlan, table: FileTable) -> tuple[str, ...]:
    """Lines on a draft, one for each point that a person should know."""
    return (
        f"{len(table.rows):,} rows, {len(table.headers)} columns, of which {len(made.features)} are features",
        _became(made),
        f"{_key(made)}; {_moment(made)}",
        *_again(made, table),
        *_few(made, table),
        *_encoding(table),
        *_two_days(made),
        *_two_numbers(made),
        *_codes(table),
        *_unused(made),
    )


def _became(made: DraftPlan) -> str:
    if made.outcome is None:
        return (
            "no column says what became of a row, so there is no model: once outcomes are known, begin anew from a "
            "file that has them, or say them in features/spine.py and a model in conf/models"
        )
    bad = made.outcome.bad
    which = f"{' and '.join(map(repr, bad))} {'is' if len(bad) == 1 else 'are'} bad"
    of = len(bad) + len(made.outcome.good)
    return f"{made.outcome.column.header} says what became of a row: {which}, of its {of} values, see features/spine.py"


def _key(made: DraftPlan) -> str:
    if made.key:
        others = ", ".join(guess.header for guess in made.candidates if guess is not made.key)
        return f"the key is {made.key.header}" + (f" (--key can also be {others})" if others else "")
    return "no column names a row, so the key is made from the row" + (
        ", but for what is known only afterwards, so that a row stays the same when its outcome comes" if made.hashed
        else "; a row that comes again with another outcome is another row")  # fmt: skip


def _moment(made: DraftPlan) -> str:
    if made.moment:
        return f"a row happened at {made.moment.header}"
    tested = ", so the model is tested on rows held out by chance" if made.outcome else ""
    return f"no column says when a row happened{tested}"


def _again(made: DraftPlan, table: FileTable) -> list[str]:
    """A line on the number of rows that are equal to others, if no column identifies a row."""
    at = {table.headers.index(guess.header) for guess in made.hashed} or {*range(len(table.headers))}
    again = len(table.rows) - len({tuple(cell for i, cell in enumerate(row) if i in at) for row in table.rows})
    if made.key or not again:
        return []
    but = ", but for what is known only afterwards," if made.hashed else ""
    return [f"{again:,} rows say just what another says{but} and count once; if they are others, add a column"]


def _few(made: DraftPlan, table: FileTable) -> list[str]:
    """A line if hardly any row is bad."""
    if made.outcome is None:
        return []
    at = table.headers.index(made.outcome.column.header)
    bads = made.outcome.of([row[at] for row in table.rows]).count(1)
    if bads >= _FEW_BAD:
        return []
    return [f"only {bads} rows are bad: a model of so few, if one comes of it, tells little; add rows, or see --bad"]


def _encoding(table: FileTable) -> list[str]:
    """A line if the file isn't in UTF-8, for its encoding is then a guess."""
    if table.encoding == "utf-8":
        return []
    others = " or ".join({"gb18030", "windows-1252"} - {table.encoding})
    return [
        f"LOOK AT the headers and values: the file isn't in UTF-8, and is taken for {table.encoding}; where letters "
        f"are wrong, write encoding: {others} (docs/how-to/source.md has more) in the source before ingest, or save it "
        "in UTF-8 and begin anew"
    ]


def _two_days(made: DraftPlan) -> list[str]:
    """A line on columns whose dates can be read in two ways."""
    days = [guess.header for guess in made.kept if guess.is_moment and guess.is_doubtful]
    if not days:
        return []
    return [
        f"LOOK AT {', '.join(days)}: each day there can be read in two ways, as 2/1/2018 can, and is taken for day, "
        "month, year (parse: d/M/yyyy); write parse: M/d/yyyy in the contract before ingest if the month comes first"
    ]


def _two_numbers(made: DraftPlan) -> list[str]:
    """A line on columns whose numbers can also be read as a thousand times as large."""
    doubtful = [guess for guess in made.kept if guess.is_number and guess.is_doubtful]
    commas = [guess.header for guess in doubtful if guess.parse == numbers.DECIMAL_COMMA]
    points = [guess.header for guess in doubtful if guess.parse != numbers.DECIMAL_COMMA]
    notes = []
    if commas:
        notes.append(_two_ways(commas, f"the comma is taken for a decimal comma (parse: {numbers.DECIMAL_COMMA})"))
    if points:
        reading = "the point is taken for a decimal point, and a comma parts groups of three (parse: money)"
        notes.append(_two_ways(points, reading))
    return notes


def _two_ways(headers: Sequence[str], reading: str) -> str:
    return (
        f"LOOK AT {', '.join(headers)}: 6,664 and 6.664 can be read in two ways, and there {reading}, by what parts "
        "values and by other columns; put the contract right before ingest if it isn't so"
    )


def _codes(table: FileTable) -> list[str]:
    """A line on columns in which `NA` may be a code of a place, or no value."""
    if not table.coded:
        return []
    is_null = null_tokens.NAMIBIA in table.null_tokens
    taken = "for no value, as in other columns" if is_null else "for a code as the others are"
    what = "fill in another code in the file" if is_null else "add NA to null_tokens of the source"
    return [f"LOOK AT {', '.join(table.coded)}: NA is taken there {taken}; {what} before ingest if it isn't so"]


def _unused(made: DraftPlan) -> list[str]:
    """Lines on columns that aren't features, and why."""
    late = [guess.header for guess in made.kept if guess.is_late and guess is not made.label]
    left = [guess.header for guess in made.left_out]
    roles = (made.key, made.moment, made.label, made.subject, *made.features)
    unused: dict[str | None, list[str]] = {}
    for guess in made.kept:
        if guess not in roles and guess.header not in late:
            why = "a value of its own in every row" if guess in made.candidates else why_no_feature(guess)
            unused.setdefault(why, []).append(guess.header)
    notes = []
    if late:
        notes.append(f"known only afterwards, by their names or for what they tell, so no features: {', '.join(late)}")
    if left:
        notes.append(f"left out, for they may tell who somebody is: {', '.join(left)}")
        notes += _of_whom(made)
    if unused:
        listed = "; ".join(f"{', '.join(headers)} ({why})" for why, headers in unused.items())
        notes.append(f"kept, and no features as they are: {listed}")
    return notes


def _of_whom(made: DraftPlan) -> list[str]:
    """A line on rows of persons whose subject nobody has stated, and what to do."""
    if made.subject:
        return []
    numbered = [each.header for each in made.left_out if each.identifies in persons.NUMBERED] or ["COLUMN"]
    return [
        f"rows are of persons, so say whose: begin anew with --subject {texts.typed(numbered[0])}, which keeps it as a "
        "pseudonym; conf/models/admission.yaml has to name an impact assessment"
    ]

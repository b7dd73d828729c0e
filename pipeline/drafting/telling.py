"""What is said of a draft: what was guessed, and what a person should look at."""

from pipeline.drafting import numbers, persons, texts
from pipeline.drafting.plan import DraftPlan
from pipeline.drafting.reading import FileTable

_FEW_BAD = 20


def lines(made: DraftPlan, table: FileTable) -> tuple[str, ...]:
    """A line for each thing that a person should know of a draft."""
    moment = f"a row happened at {made.moment.header}" if made.moment else (
        "no column says when a row happened, so the model is tested on rows held out by chance")  # fmt: skip
    late = [guess.header for guess in made.kept if guess.is_late and guess is not made.label]
    left = [guess.header for guess in made.left_out]
    others = [g.header for g in made.kept if g not in (made.key, made.moment, made.label, made.subject, *made.features)]
    unused = [header for header in others if header not in late]
    notes = [
        f"{len(table.rows):,} rows, {len(table.headers)} columns, of which {len(made.features)} are features",
        f"{made.label.header} says what became of a row: one of its two values is bad, see features/spine.py",
        f"{_key(made)}; {moment}",
    ]
    notes += _again(made, table)
    at = table.headers.index(made.label.header)
    bads = sum(row[at].strip() == made.bad for row in table.rows)
    if bads < _FEW_BAD:
        notes.append(
            f"only {bads} rows are bad: a model of so few, if one comes of it, tells little; add rows, or see --bad"
        )
    notes += _doubts(made)
    notes += (
        [f"known only afterwards, by their names or for what they tell, so no features: {', '.join(late)}"]
        if late
        else []
    )
    if left:
        notes.append(f"left out, for they may tell who somebody is: {', '.join(left)}")
        notes += _of_whom(made)
    notes += [f"kept, and no features as they are: {', '.join(unused)}"] if unused else []
    return tuple(notes)


def _key(made: DraftPlan) -> str:
    if made.key:
        others = ", ".join(guess.header for guess in made.candidates if guess is not made.key)
        return f"the key is {made.key.header}" + (f" (--key can also be {others})" if others else "")
    return "no column names a row, so the key is made from the row" + (
        ", but for what is known only afterwards, so that a row stays the same when its outcome comes" if made.hashed
        else "; a row that comes again with another outcome is another row")  # fmt: skip


def _again(made: DraftPlan, table: FileTable) -> list[str]:
    """How many rows count once with others, where no column names a row."""
    at = {table.headers.index(guess.header) for guess in made.hashed} or {*range(len(table.headers))}
    again = len(table.rows) - len({tuple(cell for i, cell in enumerate(row) if i in at) for row in table.rows})
    if made.key or not again:
        return []
    but = ", but for what is known only afterwards," if made.hashed else ""
    return [f"{again:,} rows say just what another says{but} and count once; if they are others, add a column"]


def _doubts(made: DraftPlan) -> list[str]:
    """Which columns can be read in two ways, as a number a thousand times as large or as another day."""
    doubtful = [guess for guess in made.kept if guess.is_number and guess.is_doubtful]
    ways = {way: [guess.header for guess in doubtful if (guess.parse == numbers.DECIMAL_COMMA) is way] for way in (
        True, False)}  # fmt: skip
    days = [guess.header for guess in made.kept if guess.is_moment and guess.is_doubtful]
    return [
        f"LOOK AT {', '.join(days)}: each day there can be read in two ways, as 2/1/2018 can, and is taken for day, "
        "month, year (parse: d/M/yyyy); write parse: M/d/yyyy in the contract before ingest if the month comes first"
    ] * bool(days) + [
        f"LOOK AT {', '.join(headers)}: 6,664 and 6.664 can be read in two ways, and there "
        + (f"the comma is taken for a decimal comma (parse: {numbers.DECIMAL_COMMA})" if way
           else "the point is taken for a decimal point, and a comma parts groups of three (parse: money)")
        + ", by what parts values and by other columns; put the contract right before ingest if it isn't so"
        for way, headers in ways.items() if headers
    ]  # fmt: skip


def _of_whom(made: DraftPlan) -> list[str]:
    """What to do about rows of persons, where nobody has said whose they are."""
    if made.subject:
        return []
    numbers = [each.header for each in made.left_out if each.identifies in persons.NUMBERED] or ["COLUMN"]
    return [
        f"rows are of persons, so say whose: begin anew with --subject {texts.typed(numbers[0])}, which keeps it as a "
        "pseudonym; conf/models/admission.yaml has to name an impact assessment"
    ]

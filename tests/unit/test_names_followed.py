"""Whatever is renamed, dropped and used again: a name of any version is followed to the same column, or to none."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from conf.schema.contract import Contract
from lake import contract_versions

NAMES = ("a", "b", "c", "d", "e")
FIXED = {
    "k": {"type": "string", "required": True, "en": "K", "zh": "键"},
    "day": {"type": "date", "required": True, "en": "Day", "zh": "日"},
}


def contract(columns: dict[str, int], renamed: dict[str, str]) -> Contract:
    renamings = {name: {"renamed_from": renamed[name]} if name in renamed else {} for name in columns}
    stated = {name: {"type": "string", "en": "X", "zh": "某"} | renamings[name] for name in columns}
    return Contract.model_validate(
        {
            "table": "probe__x",
            "title": {"en": "X", "zh": "某"},
            "grain": "one row",
            "primary_key": ["k"],
            "event_time": "day",
            "lawful_basis": "public_record",
            "purposes": ["credit_assessment"],
            "retention_days": 30,
            "columns": FIXED | stated,
        }
    )


@st.composite
def histories(draw) -> list[tuple[Contract, dict[str, int]]]:
    """Versions of a contract, each with which column is called how; a column is a number."""
    columns = {name: number for number, name in enumerate(draw(st.sets(st.sampled_from(NAMES), min_size=1)))}
    made, number = [(contract(columns, {}), columns)], len(columns)
    for _ in range(draw(st.integers(1, 6))):
        before, renamed, after = columns, {}, {}
        for name, column in sorted(before.items()):
            free = sorted(set(NAMES) - before.keys() - after.keys())
            fate = draw(st.sampled_from(["stays", "goes", *(["renamed"] if free else [])]))
            if fate == "stays":
                after[name] = column
            elif fate == "renamed":
                now = draw(st.sampled_from(free))
                after[now], renamed[now] = column, name
        for name in sorted(set(NAMES) - before.keys() - after.keys()):
            if draw(st.booleans()):
                after[name], number = number, number + 1
        columns = after
        made.append((contract(columns, renamed), columns))
    return made


@given(histories())
def test_a_row_of_any_version_is_read_by_what_its_names_meant(history):
    versions, now = [each for each, _ in history], {column: name for name, column in history[-1][1].items()}
    for since, (_, columns) in enumerate(history, start=1):
        row = {name: str(column) for name, column in columns.items()}
        read = contract_versions.by_present_names(row, contract_versions.followed(since, versions))
        for name, value in read.items():
            assert (name == now[int(value)]) if int(value) in now else ("@" in name)
        assert len(read) == len(row)  # nothing lost, nothing put together


def test_a_column_is_found_under_every_name_that_it_had_and_a_file_by_when_it_came(lake):
    """As the ID numbers that a partner's API is asked for, which were sealed under the names of their time."""
    history = [contract({"a": 0}, {}), contract({"b": 0}, {"b": "a"}), contract({"c": 0, "a": 1}, {"c": "b"})]
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    for day, each in enumerate(history):
        contract_versions.note(lake, each, begun + timedelta(days=day))
        contract_versions.note(lake, each, begun + timedelta(days=day))  # which is no news
    assert contract_versions.latest_number(lake, "probe__x") == 3
    assert contract_versions.earlier_names(lake, history[-1], "c") == ["c", "a", "b"]
    assert contract_versions.earlier_names(lake, history[-1], "a") == ["a"]
    moments = [begun + timedelta(days=n) for n in (-1, 0, 1, 9)]
    assert [contract_versions.number_at(lake, "probe__x", moment) for moment in moments] == [1, 1, 2, 3]

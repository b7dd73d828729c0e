"""Who consents late gets the rows that were delivered before, once; who may not, gets none, and is told."""

import gzip
import json
import shutil
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conf.schema.errors import FieldstoneError
from jobs import consent, erase
from lake import ledger, lost_files, raw_access, request_log, staging
from pipeline import refine
from pipeline.context import Context
from pipeline.ingest import late_consent
from pipeline.ingest import run as ingest
from pipeline.resolution import set_aside
from tests.conftest import AS_OF
from tests.integration.holding import folder_context, key_of
from tests.integration.landing import as_csv, contract_numbers, grant, person, transfer, write_jsonl

ANN, BEN, CAT, DAN = map(person, range(1, 5))
TABLE = "farm__land_transfer"


class Place:
    """A landing zone and a state folder, with a clock that goes on by a day before each step."""

    def __init__(self, folder, spark):
        self.folder, self.spark, self.day, self.number = folder, spark, 0, 0

    @property
    def context(self) -> Context:
        context = folder_context(self.folder, AS_OF + timedelta(days=self.day))
        vars(context.lake)["spark"] = self.spark  # one session for all tests
        return context

    def consents(self, *people: str, **changes) -> "Place":
        self.day, self.number = self.day + 1, self.number + 1
        path = self.folder / f"landing/consent/grant/{self.number}.jsonl"
        write_jsonl(path, [grant(who, 100 * self.number + n, **changes) for n, who in enumerate(people)])
        return self._take_in("consent")

    def withdraws(self, *numbers: int) -> "Place":
        self.day, self.number = self.day + 1, self.number + 1
        at = f"{AS_OF + timedelta(days=self.day - 1):%Y-%m-%dT%H:%M:%SZ}"
        notices = [
            {"consent_no": f"G{n:010d}", "subject_id_no": who, "withdrawn_at": at, "published_at": at}
            for n, who in self._grants(numbers)
        ]
        write_jsonl(self.folder / f"landing/consent/withdrawal/{self.number}.jsonl", notices)
        return self._take_in("consent")

    def _grants(self, numbers):
        for path in (self.folder / "landing/consent/grant").glob("*.jsonl"):
            for line in path.read_text().splitlines():
                record = json.loads(line)
                if int(record["consent_no"][1:]) in numbers:
                    yield int(record["consent_no"][1:]), record["subject_id_no"]

    def delivers(self, name: str, *rows: dict, more: str = "") -> "Place":
        path = self.folder / f"landing/farm/land_transfer/{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_csv([*rows]) + more)
        return self

    def takes_in(self) -> "Place":
        self.day += 1
        return self._take_in("farm")

    def _take_in(self, source: str) -> "Place":
        context = self.context
        for contract in context.workspace.tables_of(source):
            if source != "farm" or contract.table == TABLE:
                ingest.ingest(context, context.workspace.source(source), contract)
                refine.refine_waiting(context, contract)
        return self

    @property
    def in_silver(self) -> list[str]:
        """Contract numbers in silver, whosesoever they are."""
        rows = raw_access.rows(self.context.lake, f"silver_{TABLE}").select("contract_no").collect()
        return [number[-2:] for number in contract_numbers(self.context, (row["contract_no"] for row in rows))]

    @property
    def batches(self) -> int:
        return len(self.context.lake.batches(TABLE, "ingest"))


@pytest.fixture(scope="module")
def begun(tmp_path_factory, spark) -> Place:
    """Ann has consented; a file names her, Ben and Cat."""
    made = Place(tmp_path_factory.mktemp("begun"), spark).consents(ANN)
    rows = [transfer(who, n) for n, who in enumerate((ANN, BEN, CAT, BEN), 1)]
    return made.delivers("a", *rows, more=f"{BEN},torn\n").takes_in()


@pytest.fixture
def place(begun, tmp_path) -> Place:
    """A copy of it."""
    shutil.copytree(begun.folder, tmp_path, dirs_exist_ok=True)
    made = Place(tmp_path, begun.spark)
    made.day, made.number = begun.day, begun.number
    return made


def test_who_consents_late_gets_the_rows_of_before_once(place, capsys):
    assert place.in_silver == ["01"]
    assert place.context.lake.count(f"quarantine_{TABLE}") == 0
    capsys.readouterr()
    place.consents(BEN).takes_in()
    assert place.in_silver == ["01", "02", "04"]
    assert "1 subjects have consented since" in capsys.readouterr().out
    assert place.context.lake.count(f"quarantine_{TABLE}") == 1
    assert place.batches == 2
    before = place.context.lake.versions(place.context.lake.tables())
    place.takes_in()
    out = capsys.readouterr().out
    assert "consented since" not in out
    assert place.context.lake.versions(place.context.lake.tables()) == before


@pytest.mark.further
def test_a_day_without_new_consents_reads_no_old_file(place, monkeypatch):
    read = []
    again = late_consent.new_files.again
    monkeypatch.setattr(late_consent.new_files, "again", lambda *arguments: read.append(arguments) or again(*arguments))
    place.delivers("b", transfer(ANN, 5), transfer(BEN, 6)).takes_in()
    assert read == []
    place.consents(BEN).takes_in()
    assert len(read) == 1
    assert place.in_silver == ["01", "02", "04", "05", "06"]


@pytest.mark.further
def test_new_files_and_those_of_before_come_in_the_same_run(place):
    place.consents(BEN, CAT).delivers("b", transfer(CAT, 7), transfer(DAN, 8)).takes_in()
    assert place.in_silver == ["01", "02", "03", "04", "07"]
    place.consents(DAN).takes_in()
    assert place.in_silver == ["01", "02", "03", "04", "07", "08"]


def test_who_withdraws_and_consents_again_gets_what_came_in_between(place):
    place.withdraws(100).delivers("b", transfer(ANN, 5)).takes_in()
    assert "05" not in place.in_silver
    place.consents(ANN).takes_in()
    assert place.in_silver == ["01", "05"]


@pytest.mark.further
def test_who_withdraws_while_nothing_came_is_followed_again(place):
    place.withdraws(100).takes_in()
    place.consents(ANN).takes_in()
    assert place.in_silver == ["01"]
    place.delivers("b", transfer(ANN, 5)).takes_in()
    assert place.in_silver == ["01", "05"]


@pytest.mark.further
def test_who_was_erased_and_consents_anew_gets_what_lies_in_the_landing_zone(place):
    place.delivers("only-hers", transfer(ANN, 9)).takes_in()
    place.withdraws(100)
    erase.run(place.context, None, due=True, execute=True, operator="Olga")
    assert place.in_silver == []
    place.consents(ANN).takes_in()
    assert place.in_silver == ["01", "09"]


@pytest.mark.further
def test_rows_of_a_newcomer_that_fail_go_to_quarantine_and_stop_nobody(place):
    place.delivers("b", *[transfer(ANN, n) for n in range(10, 40)], transfer(DAN, 50, area_mu="many")).takes_in()
    waiting = place.context.lake.count(f"quarantine_{TABLE}")
    place.consents(DAN).takes_in()
    assert place.context.lake.count(f"quarantine_{TABLE}") == waiting + 1
    place.takes_in()
    assert place.context.lake.count(f"quarantine_{TABLE}") == waiting + 1


@pytest.mark.further
def test_files_that_are_gone_are_asked_for_and_read_when_they_come_again(place, capsys):
    path = place.folder / "landing/farm/land_transfer/a.csv"
    away = shutil.move(path, place.folder / "away.csv")
    place.delivers("b", transfer(ANN, 5), transfer(BEN, 6)).takes_in()
    capsys.readouterr()
    place.consents(BEN).takes_in()
    assert "1 files that earlier batches read are gone from the landing zone" in capsys.readouterr().out
    assert place.in_silver == ["01", "05", "06"]
    place.takes_in()
    assert "gone" not in capsys.readouterr().out
    shutil.move(away, path.with_name("sent-again.csv"))
    place.takes_in()
    assert place.in_silver == ["01", "02", "04", "05", "06"]
    assert not lost_files.files(place.context.lake, TABLE)


@pytest.mark.further
def test_what_an_archive_packed_may_come_plain(place):
    rows = as_csv([transfer(ANN, 5), transfer(BEN, 6)])
    path = place.folder / "landing" / "farm" / "land_transfer" / "b.csv.gz"
    path.write_bytes(gzip.compress(rows.encode()))
    place.takes_in()
    path.unlink()
    place.consents(BEN).takes_in()
    assert place.in_silver == ["01", "02", "04", "05"]
    assert len(lost_files.files(place.context.lake, TABLE)) == 2
    path.with_name("c.csv").write_text(rows)
    place.takes_in()
    assert place.in_silver == ["01", "02", "04", "05", "06"]
    assert not lost_files.files(place.context.lake, TABLE)


@pytest.mark.further
def test_an_older_lake_brings_in_everybody_who_waits(place):
    """One that has never noted whom it follows."""
    place.consents(BEN)
    shutil.rmtree(place.context.lake.path(request_log.TABLE))
    place.takes_in()
    assert place.in_silver == ["01", "02", "04"]


@pytest.mark.further
def test_a_dropped_batch_is_not_read_again_and_a_refused_one_when_it_is_accepted(place, capsys):
    good = [transfer(ANN, n) for n in (5, 6)]
    for name, number in (("dropped", 10), ("accepted", 20)):
        rows = [transfer(BEN, number), *[transfer(ANN, n, area_mu="many") for n in range(number + 1, number + 9)]]
        place.delivers(name, *rows)
        with pytest.raises(FieldstoneError, match="over max_failure_share"):
            place.takes_in()
    refused = [b.batch_id for b in place.context.lake.batches(TABLE, "ingest") if len(b.parts) == 1][-2:]
    set_aside.drop(place.context, refused[0], who="Olga", why="nonsense")
    place.consents(BEN).takes_in()
    assert place.in_silver == ["01", "02", "04"]
    set_aside.accept(place.context, refused[1], who="Olga", why="as agreed")
    place.delivers("b", *good).takes_in()
    assert place.in_silver == ["01", "02", "04", "05", "06", "20"]


def test_who_is_restricted_gets_nothing_and_an_answer(place, capsys):
    record = {"subject_key": key_of(place.context, BEN), "reference": "r", "restricted_at": AS_OF}
    place.context.lake.append_records("audit__restricted", [record])
    capsys.readouterr()
    place.consents(BEN).takes_in()
    assert "1 of them are of restricted subjects" in capsys.readouterr().out
    assert place.in_silver == ["01"]
    key = key_of(place.context, BEN)
    with pytest.raises(
        FieldstoneError, match="is restricted since 2026-01-01: its data are only stored until the stat"
    ):
        consent.check(place.context, key, "farm.land_transfer", "credit_assessment")
    consent.show(place.context, key)
    assert "restricted" in capsys.readouterr().out


AT_NIGHT = [pytest.param(at, marks=pytest.mark.nightly) for at in ("follow", "store", "ledger")]


@pytest.mark.parametrize("at", ["note", "commit", *AT_NIGHT])
def test_a_kill_costs_a_reading_and_never_a_row(place, monkeypatch, at):
    place.consents(BEN).delivers("b", transfer(BEN, 6), transfer(ANN, 5))
    with monkeypatch.context() as killed:
        target, name = {
            "note": (late_consent.lost_files, "note"),
            "follow": (late_consent.request_log, "follow"),
            "store": (ingest, "store_beside"),
            "commit": (staging, "commit"),
            "ledger": (ledger, "append"),
        }[at]
        killed.setattr(target, name, _dies)
        with pytest.raises(KeyboardInterrupt):
            place.takes_in()
    place.takes_in()
    assert place.in_silver == ["01", "02", "04", "05", "06"]
    assert len(raw_access.rows(place.context.lake, f"bronze_{TABLE}").collect()) == 5


def _dies(*_, **__):
    raise KeyboardInterrupt


PEOPLE = (ANN, BEN, CAT)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("consents"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("withdraws"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("delivers"), st.sets(st.sampled_from(PEOPLE), min_size=1)),
        st.tuples(st.just("takes in"), st.none()),
    ),
    min_size=3,
    max_size=6,
)


@pytest.mark.nightly
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_who_consents_at_the_end_has_everything_and_nobody_anything_twice(steps, tmp_path_factory, spark):
    place, live, delivered = Place(tmp_path_factory.mktemp("steps"), spark).consents(DAN), {}, {}
    for kind, whom in steps:
        if kind == "consents" and whom not in live:
            place.consents(whom)
            live[whom] = 100 * place.number
        elif kind == "withdraws" and whom in live:
            place.withdraws(live.pop(whom))
        elif kind == "delivers":
            numbers = {who: 10 + len(delivered) + n for n, who in enumerate(sorted(whom))}
            place.delivers(f"f{len(delivered)}", *[transfer(who, n) for who, n in numbers.items()])
            delivered |= {n: who for who, n in numbers.items()}
        elif kind == "takes in" and delivered:
            place.takes_in()
    place.delivers("last", transfer(DAN, 99)).takes_in()
    stored = place.in_silver
    assert len(stored) == len({*stored})
    assert {f"{n:02d}" for n, who in delivered.items() if who in live} <= {*stored}

"""Declarations: what is collected, and what is refused with which words."""

from collections import Counter
from types import ModuleType

import pytest
from silver import CONTRACTS, FEATURES

from conf.schema import workspace
from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from features.engine.catalogue import formula, render
from features.engine.check import check
from features.engine.collect import collect
from features.engine.records import Records, names, ratio
from features.engine.spec import Feature, Request, Table, derived
from features.engine.windows import Ever, Last, Months, Valid, bound
from features.farm_windows import Cycles, Seasons
from features.planting import CROPS
from pipeline.features import declarations

planting = Table("farm__planting")
loan = Table("bank__loan")
TWO = [Months(3), Months(6)]
CYCLES = Cycles(2, ("species_code",))


def module(*features: Feature, name: str = __name__) -> ModuleType:
    made = ModuleType(name)
    for number, feature in enumerate(features):
        feature.compute.__module__ = name
        setattr(made, f"f{number}", feature)
    return made


def declared(sql_of, table=planting, **options):
    """A feature with usual words whose function is the one given."""

    def area_mu(*records: Records) -> str:
        """Area, {window}."""
        return sql_of(*records)

    usual = {"windows": [Months(3)], "unit": "mu", "zh": "{window}面积"}
    return table.feature(**usual | options)(area_mu)


def total(records: Records) -> str:
    return records.sum("sown_area_mu")


def test_a_feature_has_a_column_for_each_window():
    columns = collect([module(declared(total, windows=[Months(3), Seasons(2)], monotone=-1))]).columns
    assert [(c.name, c.window, c.en, c.zh, c.monotone) for c in columns] == [
        ("area_mu_3m", "3m", "Area, last 3 months", "近3个月面积", -1),
        ("area_mu_2s", "2s", "Area, last 2 completed growing seasons", "最近2个完整种植季面积", -1),
    ]
    assert {(c.unit, c.table, c.domain, c.kind) for c in columns} == {
        ("mu", "farm__planting", "test_features_spec", "records")
    }


def test_equal_aggregates_are_computed_once():
    mean = declared(lambda r: ratio(r.sum("sown_area_mu"), r.count()), name="mean_mu")
    features = collect([module(declared(total), mean)])
    assert [m.function for m in features.measures["farm__planting"].values()] == ["COALESCE(SUM({}), 0)", "COUNT({})"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"monotone": 2}, "feature 'area_mu': monotone is 2; give -1, 0 or 1, the direction of PD"),
        ({"unit": "cny"}, "the name must end in its unit 'cny', and a flag start with is_ or has_"),
        ({"unit": "flag"}, "the name must end in its unit 'flag', and a flag start with is_ or has_"),
        ({"windows": TWO, "name": "x_mu"}, "one name 'x_mu' for 2 windows; leave out name="),
        ({"windows": TWO, "zh": "面积"}, "several windows, so docstring and zh each need a {window} slot"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused(options, message):
    with pytest.raises(FieldstoneError) as refused:
        declared(total, **options)
    assert message in str(refused.value)


def test_a_feature_needs_a_docstring():
    def area_mu(records: Records) -> str:
        return records.sum("sown_area_mu")

    with pytest.raises(FieldstoneError, match="'area_mu': has no docstring; its first line is the English description"):
        planting.feature(windows=[Ever()], unit="mu", zh="面积")(area_mu)


def test_a_column_is_declared_once():
    twice = [module(declared(total)), module(declared(total), name="elsewhere")]
    with pytest.raises(FieldstoneError, match=r"'area_mu_3m' is declared twice, in \w+ and \w+; rename"):
        collect(twice)


def test_a_formula_reads_records_through_aggregates_only():
    with pytest.raises(FieldstoneError, match="'area_mu' names sown_area_mu outside an aggregate; ask the records"):
        collect([module(declared(lambda _: "sown_area_mu"))])


def test_a_derived_feature_reads_declared_columns():
    @derived(unit="ratio", zh="比")
    def share_ratio() -> str:
        """Share."""
        return ratio("area_mu_3m", "area_mu_9m")

    with pytest.raises(FieldstoneError, match="'share_ratio' names area_mu_9m; give columns of features"):
        collect([module(declared(total), share_ratio)])


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (declared(total, Table("farm__forest")), "area_mu_3m reads table 'farm__forest'; there are bank__account, "),
        (declared(lambda r: r.sum("sown_area")), "reads farm__planting.sown_area, which the contract does not declare"),
        (declared(lambda r: r.where("holder_id_no = '1'").count()), "farm__planting.holder_id_no, an identifier"),
        (declared(lambda r: r.max("birth_year"), Table("bank__customer")), "birth_year, which is protected"),
        (declared(lambda r: r.count(), loan, windows=[Valid()]), "bank__loan.valid_from_date, which the contract"),
        (declared(lambda r: r.count(), loan, windows=[Seasons(2)]), "bank__loan.season, which the contract"),
        (declared(lambda r: r.count(), loan, windows=[CYCLES]), "bank__loan.species_code, which the contract"),
        (declared(total, purposes=[Purpose.FAIRNESS_TESTING]), "is for fairness_testing, which the contract of "),
        (
            declared(total, purposes=[Purpose.FAIRNESS_TESTING]),
            "leave that out of its purposes= (the contract allows credit_assessment, model_training, post",
        ),
    ],
)  # fmt: skip
def test_a_feature_set_is_held_against_the_contracts(feature, message):
    with pytest.raises(FieldstoneError) as refused:
        check(collect([module(feature)]), CONTRACTS)
    assert message in str(refused.value)


def test_what_is_known_only_afterwards_is_refused():
    application = CONTRACTS["bank__application"]
    outcome = application.columns["status"].model_copy(update={"outcome": True})
    leaking = application.model_copy(update={"columns": application.columns | {"status": outcome}})

    @Request("bank__application").feature(unit="flag", zh="已批准")
    def is_approved() -> str:
        """Is approved."""
        return "status = 'approved'"

    features = collect([module(is_approved)])
    check(features, CONTRACTS)
    with pytest.raises(FieldstoneError, match=r"is_approved reads bank__application.status, which is known only after"):
        check(features, CONTRACTS | {"bank__application": leaking})


def test_the_workspaces_features_keep_to_their_contracts():
    check(FEATURES, CONTRACTS)
    counted = Counter(column.domain for column in FEATURES.columns)
    assert {
        domain for domain in ("planting", "breeding", "land", "housing", "banking") if counted[domain] < 10
    } == set()
    assert len(FEATURES.columns) >= 60
    assert list(CROPS) == list(CONTRACTS["farm__planting"].columns["crop_code"].values)
    assert set(FEATURES.monotone.values()) == {-1, 0, 1}
    assert [c.name for c in FEATURES.columns if not (c.en and c.zh)] == []


def test_features_are_kept_to_a_purpose():
    features = collect([module(declared(total), declared(total, name="other_mu", purposes=[Purpose.MODEL_TRAINING]))])
    assert features.for_purpose(Purpose.CREDIT_ASSESSMENT).names == ["area_mu_3m"]
    assert features.for_purpose(Purpose.POST_LOAN_MONITORING).tables == ["farm__planting"]
    assert features.for_purpose(Purpose.FAIRNESS_TESTING).tables == []


def test_a_derived_feature_serves_no_purpose_that_its_inputs_do_not():
    def share(**options):
        @derived(unit="ratio", zh="比", **options)
        def share_ratio() -> str:
            """Share."""
            return ratio("area_mu_3m", "area_mu_3m")

        return share_ratio

    learnt = declared(total, purposes=[Purpose.MODEL_TRAINING])
    refused = r"'share_ratio' declares the purposes credit_assessment, which its input area_mu_3m doesn't serve; take"
    with pytest.raises(FieldstoneError, match=refused):
        collect([module(learnt, share(purposes=[Purpose.CREDIT_ASSESSMENT, Purpose.MODEL_TRAINING]))])
    for stated in ({}, {"purposes": [Purpose.MODEL_TRAINING]}, {"purposes": ("model_training",)}):
        assert [c.purposes for c in collect([module(learnt, share(**stated))]).columns] == [
            (Purpose.MODEL_TRAINING,)
        ] * 2


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ([*Purpose], [Purpose.CREDIT_ASSESSMENT, Purpose.MODEL_TRAINING, Purpose.POST_LOAN_MONITORING]),
        ([Purpose.MODEL_TRAINING, Purpose.CREDIT_ASSESSMENT], [Purpose.CREDIT_ASSESSMENT, Purpose.MODEL_TRAINING]),
        ([Purpose.FAIRNESS_TESTING, Purpose.POST_LOAN_MONITORING], [Purpose.POST_LOAN_MONITORING]),
    ],
)
def test_a_feature_that_says_no_purpose_serves_those_of_its_contract(allowed, expected):
    contracts = CONTRACTS | {"bank__loan": CONTRACTS["bank__loan"].model_copy(update={"purposes": tuple(allowed)})}
    beside = planting.feature(windows=TWO[:1], unit="count", zh="数", name="both_count", beside=loan)

    def both_count(harvests: Records, loans: Records) -> str:
        """Both."""
        return f"{harvests.count()} + {loans.count()}"

    columns = collect([module(declared(lambda r: r.count(), loan), beside(both_count))], contracts).columns
    assert [list(column.purposes) for column in columns] == [expected, expected]


def test_a_contract_that_features_may_not_use_at_all_is_named():
    contracts = {"bank__loan": CONTRACTS["bank__loan"].model_copy(update={"purposes": (Purpose.FAIRNESS_TESTING,)})}
    with pytest.raises(FieldstoneError, match=r"reads bank__loan, which may be used for none of .*; say .* purposes="):
        collect([module(declared(lambda r: r.count(), loan))], contracts)


def test_a_feature_may_read_all_records_of_a_second_table():
    def both(counted: str):
        def both_count(loans: Records, instalments: Records) -> str:
            """Loans and instalments."""
            return f"{loans.count()} + {instalments.distinct(counted)}"

        beside = Table("bank__instalment", complete=True)
        return collect(
            [
                module(
                    loan.feature(windows=TWO[:1], unit="count", zh="笔数", name="both_count", beside=beside)(both_count)
                )
            ]
        )

    features = both("loan_no")
    assert features.columns[0].tables == ["bank__loan", "bank__instalment"] == features.tables
    assert formula(features.columns[0], features) == (
        "COUNT(1) [last 3 months] + COALESCE(SIZE(COLLECT_SET(loan_no)) [ever], 0)"
    )
    check(features, CONTRACTS)
    with pytest.raises(FieldstoneError, match=r"reads bank__instalment.principal_cny, which the contract does not"):
        check(both("principal_cny"), CONTRACTS)


def test_names_are_lower_case_words_outside_texts():
    assert names("CASE WHEN crop = 'rice' AND x1 > 1L THEN SUM(a_b) ELSE 2.0D END") == {"crop", "x1", "a_b"}


def test_the_join_drops_what_no_window_needs():
    assert bound([Months(3), Months(12), Months(12, skip=11)]) == "_today - _day < 384"
    assert bound([Months(3), Ever()]) == "TRUE"
    assert bound([Last(1, of=("account_no",), months=6), Months(3)]) == "_today - _day < 192"
    with pytest.raises(FieldstoneError, match=r"Months\(3, skip=3\): give n > skip >= 0"):
        Months(3, 3)


def test_the_catalogue_counts_the_tables_that_its_columns_come_from():
    farm = declarations.feature_set(workspace.load(workspace.ROOT / "examples/sba_farm"))
    assert f"{len(farm.columns)} feature columns from 1 table. Each is computed" in render(farm, ["en"])


def test_the_catalogue_shows_every_column_in_both_languages():
    page = render(FEATURES)
    assert all(f"<code>{c.name}</code>" in page and c.zh in page for c in FEATURES.columns)
    assert "http" not in page
    [column] = [c for c in FEATURES.columns if c.name == "mobile_payment_ratio_3m"]
    assert formula(column, FEATURES) == (
        "CAST(COUNT(1 WHERE category = 'mobile_payment') [last 3 months] AS DOUBLE)"
        " / NULLIF(CAST(COUNT(1) [last 3 months] AS DOUBLE), 0D)"
    )

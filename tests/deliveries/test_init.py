"""`fieldstone init`: from somebody's CSV file to a trained and reported model, with no number or date made up."""

import random
import re
import subprocess
from pathlib import Path

import pytest

from conf.schema.identifiers import resident_id_check
from conf.schema.workspace import load
from features.engine.plain_columns import declared
from pipeline.drafting import draft, guesses, texts
from pipeline.drafting.plan import DraftOptions
from pipeline.results.everybody import WorkspaceDrafted
from tests.deliveries.conftest import Site


def credits(number: int = 500) -> str:
    """As public data sets of credit are mostly shown: no number, no day, who is young goes bad more often."""
    drawn, lines = random.Random(3), ["Age;Purpose;Credit amount;Owns car;Risk"]
    for _ in range(number):
        age = drawn.randint(19, 75)
        bad = drawn.random() < (0.6 if age < 35 else 0.15)
        use, car = drawn.choice(["car", "radio/TV", "new farm"]), drawn.choice(["yes", "no", "NA"])
        lines.append(f"{age};{use};{drawn.randint(9, 99)}.5;{car};{'bad' if bad else 'good'}")
    return "\n".join(lines) + "\n"


def loans(number: int = 120) -> str:
    """With a number, days, a name, a phone and what was known only afterwards."""
    drawn, lines = (
        random.Random(4),
        ["LoanID,ApprovalDate,BirthDate,CustomerName,Phone,Amount,Purpose,PaidOut,Défaut,loan_status"],
    )
    for n in range(number):
        status = drawn.choice(["Charged Off", "Fully Paid"]) if n % 10 else ""
        day = f"{1 + n % 28}/{1 + n % 12}/20{10 + n % 9}"
        amount = f'"${drawn.randint(1, 9)},{drawn.randint(100, 999)}.00"'
        phone = f"138{drawn.randint(10**7, 10**8 - 1)}"
        lines.append(f"L{n:05d},{day},1970-01-0{1 + n % 9},Li,{phone},{amount},{drawn.choice('ABC')},{n},x,{status}")
    return "\n".join(lines) + "\n"


def farmers(number: int = 60) -> str:
    """As a rural bank of China keeps its loans: with names, resident IDs, phones and addresses in clear."""
    lines = ["借据编号,客户姓名,身份证号,联系电话,家庭住址,申请日期,金额,是否违约"]
    for n in range(number):
        body = f"330100198{n % 10}010{1 + n % 9}{n:03d}"
        row = [f"J{n:05d}", f"张{n}", body + resident_id_check(body), f"138{n:08d}", f"李家村{n}号"]
        lines.append(",".join([*row, f"2024/1/{1 + n % 28}", f"{n}.5", "是" if n % 3 else "否"]))
    return "\n".join(lines) + "\n"


def drafted(folder: Path, text: str | bytes, name: str = "file.csv", **options) -> WorkspaceDrafted:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return draft.write(folder / "herd", file, DraftOptions(**options))


def test_a_file_without_number_or_day_comes_to_a_trained_and_reported_model(site: Site, monkeypatch):
    file = site.deliver("statlog.csv", credits())
    herd = site.folder / "herd"
    drafting = site.run("init", str(herd), "--from", str(file))
    assert drafting.code == 0, drafting.text
    assert "no column names a row, so the key is made from the row" in drafting.out
    assert "the model is tested on rows held out by chance" in drafting.out
    steps = re.findall(r"^  fieldstone (.*) --workspace \.$", drafting.out, re.MULTILINE)
    assert steps == ["ingest herd", "refine herd", "build-features", "train admission"]
    site.workspace = herd
    for step in steps:
        ran = site.run(*step.split())
        assert ran.code == 0, ran.text
    assert len(site.silver("herd__rows")) == len({*credits().splitlines()[1:]})
    assert "nothing is tested out of time" in ran.text
    gates = r"auc_oot 0\.[67]\d\d \(min 0.5\) passed, jeffreys_p_oot [\d.]+ \(min 0.01\) passed, grade_jeffreys_p "
    assert re.search(rf"{gates}[\d.]+ \(min 0.01\) passed; admission:1 awaits approval", ran.text), ran.text
    assert list((site.home / "reports").rglob("*.html"))


def test_what_is_guessed_is_marked_and_what_names_persons_or_comes_later_is_kept_out(tmp_path):
    result = drafted(tmp_path, loans())
    herd = load(tmp_path / "herd")
    contract = herd.contract("herd__rows")
    assert contract.primary_key == ("loan_id",)
    assert contract.event_time == "approval_date"
    assert contract.columns["approval_date"].parse == "d/M/yyyy"
    assert contract.columns["amount"].parse == "money"
    assert {"customer_name", "phone"}.isdisjoint(contract.columns)
    assert contract.columns["paid_out"].outcome
    assert contract.columns["loan_status"].values == ("Charged Off", "Fully Paid")
    text = (tmp_path / "herd/conf/contracts/herd/rows.yaml").read_text(encoding="utf-8")
    assert "# left out, for it may tell who somebody is (mobile numbers): phone" in text
    for line in ("primary_key: [loan_id]", "event_time: approval_date", "lawful_basis: contract"):
        assert f"{line}  # guessed" in text
    assert all(line.endswith("# guessed") for line in text.splitlines() if line.startswith("  "))
    assert [each.column for each in herd.plain_features.application["herd__rows"]] == ["amount", "purpose"]
    source = (tmp_path / "herd/conf/sources/herd.yaml").read_text(encoding="utf-8")
    assert "rename:" in source
    assert all(line.endswith("# guessed") for line in source.splitlines() if line.startswith("      "))
    features = (tmp_path / "herd/conf/features.yaml").read_text(encoding="utf-8")
    assert all(line.endswith("# guessed") for line in features.splitlines() if line.startswith("    "))
    assert "WHEN 'Charged Off' THEN 1" in (tmp_path / "herd/features/spine.py").read_text(encoding="utf-8")
    assert any("left out, for they may tell who somebody is: CustomerName, Phone" in line for line in result.notes)


def test_a_bank_s_own_file_keeps_no_person_in_clear_and_says_whose_the_rows_are(tmp_path):
    result = drafted(tmp_path, farmers().encode("gb18030"))
    text = (tmp_path / "herd/conf/contracts/herd/rows.yaml").read_text(encoding="utf-8")
    assert [each.en for each in load(tmp_path / "herd").contract("herd__rows").columns.values()] == [
        "借据编号", "申请日期", "金额", "是否违约",
    ]  # fmt: skip
    assert "public_record" not in text
    assert any("begin anew with --subject 身份证号" in line for line in result.notes)
    assert "impact_assessment" in (tmp_path / "herd/conf/models/admission.yaml").read_text(encoding="utf-8")


def test_a_subject_whose_numbers_are_resident_ids_is_a_person_by_those(tmp_path):
    result = drafted(tmp_path, farmers(), subject="身份证号")
    contract = load(tmp_path / "herd").contract("herd__rows")
    assert (contract.subject.kind, contract.lawful_basis) == ("resident_id", "contract")
    assert contract.columns[contract.subject.column].pattern is None
    assert not any("--subject" in line for line in result.notes)


@pytest.mark.parametrize(
    "header",
    [
        "Kundenname",
        "Vorname",
        "Straße",
        "Telefonnummer",
        "Handy",
        "Personalausweisnr",
        "Nom",
        "Prénom",
        "Téléphone",
        "Apellidos",
        "Dirección",
        "DNI",
        "Celular",
        "customerName",
        "home_address",
        "客户姓名",
        "家庭住址",
        "联系电话",
        "手机号",
        "担保人",
        "户主",
        "开户账号",
        "客户名称",
    ],
)
def test_columns_that_name_persons_are_known_by_their_names(header):
    (guess, _) = guesses.columns([header, "b"], [[f"x{n}", "1"] for n in range(9)])
    assert guess.identifies


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("产品名称", "农耕贷 惠农贷"), ("Nombre de prêts", "1 2"), ("Telephone", "yes no"), ("是否有担保人", "是 否"),
        ("Renommée", "bonne haute"), ("家庭人口", "3 4"), ("Straftat", "keine leicht"), ("Contractual", "a b"),
    ],
)  # fmt: skip
def test_columns_that_name_nobody_are_kept(header, cells):
    (guess, _) = guesses.columns([header, "b"], [[cell, "1"] for cell in cells.split()])
    assert guess.identifies is None


def test_git_leaves_the_data_alone_and_a_file_that_says_so_stays(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    drafted(tmp_path, loans())
    ignored = ["git", "-C", str(tmp_path / "herd"), "check-ignore", "data/file.csv", ".fieldstone/herd/x"]
    assert subprocess.run(ignored, capture_output=True, check=True).stdout.count(b"\n") == 2
    own = tmp_path / "other"
    own.mkdir()
    (own / ".gitignore").write_text("*.csv\n")
    draft.write(own, tmp_path / "file.csv", DraftOptions())
    assert (own / ".gitignore").read_text() == "*.csv\n"


def test_what_is_said_isnt_guessed(tmp_path):
    drafted(tmp_path, credits(), label="Owns car", bad="no", subject="Age")
    contract = load(tmp_path / "herd").contract("herd__rows")
    assert contract.columns["owns_car"].values == ("no", "yes")
    assert (contract.subject.column, contract.subject.kind, contract.lawful_basis) == ("age", "opaque", "contract")
    assert contract.columns["age"].pattern == "[0-9]{2,2}"
    spine = (tmp_path / "herd/features/spine.py").read_text(encoding="utf-8")
    assert "# which values are bad" in spine
    assert "impact_assessment" in (tmp_path / "herd/conf/models/admission.yaml").read_text(encoding="utf-8")


def test_an_outcome_of_several_values_has_those_that_are_named_as_bad(tmp_path):
    states = ("late", "lost", "paid", "")
    lines = [f"J{n},{n % 7},{states[n % 4]}" for n in range(90)]
    notes = drafted(tmp_path, "\n".join(["no,term,loan_status", *lines]), bad="late, lost").notes
    assert load(tmp_path / "herd").contract("herd__rows").columns["loan_status"].values == ("late", "lost", "paid")
    spine = (tmp_path / "herd/features/spine.py").read_text(encoding="utf-8")
    assert "CASE loan_status WHEN 'late' THEN 1 WHEN 'lost' THEN 1 WHEN 'paid' THEN 0 END" in spine
    assert (
        "loan_status says what became of a row: 'late' and 'lost' are bad, of its 3 values, see features/spine.py"
        in notes
    )


def test_a_bad_value_may_hold_a_comma(tmp_path):
    lines = [f'J{n},{n % 7},"{"paid, late" if n % 3 else "paid"}"' for n in range(90)]
    drafted(tmp_path, "\n".join(["no,term,loan_status", *lines]), bad="paid, late")
    assert load(tmp_path / "herd").contract("herd__rows").columns["loan_status"].values == ("paid, late", "paid")


def test_a_file_without_an_outcome_comes_to_features_and_no_model(site: Site):
    lines = [f"W{n},{n % 7},{n % 11}.5,2024-01-{1 + n % 28:02d}" for n in range(60)]
    file = site.deliver("weather.csv", "\n".join(["no,station,rain_mm,day", *lines]))
    sky = site.folder / "sky"
    drafting = site.run("init", str(sky), "--from", str(file), "--no-outcome")
    assert drafting.code == 0, drafting.text
    assert "no column says what became of a row, so there is no model" in drafting.out
    assert not (sky / "conf/models").exists()
    steps = re.findall(r"^  fieldstone (.*) --workspace \.$", drafting.out, re.MULTILINE)
    assert steps == ["ingest sky", "refine sky", "build-features"]
    site.workspace = sky
    for step in steps:
        ran = site.run(*step.split())
        assert ran.code == 0, ran.text
    assert "60 applications to learn from, 60 to decide" in ran.text


def test_rows_that_have_no_outcome_yet_are_there_to_decide_where_all_rows_of_the_history_had_one(site: Site):
    herd = site.folder / "herd"
    drafting = site.run("init", str(herd), "--from", str(site.deliver("statlog.csv", credits())))
    assert drafting.code == 0, drafting.text
    with (herd / "data/statlog.csv").open("a", encoding="utf-8") as history:
        history.write("40;car;20.5;yes;\n31;new farm;7.5;no;\n")
    site.workspace = herd
    for step in ("ingest", "refine"):
        ran = site.run(step, "herd")
        assert ", 0 quarantined" in ran.text, ran.text
    assert ", 2 to decide" in site.run("build-features").text


@pytest.mark.parametrize(
    ("header", "codes", "others", "nulls", "note"),
    [
        ("country", "DE FR NA", "1 2 3", (), "LOOK AT country: NA is taken there for a code as the others are"),
        ("国家", "CN JP NA", "1 2 3", (), "LOOK AT 国家: NA is taken there for a code as the others are"),
        (
            "country",
            "DE FR NA",
            "1 NA 3",
            ("NA",),
            "LOOK AT country: NA is taken there for no value, as in other columns",
        ),
        ("state", "CA TX NA", "1 2 3", ("NA",), None),
        ("region", "north south NA", "1 2 3", ("NA",), None),
    ],
)
def test_na_is_a_code_where_others_of_places_are(tmp_path, header, codes, others, nulls, note):
    rows = zip(30 * codes.split(), 30 * others.split(), range(90), strict=True)
    text = "\n".join([f"{header},amount,default", *(f"{c},{o},{'yes' if n % 4 else 'no'}" for c, o, n in rows)])
    notes = drafted(tmp_path, text).notes
    assert load(tmp_path / "herd").source("herd").null_tokens == nulls
    assert [line.partition(";")[0] for line in notes if "NA is taken" in line] == ([note] if note else [])


def test_files_in_other_wrappings_are_read(tmp_path):
    text = "编号,申请日期,金额,是否违约\n" + "".join(
        f"{n},2024/1/{1 + n % 28},{n}.5,{'是' if n % 3 else '否'}\n" for n in range(90)
    )
    drafted(tmp_path, text.encode("gb18030"))
    herd = load(tmp_path / "herd")
    contract = herd.contract("herd__rows")
    assert herd.source("herd").assets["rows"].encoding == "gb18030"
    assert "encoding: gb18030  # guessed" in (tmp_path / "herd/conf/sources/herd.yaml").read_text(encoding="utf-8")
    assert (contract.primary_key, contract.event_time) == (("bian_hao",), "shen_qing_ri_qi")
    assert contract.columns["shi_fou_wei_yue"].values == ("是", "否")
    assert (contract.columns["jin_e"].zh, herd.settings.languages) == ("金额", ("zh",))
    assert herd.settings.currency == "CNY"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (
            credits().replace("Risk", "Rating"),
            {},
            "name the column with --label COLUMN (columns of two values: Owns car, Rating), or give --no-outcome",
        ),
        (credits(), {"label": "Purpose"}, "or add a column of good and bad to the file and name it"),
        (credits(), {"label": "risk"}, "--label risk: the file has no such column; it has Age, Purpose"),
        (credits(), {"label": "Purpose"}, "name the bad ones of up to 20 values with --bad VALUE,VALUE"),
        (credits(), {"label": "Age", "bad": "19"}, "values, but an outcome has two"),
        (credits(), {"label": "Risk", "bad": "awful"}, "column Risk has no such value; give one of its 2"),
        (credits(), {"label": "Risk", "bad": "bad,awful"}, "column Risk has no such value"),
        (credits(), {"label": "Risk", "bad": "bad, good"}, "no value of column Risk would be good"),
        (credits(), {"bad": "bad", "no_outcome": True}, "leave out --label and --bad"),
        (credits(), {"key": "Age"}, "--key Age: some rows have no value or share one"),
        (credits(), {"time": "Age"}, "--time Age: not every row has a day or moment there"),
        (credits(10), {}, "has 10 rows; at least 50 are needed to guess from. Add rows, or write"),
        (credits() + "1;2\n", {}, "1 of 501 rows of file.csv have more or fewer values than its header has names"),
        ("Age;;Risk\n1;2;3\n", {}, "isn't a header: it needs at least two names, none empty and none twice"),
        ("Age;Age\n1;2\n", {}, "isn't a header: it needs at least two names, none empty and none twice"),
        (
            "J1,2024/1/5,100.5,yes\nJ2,2024/1/6,100.5,no\n",
            {},
            "looks like a row, because a third or more of its values",
        ),
        ("", {}, "isn't a header: it needs at least two names"),
        (b"PK\x03\x04\x00\x00\xff\xfe\x00", {}, "isn't text in UTF-8, GB18030 or Windows-1252"),
    ],
)
def test_a_file_that_cant_be_drafted_from_is_told_and_nothing_is_written(tmp_path, text, options, message):
    with pytest.raises(Exception, match=re.escape(message)):
        drafted(tmp_path, text, **options)
    assert not (tmp_path / "herd").exists()


def test_declarations_that_are_there_arent_written_over(tmp_path):
    drafted(tmp_path, credits())
    with pytest.raises(Exception, match="already contains declarations"):
        drafted(tmp_path, credits())


@pytest.mark.parametrize(
    ("cells", "kind", "parse"),
    [
        (["1", "-2", "0"], "int", None),
        (["12345678901"], "long", None),
        (["007", "008"], "string", None),  # a number in which zeros count names something
        (["1.50", "2", "-3.25"], "decimal(6,2)", None),
        (["$1,234.50", "$9.00"], "decimal(9,2)", "money"),
        (["0,125", "2"], "decimal(7,3)", "decimal_comma"),
        (["23700,00", "9,5 €"], "decimal(10,2)", "decimal_comma"),
        (["1.234,50", "2 000,00"], "decimal(9,2)", "decimal_comma"),
        (["6,664", "12"], "decimal(7,0)", "money"),
        (["yes", "No"], "boolean", None),
        (["2024-02-29", "2023-1-5"], "date", None),
        (["20240229", "20230105"], "date", "yyyyMMdd"),
        (["20240230", "20230105"], "int", None),
        (["29/02/2024", "1/3/2024"], "date", "d/M/yyyy"),
        (["02/29/2024", "1/3/2024"], "date", "M/d/yyyy"),
        (["5.1.2024"], "date", "d.M.yyyy"),
        (["28-Feb-97"], "date", "d-MMM-yy"),
        (["2024-01-05 08:00:00"], "timestamp", None),
        (["1e5", "2"], "string", None),
        ([], "string", None),
    ],
)
def test_what_a_column_is_is_guessed_from_what_stands_in_it(cells, kind, parse):
    (guess, _) = guesses.columns(["a", "b"], [[cell, "x"] for cell in cells])
    assert (guess.type, guess.parse) == (kind, parse)


@pytest.mark.parametrize(
    ("row", "delimiter", "parses"),
    [
        (["6,664", "x"], ";", ["decimal_comma", None]),
        (["6,664", "x"], ",", ["money", None]),
        (["6,664", "0.5"], ";", ["money", None]),
        (["6,664", "0,5"], ",", ["decimal_comma", "decimal_comma"]),
        (["1.234", "0,5"], ",", ["decimal_comma", "decimal_comma"]),
        (["1.234", "0.5"], ";", [None, None]),
    ],
)
def test_a_number_that_can_be_read_in_two_ways_is_read_as_the_others_of_its_file(row, delimiter, parses):
    columns = guesses.columns(["a", "b"], [row], delimiter)
    assert [guess.parse for guess in columns] == parses
    assert [guess.is_doubtful for guess in columns] == [True, False]


@pytest.mark.parametrize(
    ("headers", "row", "key"),
    [
        ("借据号,金额,违约", "J{n},1{n},{y}", "借据号"),
        ("Kreditnummer,Betrag,default", "{n},1{n},{y}", "Kreditnummer"),
        ("Vorgang,Betrag,default", "v-{n},1{n},{y}", "Vorgang"),
        ("memo,loan_no,default", "v-{n},{n},{y}", "loan_no"),
        ("memo,amount,default", "said of {n},1{n},{y}", None),
    ],
)
def test_a_column_with_a_value_of_its_own_in_each_row_is_the_key_in_any_language(tmp_path, headers, row, key):
    lines = [row.format(n=n, y="yes" if n % 3 else "no") for n in range(90)]
    result = drafted(tmp_path, "\n".join([headers, *lines]))
    contract = load(tmp_path / "herd").contract("herd__rows")
    assert (key and contract.columns[contract.primary_key[0]].en) == key
    assert any("--key can also be memo" in line for line in result.notes) == ("memo,loan_no" in headers)


def test_a_key_that_is_made_leaves_out_what_comes_afterwards(tmp_path):
    lines = [f"{n % 7},{n},{n if n % 3 else ''},{'' if n > 80 else 'yes' if n % 3 else 'no'}" for n in range(90)]
    result = drafted(tmp_path, "\n".join(["term,amount,paid,default", *lines]), subject=None)
    assert load(tmp_path / "herd").contract("herd__rows").key_hash_of == ("term", "amount")
    assert any("a row stays the same when its outcome comes" in line for line in result.notes)


def test_rows_that_only_their_outcomes_tell_apart_are_two_where_all_have_come(tmp_path):
    lines = [f"{n % 7},{n % 2},{'yes' if n % 3 else 'no'}" for n in range(90)]
    drafted(tmp_path, "\n".join(["term,amount,default", *lines]))
    assert load(tmp_path / "herd").contract("herd__rows").key_hash_of == "row"


def test_values_in_chinese_are_features_and_days_are_those_of_china(tmp_path):
    lines = [f"J{n},{'正常关注次级'[n % 3 * 2 :][:2]},{n},{'是' if n % 4 else '否'}" for n in range(90)]
    drafted(tmp_path, "\n".join(["借据号,担保方式,金额,违约", *lines]))
    herd = load(tmp_path / "herd")
    assert [each.column for each in herd.plain_features.application["herd__rows"]] == ["dan_bao_fang_shi", "jin_e"]
    assert herd.settings.time_zone == "Asia/Shanghai"
    *flags, amount = declared(herd.plain_features, herd.contracts, {})
    words = ("guan_zhu", "ci_ji", "zheng_chang")
    assert [each.name for each in flags] == [f"is_dan_bao_fang_shi_{word}" for word in words]
    assert (amount.name, amount.zh) == ("jin_e", "金额")


@pytest.mark.parametrize(
    ("header", "value", "column"),
    [
        ("Situação", "São José", "situacao"),
        ("Ação", "ações", "acao"),
        ("Betriebsgröße", "Öko", "betriebsgrosse"),
        ("PAÍS", "ÁÉÍ", "pais"),
    ],
)
def test_a_file_in_windows_1252_is_not_taken_for_chinese(tmp_path, header, value, column):
    lines = [f"J{n},{value if n % 2 else 'x'},{'yes' if n % 3 else 'no'}" for n in range(90)]
    result = drafted(tmp_path, "\n".join([f"no,{header},default", *lines]).encode("windows-1252"))
    herd = load(tmp_path / "herd")
    assert herd.source("herd").assets["rows"].encoding == "windows-1252"
    assert herd.contract("herd__rows").columns[column].values == (*sorted([value, "x"]),)
    assert any(note.startswith("LOOK AT the headers and values: the file isn't in UTF-8") for note in result.notes)


@pytest.mark.parametrize(
    ("header", "value", "kind"),
    [
        ("Cód. Município", "35{n:05}", "string"),
        ("PLZ", "1{n:04}", "string"),
        ("邮编", "40{n:04}", "string"),
        ("Code", "{n}", "int"),  # of several lengths
        ("Area", "1{n:04}", "int"),
    ],
)
def test_a_code_in_digits_is_no_number(header, value, kind):
    rows = [[value.format(n=n % 40)] for n in range(90)]
    (guess,) = guesses.columns([header], rows)
    assert guess.type == kind


def test_each_column_that_is_kept_and_no_feature_is_told_with_the_reason(tmp_path):
    lines = [f"J{n},a-{n},r{n % 70},{'ÖÄÜ'[n % 3]}ko,x,{'yes' if n % 3 else 'no'}" for n in range(90)]
    notes = drafted(tmp_path, "\n".join(["no,memo,PLZ,Art,one,default", *lines])).notes
    assert [each.column for each in load(tmp_path / "herd").plain_features.application["herd__rows"]] == ["art"]
    assert notes[-1] == (
        "kept, and no features as they are: memo (a value of its own in every row); PLZ (text without values, or with "
        "too many to list); one (one value alone)"
    )


def test_days_that_can_be_read_in_two_ways_and_few_bad_rows_are_told(tmp_path):
    lines = [f"J{n},{1 + n % 12}/{1 + n % 11}/2018,{'yes' if n < 9 else 'no'}" for n in range(90)]
    notes = drafted(tmp_path, "\n".join(["no,applied,default", *lines])).notes
    assert any(line.startswith("LOOK AT applied: each day there can be read in two ways") for line in notes)
    assert any(line.startswith("only 9 rows are bad") for line in notes)


def test_days_that_fit_but_one_way_are_not_said_to_fit_two(tmp_path):
    assert not any("two ways" in line for line in drafted(tmp_path, loans()).notes)


@pytest.mark.parametrize(
    ("word", "shown"), [("my herd", "'my herd'"), ("herd/a-1", "herd/a-1"), ("身份证号", "身份证号"), ("a;b", "'a;b'")]
)
def test_what_is_to_be_typed_is_quoted_where_a_shell_needs_it(word, shown):
    assert texts.typed(word) == shown


def test_a_decimal_comma_reaches_the_contract_and_is_told(tmp_path):
    rows = (f"{n};6,{n + 100};{'yes' if n % 3 else 'no'}" for n in range(90))
    result = drafted(tmp_path, "\n".join(["LoanNo;Zins;Default", *rows]))
    column = load(tmp_path / "herd").contract("herd__rows").columns["zins"]
    assert (column.type, column.parse) == ("decimal(7,3)", "decimal_comma")
    assert any(line.startswith("LOOK AT Zins: ") and "parse: decimal_comma" in line for line in result.notes)


def test_names_are_fit_for_sql_and_each_is_there_once():
    headers = ["Group", "loan amount", "Loan Amount", "2nd", "subject_key", "金额", "LoanID", "end", "Défaut", "%"]
    assert guesses.named(headers) == [
        "group_value", "loan_amount", "loan_amount_3", "c_2nd", "subject_key_value", "jin_e", "loan_id", "end_value",
        "defaut", "column_10",
    ]  # fmt: skip

"""People: two people are two identities, and one person is one, however a name is written."""

from base64 import b64encode
from contextlib import suppress
from datetime import date

import pytest
import yaml
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from conf.schema import people, roles
from conf.schema.errors import FieldstoneError
from conf.schema.people import NOBODY
from conf.schema.person_names import a_name, in_words, one_form
from conf.schema.workspace import ROOT

KEYS = [b64encode(bytes([n]) * 32).decode() for n in (3, 1, 2)]
LI = {"roles": ["auditor"], "key": KEYS[0], "from": date(2026, 1, 1)}
WANG = {"roles": ["reviewer"], "key": KEYS[1], "from": date(2026, 1, 1), "logins": ["wfang"]}


def _read(tmp_path, **listed):
    path = tmp_path / "people.yaml"
    path.write_text(yaml.safe_dump({"people": listed}, allow_unicode=True), encoding="utf-8")
    return people.read(path)


def test_where_there_is_no_file_there_is_nobody_and_a_name_stands_for_itself(tmp_path):
    assert people.read(tmp_path / "people.yaml") == NOBODY
    assert NOBODY.is_same("Olga", "ＯＬＧＡ ")
    assert not NOBODY.is_same("Olga", "Olha")


@pytest.mark.parametrize(
    "name",
    ["wang.fang", "Wang.Fang", "ｗａｎｇ．ｆａｎｇ", " wang.fang ", "wang\u200b.fang", "wang\ufe0f.fang", "WFANG"],
)
def test_a_person_is_one_however_the_name_is_written(tmp_path, name):
    staff = _read(tmp_path, **{"wang.fang": WANG, "li": LI})
    assert staff.identity(name) == "wang.fang"
    assert staff.find(name).key_id == people.key_id(b"\1" * 32)
    assert not staff.is_same(name, "li")


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        ({"li": LI, "Li": LI | {"key": KEYS[1]}}, "li are names of more than one person"),
        ({"li wei": LI, "Ｌｉ  Ｗｅｉ": LI | {"key": KEYS[1]}}, "li wei are names of more than one person"),
        ({"wfang": LI, "wang.fang": WANG}, "wfang are names of more than one person"),
        ({"li": LI, "wang": WANG | {"key": KEYS[0]}}, "li, wang have the same key"),
        ({"": LI}, "it is blank"),
        ({"li\u200bwei": LI}, r"characters that can't be seen \(U\+200B\)"),
        ({"li\nwei": LI}, "characters that can't be seen"),
        ({"li, wang": LI}, "isn't a person's name: leave out ,"),
        ({"../li": LI}, "isn't a person's name: leave out /"),
        ({"lі": LI}, "mixes letters of LATIN and CYRILLIC"),
        ({"li": LI | {"key": KEYS[0][:-8]}}, "isn't a public key: it must be 32 bytes in Base64"),
        ({"li": LI | {"key": "no key"}}, "isn't a public key"),
        ({"li": LI | {"roles": []}}, "at least 1 item"),
        ({"li": LI | {"roles": ["director"]}}, r"roles \(entry 1\)"),
        ({"li": LI | {"roles": ["service", "reviewer"]}}, "an entry with the role service can't have other roles"),
        ({"li": LI | {"until": date(2025, 1, 1)}}, "until 2025-01-01 is before from 2026-01-01"),
        ({"li": {"roles": ["auditor"]}}, "from: is missing"),
    ],
)
def test_people_who_cannot_be_meant_are_refused(tmp_path, listed, says):
    with pytest.raises(FieldstoneError, match=rf"people people\.yaml are not valid[^$]*{says}"):
        _read(tmp_path, **listed)


def test_somebody_may_act_from_the_first_day_to_the_last(tmp_path):
    person = _read(tmp_path, li=LI | {"until": date(2026, 3, 31)}).find("li")
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1)]
    assert [person.is_current(day) for day in days] == [False, True, True, False]


def test_who_sees_what_follows_from_the_people_while_they_may_act(tmp_path):
    staff = _read(tmp_path, **{"wang.fang": WANG | {"until": date(2026, 3, 31)}})
    stated = roles.read(ROOT / "conf/roles.yaml")
    members = stated.with_members(staff, date(2026, 3, 1))
    assert [members.role_of(name).name for name in ("Wang.Fang", "wfang", "li")] == [
        *["model_governance"] * 2,
        "data_engineer",
    ]
    assert stated.with_members(staff, date(2026, 4, 1)).role_of("wang.fang").name == "data_engineer"
    with pytest.raises(FieldstoneError, match=r"wang\.fang doesn't hold the role privacy_officer"):
        members.role_of("wang.fang", "privacy_officer")
    listed = stated.model_copy(update={"members": {"li": ("auditor",)}})
    with pytest.raises(FieldstoneError, match="keep one list: take members out"):
        listed.with_members(staff, date(2026, 3, 1))


@given(st.text())
def test_a_name_in_its_one_form_stays_as_it_is(text):
    assert one_form(one_form(text)) == one_form(text)


@given(st.text(min_size=1))
def test_case_doesnt_make_another_name(text):
    assert one_form(text.casefold()) == one_form(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tara", "tara."),
        ("tara", "tara'"),
        ("wang.fang", "wang fang"),
        ("wang.fang", "wang-fang"),
        ("wang.fang", "Wang_Fang"),
        ("o’hara", "o'hara"),
        ("oʼhara", "ohara"),
        ("王·芳", "王芳"),
        ("li@bank.cn", "li.bank.cn"),
        ("gil-les", "gil·les"),
    ],
)
def test_marks_tell_no_two_people_apart(tmp_path, one, other):
    with pytest.raises(FieldstoneError, match="are names of more than one person"):
        _read(tmp_path, **{one: LI, other: WANG})
    with pytest.raises(FieldstoneError, match="are names of more than one person"):
        _read(tmp_path, li=LI | {"logins": [one]}, wang=WANG | {"logins": [other]})
    assert NOBODY.is_same(one, other)
    assert _read(tmp_path, **{one: LI}).is_same(one, other)


@pytest.mark.parametrize("other", ["tar", "tará", "tara2", "tara li", "trara"])
def test_letters_and_digits_do(tmp_path, other):
    staff = _read(tmp_path, tara=LI, **{other: WANG})
    assert len(staff.people) == 2
    assert not staff.is_same("tara", other)
    assert not NOBODY.is_same("tara", other)


def test_whoever_can_only_not_be_told_from_somebody_isnt_meant(tmp_path):
    staff = _read(tmp_path, **{"wang.fang": WANG})
    assert staff.find("wangfang") is None
    assert staff.like("wangfang").id == "wang.fang"
    assert staff.identity("wangfang") == "wang.fang"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("jօe", "LATIN and ARMENIAN"),
        ("tаra", "LATIN and CYRILLIC"),
        ("ταra", "LATIN and GREEK"),
        ("ꓡili", "LATIN and LISU"),
        ("Ꭺda", "LATIN and CHEROKEE"),
        ("ᴛara", "signs of phonetics"),
        ("王фан", "CJK and CYRILLIC"),
    ],
)
def test_scripts_whose_letters_look_alike_arent_mixed(tmp_path, name, says):
    with pytest.raises(FieldstoneError, match=says):
        _read(tmp_path, **{name: LI})


@pytest.mark.parametrize(
    "name", ["王芳 Fang", "佐々木 りえ", "ラーメン 太郎", "김 민수 金", "Ольга", "Ελένη", "ᠮᠣᠩᠭᠣᠯ", "oʼhara"]
)
def test_scripts_that_are_written_together_are(tmp_path, name):
    assert len(_read(tmp_path, **{name: LI}).people) == 1


UNSEEN = [*"\u2800\ufffc\u3164\u115f\u1160\uffa0\u034f\u17b4\u200b\u202e\u2060\ufeff\u00ad", "\U0001d159", "\U00013441"]


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_shows_nothing_is_in_no_name_and_makes_no_reason(unseen):
    for text in (f"ta{unseen}ra", f"{unseen}tara", f"tara{unseen}"):
        with pytest.raises(FieldstoneError, match=f"can't be seen .U.{ord(unseen):04X}"):
            a_name(text)
        with pytest.raises(FieldstoneError, match="can't be seen"):
            in_words(text)
        assert one_form(text) == "tara"
    with pytest.raises(FieldstoneError, match="it is blank"):
        in_words(unseen * 3)


def test_a_reason_may_have_what_chooses_a_letters_variant_and_a_name_may_not():
    assert in_words("fine ❤\ufe0f 辻\U000e0100") == "fine ❤\ufe0f 辻\U000e0100"
    with pytest.raises(FieldstoneError, match="can't be seen"):
        a_name("辻\U000e0100")


def test_an_empty_file_of_people_has_nobody(tmp_path):
    for text in ("", "# nobody yet\n", "people:\n", "people: {}\n"):
        (tmp_path / "people.yaml").write_text(text, encoding="utf-8")
        assert people.read(tmp_path / "people.yaml") == NOBODY


def _orders(text: str) -> tuple[str, str]:
    """A point's spelling, and the one with the other sign."""
    point = bytes.fromhex(text)
    return b64encode(point).decode(), b64encode(point[:-1] + bytes([point[-1] | 0x80])).decode()


@pytest.mark.parametrize("key", sorted(key for point in people._SMALL_ORDER for key in _orders(point.hex())))
def test_a_key_by_which_anybody_could_sign_is_nobodys(tmp_path, key):
    with pytest.raises(FieldstoneError, match="is a weak key, with which anybody could sign"):
        _read(tmp_path, li=LI | {"key": key})


def test_without_that_an_act_could_be_signed_by_nobody():
    """What each of them lets through: some message whose signature is made from the public key alone."""
    identity = bytes([1]) + bytes(31)
    forged = 0
    for point in people._SMALL_ORDER:
        public = Ed25519PublicKey.from_public_bytes(point)
        for number in range(64):
            with suppress(InvalidSignature):
                public.verify(identity + bytes(32), b"act %d" % number)
                forged += 1
                break
    assert forged == len(people._SMALL_ORDER)

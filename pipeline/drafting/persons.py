"""Whether a column may identify persons: by its name, in several languages, and by its values."""

import re
from collections.abc import Callable, Collection

from conf.schema.identifiers import is_credit_code, is_resident_id, normalised
from conf.schema.subject import CREDIT_CODE, OPAQUE, RESIDENT_ID
from pipeline.drafting import header_words

_RESIDENTS, _FIRMS = NUMBERED = ("resident ID numbers", "credit codes")
_MOBILE, _MAIL = re.compile(r"(?:\+?86)?1[3-9][0-9]{9}"), re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
# words for names and addresses, for columns of text only; English, German, French, Spanish, Portuguese, Chinese
_TEXTS = re.compile(
    r"(?:^|_)(?:[a-z]*names?|nom|prenoms?|nombres?|apellidos?|nome|sobrenome"
    r"|[a-z]*address(?:e|es)?|[a-z]*adresse[ns]?|[a-z]*anschrift|street|[a-z]*strasse|str|rue|calle|domicilio|direccion"
    r"|endereco|e?mail|courriel|correo|borrower|guarantor|spouse|kreditnehmer|burge|ehepartner)(?:_|$)"
    r"|姓名|户名|户主|名字|曾用名|(?<!产品)(?<!机构)(?<!网点)(?<!支行)(?<!银行)(?<!项目)(?<!品种)(?<!行业)名称"
    r"|地址|住址|住所|门牌|邮箱|微信|客户经理|法定代表|联系方式|配偶|人$"
)
_NUMBERS = re.compile(
    r"(?:^|_)(?:[a-z]*phones?|mobile|mobil|tel|cell|[a-z]*telefone?n?|[a-z]*telefon[a-z]*|telephone|portable|celular|movil"
    r"|handy|passport|passeport|pasaporte|[a-z]*ausweis[a-z]*|reisepass|ssn|nin|card_no|iban|cpf|dni|nif|curp|cedula"
    r"|(?:national|resident|citizen|identity|tax)_?(?:id|no|number|card)|[a-z]*steuer_?id[a-z]*)(?:_|$)"
    r"|电话|手机|证件|身份证|护照|卡号|账号|帐号"
)


def why(name: str, header: str, values: Collection[str], kind: str) -> str | None:
    """Why a column may identify persons; None if there is no sign of it.

    Args:
        name: name made from the header, with `_` between words.
        header: header of the column in the file.
        values: distinct values.
        kind: type of the column.
    """
    called = f"{name} {header_words.plain(header)}"
    for reason, holds in (
        (_RESIDENTS, is_resident),
        (_FIRMS, is_firm),
        ("mobile numbers", lambda value: bool(_MOBILE.fullmatch(re.sub("[ -]", "", value)))),
        ("addresses of mail", lambda value: bool(_MAIL.fullmatch(value))),
    ):
        if mostly(values, holds):
            return reason
    patterns = {"boolean": (), "string": (_TEXTS, _NUMBERS)}.get(kind, (_NUMBERS,))
    is_named = any(pattern.search(each) for pattern in patterns for each in called.split())
    return "its name says so" if is_named else None


def kind(values: Collection[str]) -> str:
    """The kind of subject of a column of numbers: `resident_id`, `credit_code`, or `opaque`."""
    return RESIDENT_ID if mostly(values, is_resident) else CREDIT_CODE if mostly(values, is_firm) else OPAQUE


def is_resident(value: str) -> bool:
    """Whether a value is a resident ID in any form."""
    return is_resident_id(normalised(value))


def is_firm(value: str) -> bool:
    """Whether a value is a unified social credit code in any form."""
    return is_credit_code(normalised(value))


def mostly(values: Collection[str], holds: Callable[[str], bool]) -> bool:
    """Whether `holds` is true for at least half of the values."""
    return bool(values) and sum(holds(value) for value in values) >= 0.5 * len(values)

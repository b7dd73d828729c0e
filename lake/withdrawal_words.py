"""Words for the end of a consent, as partners write them in undeclared columns.

A new column of a partner ends no consent as long as nothing in it says so: a branch, a channel, a date of expiry, or a
text about how a consent may be withdrawn is no end. What is unsure counts as one, for a person looks at it then.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import cast

# in names and short values, of who ends a consent
_ENDING = ("withdr", "revok", "revoc", "rescind", "cancel", "撤回", "撤销", "撤銷", "取消", "注销", "註銷", "解除")
# in short values alone, for a column that is called so may say when a consent is to expire
_ENDED_IN = ("terminat", "no longer", "opt out", "opted out", "终止", "終止", "中止", "作废", "作廢", "失效", "停用")
# a whole value, a word of a state, or a word of a name
_ENDED = {"ended", "closed", "inactive", "deactivated", "terminated", "void", "voided", "invalidated", "lapsed"}
# a whole value or a word of a state; as part of a name they may say when a consent is to expire
_STOPPED = {"expired", "invalid", "stopped", "disabled", "deleted", "suspended", "rejected", "refused", "declined"}
_ENDED_STATES = {
    "无效",
    "无效的",
    "已无效",
    "关闭",
    "已关闭",
    "过期",
    "已过期",
    "结束",
    "已结束",
    "停止",
    "已停止",
    "暂停",
}
_STATES = _STOPPED | _ENDED_STATES
_IN_FORCE = {"active", "valid", "enabled", "effective"}
_STATE = {"status", "state", "lifecycle"}
_NO = {"0", "false", "f", "no", "n", "off", "否"}
_NOTHING = {"", "null", "none", "na", "n/a", "nan", "-", "--", "无", "active", "valid"}
_SHORT = 40  # characters: a longer value is a text, which may speak of withdrawals without being one
_WORD = re.compile(r"[a-z0-9]+|[^\x00-\x7f]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SUPPOSED = re.compile(r"\b(?:if|once|when|whenever|unless|until|after)\b[^.,;]*|\bbe (?:\w+ )?\w+|cancell?able")
_HAS_ENDED = re.compile(
    r"\b(?:withdrawn|withdrew|revoked|cancell?ed|rescinded|terminated|opted out)\b"
    r"|(?<![如若])已经?被?(?:撤回|撤销|撤銷|取消|终止|終止|注销|註銷|解除|作废|失效)|(?:撤回|撤销|取消|终止|解除)了"
)


def speaks_of_end(text: str) -> bool:
    """Whether a name or a line has a word of who ends a consent."""
    plain = _plain(text).replace("cancellable", "").replace("cancelable", "")
    return any(word in plain for word in _ENDING)


def speaks_of_state(name: str) -> bool:
    """Whether a column may say by its values that a consent has ended, though its name doesn't."""
    words = _words(name)
    return bool(_STATE & {*words}) or any("状态" in word or "狀態" in word for word in words) or _tells_force(name)


def says_end(name: str, value: object) -> bool:
    """Whether a value under a name that no consent has says that one has ended, be it deep within an object or list."""
    return any(_says(under, _plain(leaf).strip()) for under, leaf in _leaves(name, value))


def _says(name: str, value: str) -> bool:
    if value in _NO:
        return _tells_force(name)
    if value in _NOTHING:
        return False
    if speaks_of_end(name) or _ENDED & {*_words(name)}:
        return True
    if len(value) > _SHORT:
        return bool(_HAS_ENDED.search(_SUPPOSED.sub("", value)))
    ended = _ENDED | _STATES
    words = {*_words(value)} if speaks_of_state(name) else {value}
    return speaks_of_end(value) or any(word in value for word in _ENDED_IN) or bool(ended & words)


def _leaves(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Single values within a value, each under the names that lead to it; objects and lists may be written as JSON."""
    waiting = [(name, value)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            with suppress(ValueError, RecursionError):  # a text like others
                value = json.loads(value)
        if isinstance(value, dict) and value:
            waiting += [(f"{name}.{key}", each) for key, each in cast("dict[str, object]", value).items()]
        elif isinstance(value, list) and value:
            waiting += [(name, each) for each in cast("list[object]", value)]
        else:
            yield name, "" if value is None else str(cast("object", value))


def _tells_force(name: str) -> bool:
    """Whether a column's name asks if a consent is in force."""
    words = _words(name)
    return bool(words) and (words[-1] in _IN_FORCE or words[-1].endswith(("有效", "生效")))


def _words(text: str) -> list[str]:
    return _WORD.findall(_plain(_HUMP.sub("_", text)))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()

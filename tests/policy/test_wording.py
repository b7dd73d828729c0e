"""Chinese texts use the words that banks use, the same one everywhere."""

import subprocess
from functools import cache

import pytest

from conf.schema.workspace import ROOT

# what isn't written -> what is
WORDS = {
    "准入门槛": "上线门槛, for gates of a model",
    "时间外": "跨期, or 跨期样本（OOT）",
    "时间内": "建模期, or 建模期样本",
    "十二个月": "12个月",
    "收入入账": "入账收入",
    "农产品销售入账": "农产品销售收入",
    "有流水的月数": "有交易流水的月份数",
    "被拒申请数": "贷款申请被拒次数",
    "养殖周期": "养殖批次",
    "户内持有人身份证号": "经营户成员身份证号",
    "成员起始日期": "加入家庭日期",
    "还款计划与表现": "还款计划明细",
    "最低贷款额": "最低起贷金额",
    "可贷额度低于": "低于最低起贷金额",
    "可读为": "可解析为",
    "贷不贷": "是否放贷",
    "贷多少": "授信额度",
    "：对申请不利": "a sentence for the feature and the direction, not its label",
    '"对申请不利': "a sentence for the feature and the direction, not its label",
    "主干": "主表, for the spine",
    "逐行相加": "单笔各特征贡献相加等于模型输出",
    "布赖尔": "Brier 分数",
    "分位损失": "分位数损失",
    "按时点连接": "按时点关联",
    "沙箱": "合成环境",
    "沙盒": "合成环境",
    "审计日志": "审计链",
    "审计轨迹": "审计链",
    "注册库": "登记处",
    "，银层": "白银层",
    "入银层": "白银层",
    '"银层': "白银层",
    '"铜层': "青铜层",
    '"金层': "黄金层",
    "和金层": "黄金层",
}
TEXTS = (".py", ".j2", ".md", ".yaml")


@cache
def texts() -> dict[str, str]:
    """What stands in each file that is kept, but the tests, by its place in the project."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.splitlines() if name.endswith(TEXTS) and not name.startswith("tests/")]
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in names}


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_banks_do_not_use_is_not_written(word):
    names = [name for name, text in texts().items() if word in text]
    assert not names, f"{word} stands in {', '.join(names)}; write {WORDS[word]}"

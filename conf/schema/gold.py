"""Tables of gold: the only place where they are declared."""

from conf.schema import table_names
from conf.schema.column import Text
from conf.schema.contract import Purpose
from conf.schema.errors import ContractError
from conf.schema.gold_table import GoldColumn, GoldTable, ReadGate
from conf.schema.naming import undated


def _columns(**stated: tuple[str, str, str]) -> dict[str, GoldColumn]:
    return {name: GoldColumn(type=kind, en=en, zh=zh) for name, (kind, en, zh) in stated.items()}


_APPLICATION = ("string", "Number of the application", "申请编号")
_SUBJECT = ("string", "Pseudonym of the applicant", "申请人假名标识")
_CONSENTS = ("array<string>", "Consents that the row rests on", "所依据的授权编号")
_MOMENT = ("timestamp", "Moment as of which the row was built", "取数时点")
_FEATURES = Text(en="the features of the workspace, each a number", zh="工作区声明的特征，均为数值")
_LABELS = Text(en="the labels of the workspace's spine", zh="工作区主表声明的标签")

_BUILT = _columns(application_id=_APPLICATION, subject_key=_SUBJECT, as_of=_MOMENT, consent_ids=_CONSENTS)
_NEEDED_OF_BUILT = ("application_id", "subject_key", "consent_ids")

TRAINING_FEATURES = GoldTable(
    table=table_names.TRAINING_FEATURES,
    title=Text(en="Features to learn from", zh="训练特征"),
    grain=Text(en="one row per application that became a loan", zh="每笔已放款的申请一行"),
    gates=(ReadGate.CONSENTS, ReadGate.SUBJECT),
    purposes=(Purpose.MODEL_TRAINING,),
    columns=_BUILT,
    needed=_NEEDED_OF_BUILT,
    more=_FEATURES,
)
DECLINED_FEATURES = GoldTable(
    table=table_names.DECLINED_FEATURES,
    title=Text(en="Features of those who were declined", zh="被拒申请特征"),
    grain=Text(en="one row per application that was declined", zh="每笔被拒绝的申请一行"),
    gates=(ReadGate.CONSENTS, ReadGate.SUBJECT),
    purposes=(Purpose.MODEL_TRAINING,),
    columns=_BUILT,
    needed=_NEEDED_OF_BUILT,
    more=_FEATURES,
)
APPLICATION_FEATURES = GoldTable(
    table=table_names.APPLICATION_FEATURES,
    title=Text(en="Features to decide by", zh="审批特征"),
    grain=Text(en="one row per pending application", zh="每笔待审批申请一行"),
    gates=(ReadGate.CONSENTS,),
    purposes=(Purpose.CREDIT_ASSESSMENT,),
    columns=_BUILT,
    needed=_NEEDED_OF_BUILT,
    more=_FEATURES,
)
TRAINING_LABELS = GoldTable(
    table=table_names.TRAINING_LABELS,
    title=Text(en="What became of loans", zh="训练标签"),
    grain=Text(en="one row per application that became a loan", zh="每笔已放款的申请一行"),
    gates=(ReadGate.SUBJECT,),
    purposes=(Purpose.MODEL_TRAINING,),
    columns=_columns(
        application_id=_APPLICATION,
        subject_key=_SUBJECT,
        as_of=_MOMENT,
        label_status=("string", "What became of it, or why nobody knows yet", "贷款表现，或尚不可知的原因"),
    ),
    needed=("application_id", "subject_key"),
    more=_LABELS,
)
TRAINING_SUBJECTS = GoldTable(
    table=table_names.TRAINING_SUBJECTS,
    title=Text(en="Whom model versions have learnt from", zh="模型版本的训练对象"),
    grain=Text(en="one row per model, training and person", zh="每个模型、每次训练、每人一行"),
    ungated_because=Text(
        en="withdrawals are held against it, so it has to name those whose consent has ended",
        zh="撤回授权时据此核对，因此须保留授权已终止者",
    ),
    purposes=(Purpose.MODEL_TRAINING,),
    columns=_columns(
        model=("string", "Name of the model", "模型名称"),
        fingerprint=("string", "Fingerprint of the training", "训练指纹"),
        subject_key=("string", "Pseudonym of the person", "个人假名标识"),
    ),
    needed=("model", "fingerprint", "subject_key"),
)
DECISIONS = GoldTable(
    table=table_names.DECISIONS,
    title=Text(en="Decisions", zh="审批决策"),
    grain=Text(en="one row per application that was decided; never changed", zh="每笔已决策的申请一行，不再更改"),
    gates=(ReadGate.CONSENTS,),
    purposes=(Purpose.CREDIT_ASSESSMENT, Purpose.POST_LOAN_MONITORING, Purpose.FAIRNESS_TESTING),
    columns=_columns(
        application_id=_APPLICATION,
        subject_key=_SUBJECT,
        decided_at=("timestamp", "When it was decided", "决策时间"),
        as_of=_MOMENT,
        decision=("string", "Admit, decline or refer to a person", "决策：准入、拒绝或转人工"),
        pd=("double", "Probability of default within the horizon of the label", "违约概率"),
        grade=("string", "Grade by the policy", "信用等级"),
        score=("double", "Points of the scale that the policy declares", "评分"),
        capacity_year=("double", "Estimated repayment capacity, {currency} a year", "年偿还能力（{currency}）"),
        requested_amount=("decimal(12,2)", "Amount asked for, {currency}", "申请金额（{currency}）"),
        limit_amount=("decimal(12,2)", "Limit admitted or suggested, {currency}", "授信额度（{currency}）"),
        binding_constraint=("string", "What bound the limit", "额度约束因素"),
        # the steps from capacity to limit, which a person can repeat by hand: see `models.caps.steps`
        limit_steps=(
            "array<string>",
            "Steps from the repayment capacity to the limit, in order; none where it couldn't be computed",
            "从还款能力到额度的计算步骤，按顺序排列；无法计算时为空",
        ),
        limit_step_values=(
            "array<double>",
            "What each step comes to: sums in {currency} to the cent, beside the share, the rate and the term",
            "各步骤的数值：金额以{currency}计、精确到分，另有比例、利率及期限",
        ),
        limit_reasons_en=(
            "array<string>",
            "Why the limit is below what was asked for, in English",
            "额度低于申请金额的理由（英文）",
        ),
        limit_reasons_zh=(
            "array<string>",
            "Why the limit is below what was asked for, in Chinese",
            "额度低于申请金额的理由（中文）",
        ),
        limit_reason_steps=(
            "array<string>",
            "Step behind each of these reasons; the first is what bound the limit",
            "各项额度理由对应的步骤，首项为约束因素",
        ),
        limit_reason_changes=(
            "array<string>",
            "Whether the household can change it: now, later or never",
            "申请人能否改变该情况：now 现在、later 以后、never 不能",
        ),
        expected_loss=("double", "Expected loss, {currency}", "预期损失（{currency}）"),
        # reasons are for the applicant; grounds explain the codes to a reviewer
        reasons_en=("array<string>", "Reasons for the applicant, in English", "告知申请人的理由（英文）"),
        reasons_zh=("array<string>", "Reasons for the applicant, in Chinese", "告知申请人的理由（中文）"),
        reason_features=("array<string>", "Feature behind each reason", "理由所依据的特征"),
        reason_changes=(
            "array<string>",
            "Whether the household can change it: now, later, never; empty where nobody said",
            "申请人能否改变该情况：now 现在、later 以后、never 不能；未说明的为空",
        ),
        # amounts and terms that would be admitted after a decline; empty if none would
        changes_en=(
            "array<string>",
            "Changes of amount, term or debts that would have been admitted, for the applicant, in English",
            "可予准入的调整（申请金额、期限或结清贷款），告知申请人（英文）",
        ),
        changes_zh=(
            "array<string>",
            "Changes of amount, term or debts that would have been admitted, for the applicant, in Chinese",
            "可予准入的调整（申请金额、期限或结清贷款），告知申请人（中文）",
        ),
        changes_asked=(
            "array<string>",
            "The same as figures: amount, term and limit, and what is repaid before",
            "同上，以数值表示：金额、期限、额度及先行结清金额",
        ),
        refer_reasons=("array<string>", "Codes of why a person decides", "转人工代码"),
        decline_reasons=("array<string>", "Codes of why it was declined", "拒绝代码"),
        grounds_en=("array<string>", "What the codes mean, for whoever reviews, in English", "代码释义（英文）"),
        grounds_zh=("array<string>", "What the codes mean, for whoever reviews, in Chinese", "代码释义（中文）"),
        consent_ids=_CONSENTS,
        review_route=("string", "How a person is asked to review it", "人工复核途径"),
        admission_model=("string", "Version that scored the risk", "准入模型版本"),
        limit_model=("string", "Version that scored the capacity", "额度模型版本"),
        policy_from=("string", "Day from which the policy held", "政策生效日"),
        table_versions=("string", "Versions of the tables that were read, as JSON", "所读数据表版本（JSON）"),
        suspended_sources=("array<string>", "Partners that were out", "停用的数据来源"),
    ),
    needed=("application_id", "subject_key", "consent_ids"),
    is_kept=True,
    named_by=("application_id",),
)

TABLES = {
    each.table: each
    for each in (
        TRAINING_FEATURES,
        DECLINED_FEATURES,
        APPLICATION_FEATURES,
        TRAINING_LABELS,
        TRAINING_SUBJECTS,
        DECISIONS,
    )
}

# table with sealed values → columns that identify a row; for sealed silver they are the contract's primary key
NAMED_BY = {each.table: each.named_by for each in (*TABLES.values(), *table_names.PLATFORM) if each.named_by}


def declared(table: str) -> GoldTable:
    """The declaration of a gold table; a dated table, of a run for a past moment, has that of the present table.

    Raises:
        ContractError: the table isn't declared.
    """
    if declaration := TABLES.get(undated(table)):
        return declaration
    raise ContractError(
        f"{table} isn't declared, so nothing says who may read it; tables of gold are {', '.join(sorted(TABLES))} "
        "(conf/schema/gold.py)"
    )


def is_kept(table: str) -> bool:
    """Whether rows of a table are kept for the retention term of decisions; False if it isn't declared."""
    declaration = TABLES.get(undated(table))
    return declaration is not None and declaration.is_kept

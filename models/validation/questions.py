"""The questions of a PD's validation, in the wording of its report; some of them also apply to limits."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A test's family, null hypothesis and the name of its figure, the latter two by language."""

    family: str
    null: dict[str, str]
    says: dict[str, str]


def of_family(family: str, *rows: tuple[str, str, str, str, str]) -> dict[str, Question]:
    """Questions of a family by name: null hypothesis and name of the figure, each in English and Chinese."""
    return {
        name: Question(family, {"en": null, "zh": null_zh}, {"en": says, "zh": says_zh})
        for name, null, null_zh, says, says_zh in rows
    }


_TRUE_PD = ("the PDs are true", "违约概率准确")

QUESTIONS = (
    of_family(
        "discrimination",
        ("auc", "it ranks well enough", "排序能力达标", "AUC out of time", "跨期 AUC"),
        (
            "auc_drop",
            "it ranks as well as in time",
            "跨期排序不弱于建模期",
            "AUC lost out of time",
            "跨期 AUC 下降",
        ),
        ("gini", "it ranks well enough", "排序能力达标", "Gini out of time", "跨期基尼系数"),
        ("ks", "it parts bads and goods", "能区分好坏客户", "KS out of time", "跨期 KS"),
        (
            "lift",
            "the riskiest tenth holds more bads",
            "最高风险十分位违约更多",
            "lift of the riskiest tenth",
            "最高风险 10% 提升度",
        ),
        (
            "capture",
            "the riskiest fifth holds the bads",
            "最高风险五分位覆盖违约",
            "share of bads in the riskiest fifth",
            "最高风险 20% 捕获率",
        ),
        ("brier_skill", "a PD says more than the mean rate", "违约概率优于平均违约率", "Brier skill", "Brier 技巧分数"),
    )
    | of_family(
        "calibration",
        ("binomial", *_TRUE_PD, "observed less mean PD, exact binomial", "实际违约率减平均违约概率，精确二项检验"),
        ("jeffreys", *_TRUE_PD, "observed less mean PD, Jeffreys", "实际违约率减平均违约概率，Jeffreys 检验"),
        (
            "pd_too_low",
            "the PDs aren't too low",
            "违约概率未低估",
            "observed over mean PD",
            "实际违约率与平均违约概率之比",
        ),
        ("spiegelhalter", *_TRUE_PD, "Spiegelhalter's z", "Spiegelhalter z 值"),
        ("calibration_in_the_large", "the intercept is 0", "校准截距为 0", "calibration in the large", "总体校准截距"),
        ("calibration_slope", "the slope is 1", "校准斜率为 1", "calibration slope", "校准斜率"),
        ("hosmer_lemeshow", *_TRUE_PD, "Hosmer–Lemeshow", "Hosmer–Lemeshow 统计量"),
    )
    | of_family(
        "grades",
        (
            "grade_calibration",
            "each grade's PD is true",
            "各等级违约概率准确",
            "largest miss of a grade",
            "等级最大偏差",
        ),
        (
            "grade_order",
            "a worse grade has no lower bad rate",
            "等级越差违约率不降低",
            "largest reversal between grades",
            "等级间最大倒挂",
        ),
        (
            "grade_concentration",
            "loans are spread over the grades",
            "各等级分布不集中",
            "normalised Herfindahl index",
            "标准化赫芬达尔指数",
        ),
        (
            "migration",
            "applicants keep about the grade that they had",
            "同一申请人的等级大致不变",
            "applications two grades or more from the one before",
            "较上次申请变动两级及以上的比例",
        ),
    )
    | of_family(
        "stability",
        ("score_psi", "PDs are spread as in time", "违约概率分布稳定", "PSI of the PD", "违约概率 PSI"),
        ("feature_csi", "features are spread as in time", "特征分布稳定", "largest CSI", "最大 CSI"),
        (
            "missing_rates",
            "as much is missing as in time",
            "缺失率稳定",
            "largest change of a missing rate",
            "缺失率最大变化",
        ),
    )
    | of_family(
        "weak parts",
        (
            "slice_calibration",
            "the PDs are true in every part",
            "各子群违约概率准确",
            "largest miss of a part",
            "子群最大偏差",
        ),
        (
            "slice_ranking",
            "every part is ranked as well",
            "各子群排序能力相当",
            "largest loss of AUC in a part",
            "子群 AUC 最大下降",
        ),
        (
            "overfit_region",
            "no part is worse out of time",
            "各子群跨期不变差",
            "largest rise of the Brier score in a part",
            "子群 Brier 分数最大上升",
        ),
        (
            "out_of_group",
            "groups never seen are ranked as well",
            "未见过的群组排序能力相当",
            "AUC lost by models that never saw the row's group",
            "未见过所属群组的模型 AUC 下降",
        ),
        (
            "resilience",
            "unusual rows are ranked as well",
            "非常见样本排序能力相当",
            "AUC lost on the most unusual fifth",
            "最不常见 20% 样本 AUC 下降",
        ),
    )
    | of_family(
        "robustness",
        (
            "noise",
            "small errors in the data change little",
            "小误差影响有限",
            "AUC lost to noise of a tenth",
            "10% 噪声下 AUC 下降",
        ),
        (
            "missing_values",
            "a tenth missing changes little",
            "缺失 10% 影响有限",
            "AUC lost to missing values",
            "缺失值下 AUC 下降",
        ),
        (
            "cut_off",
            "a nearby cut-off decides alike",
            "临近准入线决定相近",
            "admission moved by a tenth of the cut-off",
            "准入线变动 10% 时准入率变动",
        ),
        (
            "seed",
            "chance decides nothing",
            "随机种子不影响决定",
            "decisions that turn with the seed",
            "随机种子导致的决定变化",
        ),
        (
            "grounding",
            "what the strongest reason names raises the risk",
            "首要原因确实推高风险",
            "declined whose strongest reason doesn't",
            "首要原因未推高风险的拒绝比例",
        ),
        (
            "reason_stability",
            "models of other samples state the same reasons",
            "换样本训练的模型给出相同原因",
            "share of reasons that models of other samples state too",
            "换样本训练的模型同样给出的拒绝原因比例",
        ),
        ("monotone", "declared directions hold", "单调方向成立", "largest step against its direction", "反向最大幅度"),
        ("additive", "contributions add up to the score", "贡献可加", "largest gap of SHAP values", "SHAP 最大误差"),
    )
    | of_family(
        "fairness",
        ("selection", "groups are admitted alike", "各群体准入率相当", "least ratio of admission", "最低相对准入率"),
        (
            "equal_opportunity",
            "who repays is admitted alike",
            "好客户准入率相当",
            "difference among those who repaid",
            "好客户准入率差异",
        ),
        (
            "group_calibration",
            "the PDs are true in every group",
            "各群体违约概率准确",
            "largest miss of a group",
            "群体最大偏差",
        ),
    )
    | of_family(
        "leakage",
        (
            "single_feature",
            "no feature knows the outcome",
            "无特征单独预知结果",
            "AUC of one feature alone",
            "单特征最大 AUC",
        ),
        (
            "information_value",
            "no feature knows the outcome",
            "无特征单独预知结果",
            "largest information value in fifths",
            "五等分最大信息值 IV",
        ),
        (
            "post_outcome",
            "being known tells no outcome",
            "是否有值与结果无关",
            "largest phi of being known",
            "是否有值与结果的最大 phi 系数",
        ),
        (
            "both_sides",
            "who was learnt from is ranked no better",
            "见过的主体排序不更好",
            "AUC gained on households seen in development",
            "建模样本中已出现农户的 AUC 优势",
        ),
        (
            "future_rows",
            "no row is from after its slice or the data",
            "无未来样本",
            "share of rows from the future",
            "未来样本占比",
        ),
        (
            "repeated_rows",
            "no row out of time was learnt from",
            "跨期样本（OOT）未用于建模",
            "share of rows that repeat one of development",
            "与建模样本重复的占比",
        ),
    )
    | of_family(
        "rivals",
        (
            "logistic_regression",
            "it ranks no worse than logistic regression",
            "不弱于逻辑回归",
            "AUC gained over logistic regression",
            "较逻辑回归 AUC 提升",
        ),
        (
            "swap_set",
            "who is swapped in is no worse",
            "换入客户风险不更高",
            "bad rate of swapped in less swapped out",
            "换入与换出违约率之差",
        ),
    )
)

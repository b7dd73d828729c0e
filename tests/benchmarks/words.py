"""What the benchmark page says, in English and in Chinese."""

ENGINES = {
    "sail": {"en": "Fieldstone (Sail)", "zh": "田宅（Sail）"},
    "duckdb": {"en": "DuckDB, SQL by hand", "zh": "DuckDB，手写 SQL"},
    "polars": {"en": "Polars, by hand", "zh": "Polars，手写"},
    "spark": {"en": "Fieldstone (Apache Spark)", "zh": "田宅（Apache Spark）"},
}
WAYS = {
    "copy": {
        "en": "`COPY … TO` the server's own disk, DuckDB to Parquet",
        "zh": "`COPY … TO` 服务器本机磁盘，再由 DuckDB 写成 Parquet",
    },
    "tls": {
        "en": "`COPY … TO STDOUT` over TLS, DuckDB to Parquet",
        "zh": "经 TLS 的 `COPY … TO STDOUT`，再由 DuckDB 写成 Parquet",
    },
    "door": {"en": "`fieldstone ingest bank`, over TLS", "zh": "经 TLS 的 `fieldstone ingest bank`"},
}
MODELS = {
    "xgboost": {"en": "bare XGBoost and TreeSHAP, training", "zh": "直接调用 XGBoost 与 TreeSHAP，训练"},
    "training": {"en": "Fieldstone, training", "zh": "田宅，训练"},
    "training_on_two": {"en": "Fieldstone, training with two threads", "zh": "田宅，双线程训练"},
    "shap": {"en": "`shap.TreeExplainer`, explaining", "zh": "`shap.TreeExplainer`，解释"},
    "explained": {"en": "Fieldstone, scoring and explaining", "zh": "田宅，评分并解释"},
}
STEPS = {  # of `make run`, as `sandbox.stack` calls them; tasks keep their names
    "Airflow's database": {"en": "Airflow's database", "zh": "Airflow 的数据库"},
    "sandbox county": {"en": "sandbox county", "zh": "合成县"},
    "partners": {"en": "partners", "zh": "合作方"},
    "start of Airflow": {"en": "start of Airflow", "zh": "启动 Airflow"},
    "people": {"en": "people", "zh": "人员"},
    "policy": {"en": "policy", "zh": "信贷政策"},
    "rest of the start": {"en": "rest of the start", "zh": "启动的其余部分"},
    "DAGs": {"en": "DAGs", "zh": "全部 DAG"},
    "summary": {"en": "summary", "zh": "汇总"},
}
VERDICTS = {True: {"en": "met", "zh": "达到"}, False: {"en": "**missed**", "zh": "**未达到**"}}
SENTENCES = {
    "title": {"en": "# Benchmarks", "zh": "# 性能"},
    "machine": {
        "en": "`make bench` on {date}, {cores} cores, {memory:.0f} GiB, {software}.",
        "zh": "{date} 运行 `make bench`：{cores} 核，{memory:.0f} GiB，{software}。",
    },
    "features": {"en": "## Transaction features", "zh": "## 交易特征"},
    "about_features": {
        "en": "This test computes the features that `features/banking.py` declares on transactions, with {months} "
        "months of bookings for each household, from Parquet to Parquet. Every engine reads the same files. "
        "All results are equal to 1e-9.",
        "zh": "`features/banking.py` 对交易流水声明的特征，每户 {months} 个月流水，从 Parquet 到 Parquet。"
        "各引擎读取相同的文件，结果之差不超过 1e-9。",
    },
    "features_head": {
        "en": "| engine | households | bookings | seconds | peak memory | against DuckDB |",
        "zh": "| 引擎 | 户数 | 流水笔数 | 秒 | 内存峰值 | 与 DuckDB 之比 |",
    },
    "plot": {
        "en": "![Seconds by engine and size](benchmarks.svg)",
        "zh": "![各引擎在不同户数下的秒数](benchmarks.svg)",
    },
    "targets_head": {"en": "| target | measured | at most | |", "zh": "| 目标 | 实测 | 上限 | |"},
    "ratio": {"en": "{ratio:.2f} x", "zh": "{ratio:.2f} 倍"},
    "time_target": {
        "en": "time against DuckDB at {households:,} households",
        "zh": "{households:,} 户时与 DuckDB 的用时之比",
    },
    "memory_target": {"en": "peak memory in GB", "zh": "内存峰值（GB）"},
    "growth_target": {"en": "growth from {households:,}", "zh": "相对 {households:,} 户的用时增长倍数"},
    "bookings": {"en": "## Bookings from PostgreSQL", "zh": "## 从 PostgreSQL 读取流水"},
    "about_bookings": {
        "en": "This test reads the bank's transactions into bronze, with consent gate, vault, pseudonyms "
        "and row hashes. It is compared with the simplest copy: CSV by `COPY`, which DuckDB reads "
        "and writes as Parquet. A client can't reach the server's own disk, so that way is the "
        "strictest measure. The ways run in turns; the figures are those of the better of two "
        "rounds.",
        "zh": "把银行交易流水写入青铜层，经过授权闸门、保险库、假名化和行哈希，与最简单的复制相比："
        "用 `COPY` 导出 CSV，由 DuckDB 读取并写成 Parquet。客户端够不到服务器本机磁盘，因此该方式是最严的参照。"
        "各方式轮流运行两轮，取较好的一轮。",
    },
    "bookings_head": {
        "en": "| way | bookings | seconds | processor seconds | peak memory of the client | time against "
        "the first | processor time against the first |",
        "zh": "| 方式 | 流水笔数 | 秒 | 处理器秒 | 客户端内存峰值 | 与第一种之比 | 处理器用时之比 |",
    },
    "door_time_target": {"en": "time at {rows:,} against {way}", "zh": "{rows:,} 笔时与“{way}”的用时之比"},
    "door_memory_target": {
        "en": "memory at {rows:,} against that at {fewest:,}",
        "zh": "{rows:,} 笔与 {fewest:,} 笔的内存之比",
    },
    "models": {"en": "## Training and explaining", "zh": "## 训练与解释"},
    "about_models": {
        "en": "This test trains a PD of {features} features and {rounds} rounds, without search. It is "
        "compared with the bare calls that it makes: a booster of each fold, which scores its "
        "held-out rows in each round, a booster of all rows, and TreeSHAP. Both use one processor; a "
        "third way uses two threads. Explaining goes by parts of {at_once:,} rows. It is compared "
        "with the same trees in `shap.TreeExplainer`, both on all processors. Processor seconds "
        "count all threads.",
        "zh": "{features} 个特征、{rounds} 轮的违约概率模型，不做搜索，与其自身所用的直接调用相比："
        "每折一个提升模型并逐轮为留出样本评分，再以全部样本训练一个，并计算 TreeSHAP。前两种只用一个处理器，"
        "第三种用两个线程。解释按每批 {at_once:,} 行进行，与 `shap.TreeExplainer` 对同一批树的计算相比，"
        "均使用全部处理器。处理器秒数含全部线程。",
    },
    "models_head": {
        "en": "| way | loans | seconds | processor seconds | peak memory |",
        "zh": "| 方式 | 贷款笔数 | 秒 | 处理器秒 | 内存峰值 |",
    },
    "training_target": {
        "en": "processor seconds of training {rows:,} against the bare calls",
        "zh": "训练 {rows:,} 笔与直接调用的处理器秒数之比",
    },
    "processors_target": {
        "en": "seconds of training with two threads against one",
        "zh": "双线程与单线程的训练用时之比",
    },
    "explained_target": {
        "en": "processor seconds of explaining {rows:,} against `shap.TreeExplainer`",
        "zh": "解释 {rows:,} 笔与 `shap.TreeExplainer` 的处理器秒数之比",
    },
    "explained_memory_target": {
        "en": "memory of explaining {rows:,} against {fewest:,}",
        "zh": "解释 {rows:,} 笔与 {fewest:,} 笔的内存之比",
    },
    "recourse": {"en": "## What a declined applicant could ask for", "zh": "## 被拒申请人可改的申请"},
    "about_recourse": {
        "en": "Of {applicants:,} applicants of a portfolio of the tests, {declined:,} are declined. This test searches "
        "the smallest changes that would admit each of them. {helped:,} have one. Each of the {proposals:,} proposals "
        "is asked for anew, with every feature computed again. A declined applicant takes {together_ms:.1f} ms of the "
        "processor in a run of many, and {p50_ms:.1f} ms alone (median of {alone}).",
        "zh": "测试所用客群的 {applicants:,} 名申请人中 {declined:,} 名被拒，逐一寻找可获准入的最小变化，"
        "其中 {helped:,} 名有此变化。共 {proposals:,} 项建议，每项均重新计算全部特征后再次申请验证。"
        "成批计算每名被拒申请人用时 {together_ms:.1f} 毫秒（处理器时间），"
        "单独计算 {p50_ms:.1f} 毫秒（{alone} 名的中位数）。",
    },
    "p99_target": {"en": "milliseconds alone, 99th percentile", "zh": "单独计算的毫秒数（第 99 百分位）"},
    "forbidden_target": {"en": "forbidden changes", "zh": "不允许的变化"},
    "refused_target": {"en": "proposals that weren't admitted when asked for", "zh": "再次申请未获准入的建议"},
    "steps": {"en": "## Where the time of `make run` goes", "zh": "## `make run` 的时间用在哪里"},
    "about_steps": {
        "en": "The run took {total:.0f} s. In {idle:.0f} s of them no task was running. Tasks overlap.",
        "zh": "共 {total:.0f} 秒，其中 {idle:.0f} 秒没有任务在运行。任务之间有重叠。",
    },
    "steps_head": {"en": "| step | seconds | share |", "zh": "| 步骤 | 秒 | 占比 |"},
    "task": {"en": "task {name}", "zh": "任务 {name}"},
}


def say(language: str, name: str, /, **figures: object) -> str:
    """A sentence of the page in `en` or `zh`, with its figures."""
    return SENTENCES[name][language].format(**figures)


def targets(language: str, verdicts: list[tuple[str, str, bool, float]]) -> list[str]:
    """A table of targets: what, measured, whether that is met, at most."""
    rows = [
        f"| {what} | {value} | {at_most} | {VERDICTS[bool(met)][language]} |" for what, value, met, at_most in verdicts
    ]
    return [say(language, "targets_head"), "|---|---:|---:|---|", *rows, ""]

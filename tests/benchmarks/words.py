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
        "en": "The features that `features/banking.py` declares on transactions, {months} months of bookings for each "
        "household, from Parquet to Parquet. Every engine reads the same files, and all results are equal to 1e-9.",
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
        "en": "The bank's transactions into bronze, with gate, vault, pseudonyms and row hashes, against the least "
        "that any copy takes: CSV by `COPY`, which DuckDB reads and writes as Parquet. A server's own disk is out of a "
        "client's reach; that way is the strictest measure. In turns, the better of two rounds.",
        "zh": "把银行交易流水写入青铜层，经过授权闸门、保险库、假名化和行哈希，与最简单的复制相比："
        "用 `COPY` 导出 CSV，由 DuckDB 读取并写成 Parquet。客户端够不到服务器本机磁盘，因此该方式是最严的参照。"
        "各方式轮流运行两轮，取较好的一轮。",
    },
    "bookings_head": {
        "en": "| way | bookings | seconds | of processors | peak memory of the client | against the first | "
        "in processors |",
        "zh": "| 方式 | 流水笔数 | 秒 | 处理器秒 | 客户端内存峰值 | 与第一种之比 | 处理器用时之比 |",
    },
    "door_time_target": {"en": "time at {rows:,} against {way}", "zh": "{rows:,} 笔时与“{way}”的用时之比"},
    "door_memory_target": {
        "en": "memory at {rows:,} against that at {fewest:,}",
        "zh": "{rows:,} 笔与 {fewest:,} 笔的内存之比",
    },
    "steps": {"en": "## Where the time of `make run` goes", "zh": "## `make run` 的时间用在哪里"},
    "about_steps": {
        "en": "{total:.0f} s in all; in {idle:.0f} s of them no task was running. Tasks overlap.",
        "zh": "共 {total:.0f} 秒，其中 {idle:.0f} 秒没有任务在运行。任务之间有重叠。",
    },
    "steps_head": {"en": "| step | seconds | share |", "zh": "| 步骤 | 秒 | 占比 |"},
    "task": {"en": "task {name}", "zh": "任务 {name}"},
}


def say(language: str, name: str, /, **figures: object) -> str:
    """A sentence of the page in `en` or `zh`, with its figures."""
    return SENTENCES[name][language].format(**figures)

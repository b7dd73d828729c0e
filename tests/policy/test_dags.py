"""DAG files: light to parse, complete, and with one writer per table."""

from collections import Counter

from conf.schema import workspace
from conf.schema.workspace import ROOT
from jobs.command.parser import parser
from sandbox.stack.dag_chain import dag_ids
from tests.policy import dag_rules
from tests.policy.conftest import parse
from tests.policy.test_verbs import leaves

ANS = "an answer counts for the version that was asked about, by whoever gave it, with its reason: dags/review.py"


def test_every_file_keeps_the_rules(production):
    faults = dag_rules.faults(production, ROOT / "dags")
    assert not faults, f"mend these, or teach dag_rules.py better: {faults}"


def test_all_files_parse_in_under_a_second(production):
    assert production["seconds"] < 1, "do nothing slow while a DAG file is parsed: read and compute in a task"


def test_parsing_imports_conf_and_airflow_only(production):
    assert not {*production["modules"]} & (dag_rules.HEAVY | dag_rules.UPSTAIRS), (
        "import conf and Airflow only in dags/; what else is needed belongs to the command that a task runs"
    )


def test_the_dags_are_those_that_the_embedded_stack_follows(production):
    assert sorted(production["dags"]) == sorted([*dag_ids(workspace.load()), "erase_subjects", "inspect_partners"]), (
        "let sandbox.stack.dag_chain.dag_ids follow each DAG, or list here one that runs by itself"
    )


def test_another_workspace_is_scheduled_by_the_same_files(tmp_path):
    parsed = parse(tmp_path, FIELDSTONE_SANDBOX="", FIELDSTONE_WORKSPACE="examples/sba_farm")
    other = workspace.load(ROOT / "examples/sba_farm")
    assert {*dag_ids(other)} <= {*parsed["dags"]}, "let every DAG file ask WORKSPACE of dags/common.py what there is"
    assert not {f"ingest_{name}" for name in workspace.load().sources} & {*parsed["dags"]}, (
        "load what FIELDSTONE_WORKSPACE names alone (conf/schema/workspace.py)"
    )


def test_what_may_not_be_kept_is_erased_daily_and_whenever_consents_are_new(production, embedded):
    (task,) = [task for task in production["tasks"] if task["id"] == "erase"]
    assert task["command"] == "fieldstone erase --due --execute --operator airflow --json", (
        "run `fieldstone erase --due --execute` in dags/erase_subjects.py"
    )
    assert production["dags"]["erase_subjects"]["timetable"] == "AssetOrTimeSchedule", (
        "schedule it by caught_up() of dags/common.py"
    )
    assert embedded["dags"]["erase_subjects"]["timetable"] == "NullTimetable", (
        "let the sandbox run erasure by the stack alone: no schedule there"
    )


def test_partners_are_inspected_daily_and_whenever_batches_were_scored(production, embedded):
    (task,) = [task for task in production["tasks"] if task["dag"] == "inspect_partners"]
    assert task["command"] == "fieldstone partner inspect --json", (
        "run `fieldstone partner inspect` in dags/inspect_partners.py"
    )
    assert production["dags"]["inspect_partners"]["timetable"] == "AssetOrTimeSchedule", (
        "schedule it by caught_up() of dags/common.py"
    )
    assert production["dags"]["inspect_partners"]["waits_for"] == ["audit__quality"], (
        "let inspection wait for the asset SCORES"
    )
    assert embedded["dags"]["inspect_partners"]["timetable"] == "NullTimetable", (
        "let the sandbox run inspection by the stack alone: no schedule there"
    )


def test_batches_count_as_scored_whether_or_not_they_were_refused(production):
    """Each refine is followed by a teardown, which runs after failures too and doesn't hide them."""
    tasks = {(task["dag"], task["id"]): task for task in production["tasks"]}
    refines = {key for key, task in tasks.items() if (task["command"] or "").startswith("fieldstone refine ")}
    gated = {f"refine_{source.name}" for source in workspace.load().sources.values() if not source.gates}
    assert {dag for dag, _ in refines} == {*gated, "ingest_consent"}, (
        "refine each source in one DAG, those that gate in their ingest DAG"
    )
    for dag, name in refines:
        assert name in tasks[dag, "scored"]["after"], "end with scored() of dags/common.py each DAG that refines"
        assert (tasks[dag, "scored"]["is_teardown"], tasks[dag, name]["is_teardown"]) == (True, False), (
            "let scored() be a teardown: it follows failures, and hides none"
        )


def test_a_source_that_fails_lets_the_others_go_on_and_its_run_ends_as_failed(production):
    """Its assets are told of in its place, and a last task that can only follow success shows the failure."""
    tasks = {(task["dag"], task["id"]): task for task in production["tasks"]}
    for source in (s.name for s in workspace.load().sources.values() if not s.gates):
        for dag, name, layer in (
            (f"ingest_{source}", f"ingest_{source}", "bronze"),
            (f"refine_{source}", f"refine_{source}", "silver"),
        ):
            missed, whole = tasks[dag, f"{name}_missed"], tasks[dag, f"{name}_whole"]
            assert missed["outlets"] == tasks[dag, name]["outlets"] == [f"{layer}_{source}"], (
                "call go_on_without() for it, so that others go on without this source"
            )
            assert (missed["after"], missed["when"]) == ([name], "one_failed"), (
                "go_on_without(): what tells of the assets in its place follows a failure only"
            )
            assert (whole["after"], whole["when"], whole["outlets"]) == ([name], "all_success", []), (
                "go_on_without(): a last task follows success only, so that the run ends as failed"
            )
            assert not [task for task in tasks.values() if task["dag"] == dag and whole["id"] in task["after"]], (
                "go_on_without(): nothing follows the last task, by which Airflow judges the run"
            )
        assert production["dags"][f"refine_{source}"]["waits_for"] == [f"bronze_{source}"], (
            "refine a source when its bronze has come"
        )
    assert production["dags"]["build_features"]["waits_for"] == ["silver_bank", "silver_farm", "silver_housing"], (
        "build features when all silver that isn't consent has come"
    )


def test_a_register_of_consents_that_fails_stops_all_that_rest_on_it_but_what_came_of_it_counts(production):
    tasks = {task["id"]: task for task in production["tasks"] if task["dag"] == "ingest_consent"}
    assert (tasks["refine_consent"]["after"], tasks["refine_consent"]["when"]) == (["ingest_consent"], "all_success"), (
        "refine consents only after they have come whole"
    )
    in_part = tasks["refine_consent_in_part"]
    assert (in_part["after"], in_part["when"], in_part["outlets"]) == (["ingest_consent"], "one_failed", []), (
        "refine after a failure what did come of consents, and tell of no asset then"
    )
    telling = [task["id"] for task in production["tasks"] if "silver_consent" in task["outlets"]]
    assert telling == ["refine_consent"], "let only a register that came whole tell that consents are new"


def test_every_source_has_a_dag_that_ingests_it_and_a_task_that_refines_it(production):
    commands = Counter(task["command"] for task in production["tasks"])
    for source in workspace.load().sources.values():
        assert commands[f"fieldstone ingest {source.name} --json"] == 1, (
            "ingest each source by one task: job('ingest', source)"
        )
        assert commands[f"fieldstone refine {source.name} --json"] == (2 if source.gates else 1), (
            "refine each source by one task, one that gates also after a failure"
        )


def test_nobody_is_asked_for_before_the_consents_are_in_silver(production):
    for source in workspace.load().sources.values():
        waits_for = production["dags"][f"ingest_{source.name}"]["waits_for"]
        assert waits_for == ([] if source.gates else ["silver_consent"]), (
            "let each source but the register wait for silver of the register: nobody else may be asked for"
        )


def test_every_model_passes_a_person_before_it_is_in_force(production):
    after = {task["id"]: task["after"] for task in production["tasks"]}
    for model in workspace.load().models:
        assert after[f"approve_{model}"] == [f"review_{model}"], "let approve follow the review"
        assert after[f"review_{model}"] == [f"compare_{model}"], "let the review follow the comparison"
        assert after[f"compare_{model}"] == [f"train_{model}"], "let the comparison follow the training"


def test_what_assets_set_off_runs_daily_too_for_events_that_it_missed_while_it_was_paused(production, embedded):
    """Airflow queues no event for a paused DAG, and one that waits for several sources would wait for a paused one."""
    waiting = {name for name, dag in production["dags"].items() if dag["waits_for"]}
    sources = {source.name for source in workspace.load().sources.values() if not source.gates}
    models = {f"train_{name}" for name in workspace.load().models}
    assert waiting >= {"build_features", "decide_applications", *models, *(f"refine_{name}" for name in sources)}, (
        "schedule by assets what follows others"
    )
    assert {production["dags"][name]["timetable"] for name in waiting} == {"AssetOrTimeSchedule"}, (
        "schedule it by caught_up() of dags/common.py"
    )
    assert {embedded["dags"][name]["timetable"] for name in models} == {"AssetTriggeredTimetable"}, (
        "let the sandbox follow assets alone: no cron there"
    )


def test_a_question_about_one_model_holds_up_neither_the_other_nor_the_next_training(production):
    """Each model has a DAG of its own, whose approval alone puts it in force; a run waits for its own answer only."""
    tasks = {(task["dag"], task["id"]): task for task in production["tasks"]}
    for model in workspace.load().models:
        dag = f"train_{model}"
        answers = {f"{verb}_{model}" for verb in ("approve", "reject", "send_back")}
        assert {name for of, name in tasks if of == dag} == {
            dag,
            f"compare_{model}",
            f"review_{model}",
            "docs",
            *answers,
        }, "give each model a DAG of its own with train, compare, review, docs and the three answers"
        assert tasks[dag, f"approve_{model}"]["outlets"] == ["registry_champions"], (
            "let the approval alone tell that a champion is new"
        )
        assert production["dags"][dag]["runs"] > tasks[dag, f"review_{model}"]["answer_days"] == 14, (
            "let more runs be active than questions can be open, which stay open for 14 days"
        )
        assert tasks[dag, dag]["pool"] == "registry", "let trainings write the registry one at a time: pool='registry'"
    assert production["dags"]["decide_applications"]["waits_for"] == [
        "gold__application_features",
        "registry_champions",
    ], "decide when features or champions are new"


def test_an_answer_counts_for_the_version_that_was_asked_about_with_its_reason_and_by_whoever_gave_it(production):
    answers = [task for task in production["tasks"] if task["id"].partition("_")[0] in ("approve", "reject", "send")]
    assert len(answers) == 3 * len(workspace.load().models), (
        "give each model the three answers: approve, reject, send back"
    )
    for task in answers:
        assert '"$VERSION" --approver="$APPROVER" --why="$WHY"' in task["command"], ANS
        approves = task["id"].startswith("approve")
        assert task["env"].keys() == {"VERSION", "APPROVER", "WHY"} | (
            {"RELEASE", "ANSWERED"} if approves else set()
        ), ANS
        assert ('--release "$RELEASE"' in task["command"]) == approves, ANS
        assert "key='answer')['who']" in task["env"]["APPROVER"], ANS


def test_every_job_gives_its_result_so_that_nothing_reads_prose(production):
    results = {each.prog for each in leaves(parser())}
    for task in production["tasks"]:
        if task["command"]:
            assert task["command"].endswith(" --json"), f"{task['id']} has to be made by dags.common.job"
            words = task["command"].split()
            named = {" ".join(words[:2]), " ".join(words[:3])}
            assert named & results, f"{task['command']} is no command; say one of fieldstone --help"


def test_the_trainer_is_who_triggered_the_training(production):
    for model in workspace.load().models:
        (train,) = [task for task in production["tasks"] if task["id"] == f"train_{model}"]
        assert train["env"] == {"FIELDSTONE_TRAINER": "{{ dag_run.triggering_user_name or '' }}"}, (
            "tell `train` who has triggered it: FIELDSTONE_TRAINER"
        )


def test_jobs_that_write_the_same_tables_share_a_pool(production):
    jobs = [task for task in production["tasks"] if task["command"]]
    writers = {name: {t["pool"] for t in jobs if name in t["command"].split()} for name in workspace.load().sources}
    assert all(len(pools) == 1 for pools in writers.values()), "let jobs that write the same tables share a pool"


def test_sources_are_pulled_at_their_hour_in_production_and_by_the_stack_in_the_sandbox(production, embedded):
    for source in workspace.load().sources.values():
        hour = "CronTriggerTimetable" if source.gates else "AssetOrTimeSchedule"
        assert production["dags"][f"ingest_{source.name}"]["timetable"] == hour, (
            "pull a source at its hour in production (schedule in dags/ingest_sources.py)"
        )
        trigger = "NullTimetable" if source.gates else "AssetTriggeredTimetable"
        assert embedded["dags"][f"ingest_{source.name}"]["timetable"] == trigger, (
            "let the sandbox pull a source by the stack or by assets, never by the hour"
        )


def test_an_approval_counts_as_sandbox_only_where_the_settings_allow_it(production, embedded):
    def approvals(parsed: dict) -> list[bool]:
        return ["--sandbox" in t["command"] for t in parsed["tasks"] if t["id"].startswith("approve_")]

    assert not any(approvals(production)), "say --sandbox only where the settings allow the sandbox's approval"
    assert all(approvals(embedded)), (
        "let the sandbox's reviewer approve where the settings allow it (APPROVES in dags/train_models.py)"
    )

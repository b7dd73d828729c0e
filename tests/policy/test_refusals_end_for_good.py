"""What was refused ends for good: no retry of the schedule hides it; everything else may go well the next time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conf.schema.errors import FAILED, REFUSED, FieldstoneError, Refused
from pipeline.failures import Tried

ROOT = Path(__file__).parents[2]
RUN = """
import sys
from airflow.sdk import DAG
from dags.common import job
for code in sys.argv[1:]:
    with DAG(f"d{code}"):
        task = job("x", pool="p")
    task.bash_command = f"exit {code}"
    try:
        ended = task.execute({})
    except Exception as error:
        ended = type(error).__name__
    print("ended", code, ended)
"""


def test_a_task_that_refused_something_is_never_retried_and_others_are(tmp_path):
    codes = [0, FAILED, 2, REFUSED, 99, 137]
    done = subprocess.run(
        [sys.executable, "-c", RUN, *map(str, codes)],
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    ended = [line.split()[2:] for line in done.stdout.splitlines() if line.startswith("ended ")]
    kinds = dict(zip(codes, (words[0] if words else "" for words in ended), strict=True))
    assert kinds.pop(REFUSED) == "AirflowFailException", (
        "Job in dags/common.py has to end a task that refused something for good, without a retry"
    )
    assert kinds.pop(0) == "None", "Job in dags/common.py may not fail a task that went well"
    assert set(kinds.values()) == {"AirflowException"}, (
        "Job in dags/common.py has to let Airflow retry whatever isn't a refusal"
    )


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([Refused("a file")], Refused),
        ([OSError(5, "disk"), Refused("a file")], Refused),
        ([Refused("a file"), FieldstoneError("the partner is away")], Refused),
        ([FieldstoneError("the partner is away"), OSError(5, "disk")], FieldstoneError),
        ([OSError(5, "disk")], OSError),
    ],
)
def test_one_refusal_among_several_failures_is_enough(errors, kind):
    tried = Tried()
    for number, error in enumerate(errors):
        with tried.each(str(number)):
            raise error
    with pytest.raises(kind) as raised:
        tried.end()
    assert type(raised.value) is kind, (
        "Tried.end has to raise Refused where one failure is a refusal, else the one error or a FieldstoneError"
    )

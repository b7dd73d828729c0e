"""`make bench-chain`: every verb of the chain is run, and none may take more memory than its share of 8 GB."""

import subprocess
import sys

import pytest

from conf.schema.workspace import load
from jobs.command.parser import parser
from tests.benchmarks.chain import bound_gb, too_much, verbs
from tests.benchmarks.peak import Peak


def test_bounds_are_in_proportion_to_the_households():
    assert bound_gb(50_000) == 8.0
    assert bound_gb(0) == 1.5
    assert bound_gb(25_000) == pytest.approx(4.75)
    assert bound_gb(100_000) == pytest.approx(14.5)


@pytest.mark.parametrize(("households", "peak", "is_too_much"), [
    (50_000, 7.9, False), (50_000, 8.1, True), (15_000, 3.4, False), (15_000, 3.5, True), (2_000, 1.8, True),
])  # fmt: skip
def test_a_verb_that_takes_more_is_named(households, peak, is_too_much):
    lines = too_much({"ingest bank": 0.5, "refine bank": peak}, households)
    assert [line.partition(" took")[0] for line in lines] == ["refine bank"] * is_too_much


def test_the_chain_has_every_source_and_model_and_only_verbs_that_there_are():
    chain, place = verbs(), load()
    for verb in chain:
        parser().parse_args(verb)
    assert {source for verb, source, *_ in (v for v in chain if len(v) > 1) if verb == "refine"} == set(place.sources)
    assert {model for verb, model, *_ in (v for v in chain if len(v) > 1) if verb == "train"} == set(place.models)
    assert chain[-2:] == [["decide"], ["docs"]]


def test_memory_of_the_processes_that_a_command_starts_counts_too():
    child = "x = bytearray(150_000_000); print('held', flush=True); input()"
    command = [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with started as process, Peak(process.pid) as peak:
        assert process.stdout.readline() == "held\n"
        peak.look()
        process.communicate("\n")
    assert peak.bytes > 150_000_000

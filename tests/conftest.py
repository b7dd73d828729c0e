"""Fixtures for all tests."""

import gc
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as of_properties

from conf.schema.settings import Settings
from conf.schema.workspace import Workspace, load
from jobs.cli import OBJECTS_BETWEEN_COLLECTIONS
from jobs.command import logs
from lake.engine import open_session
from lake.tables import Lake
from pipeline.context import Context

# whoever types a name is believed here; what real people may do is tested with keys (test_signatures.py)
os.environ.setdefault("FIELDSTONE_SANDBOX", "1")

# a browser takes seconds to print a report, so that only the tests of that have one (test_paper.py)
os.environ.setdefault("FIELDSTONE_BROWSER", "none")

# as for a command (jobs.cli): the libraries' objects stay, and to look through them all for garbage costs much
gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)

ON_A_LAKE = {"deliveries", "integration"}  # folders whose cases take a second or more each

# how long an example takes says nothing on a busy machine, and a folder serves all examples of a test
FOR_PROPERTIES = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
of_properties.register_profile("quick", max_examples=30, **FOR_PROPERTIES)
of_properties.register_profile("thorough", max_examples=300, **FOR_PROPERTIES)  # make nightly


@pytest.hookimpl(tryfirst=True)  # before the option --hypothesis-profile
def pytest_configure() -> None:
    """Try few examples of each property unless more are asked for."""
    of_properties.load_profile("quick")


@pytest.hookimpl(tryfirst=True)  # before those that aren't asked for are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all cases but the first of each test on a real lake as `further`; tests of a real Airflow go first.

    Those of one file take a quarter of an hour, one after the other, which would else be spent alone at the end.
    """
    seen: set[str] = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        if ON_A_LAKE & {*item.path.parent.parts} and test in seen:
            item.add_marker("further")
        seen.add(test)
    items.sort(key=lambda item: item.get_closest_marker("airflow") is None)


AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def logs_as_texts():
    """What the pipeline tells is printed also where a test calls it without the command."""
    logs.set_up("test")


@pytest.fixture(scope="session")
def spark():
    """A session on the embedded engine, in process, in UTC; one for the whole test run."""
    return open_session(Settings(engine="sail"))


def workspace_in(folder: Path) -> Workspace:
    """The project's own declarations, with state and landing zone in a folder."""
    own = load()
    settings = Settings(
        home=folder / "state",
        landing=folder / "landing",
        as_of=AS_OF,
        sandbox_approval=True,
        recipient=own.settings.recipient,
    )
    return replace(own, settings=settings)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """The project's own declarations, with state and landing zone in a folder of the test."""
    return workspace_in(tmp_path)


@pytest.fixture
def lake(workspace) -> Lake:
    """An empty lake."""
    return Lake(workspace)


@pytest.fixture
def context(workspace) -> Context:
    """What a job is given, at the moment `AS_OF`."""
    return Context(workspace, AS_OF)

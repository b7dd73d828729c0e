"""Fixtures for integration tests."""

import shutil

import pytest

from jobs.context import Context
from tests.integration.holding import fill, folder_context
from tests.integration.learning import county_copied, learn


@pytest.fixture(scope="session")
def learnt(tmp_path_factory, spark):
    """A folder with a small county, models in force and nothing decided yet, to be copied."""
    folder = tmp_path_factory.mktemp("learnt")
    learn(spark, folder)
    return folder


@pytest.fixture(scope="module")
def county(learnt, tmp_path_factory) -> Context:
    """A small county of the module's own, with models in force and nothing decided yet."""
    return county_copied(learnt, tmp_path_factory.mktemp("county"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory, spark):
    """A folder with a lake that holds Ann and Ben, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    fill(folder_context(folder))
    return folder


@pytest.fixture
def held(filled, tmp_path) -> Context:
    """A lake of one's own."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return folder_context(tmp_path)

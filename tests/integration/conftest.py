"""Fixtures for integration tests."""

import shutil
from pathlib import Path

import pytest

from conf.schema import person_keys
from pipeline.context import Context
from tests.integration.holding import fill, folder_context
from tests.integration.learning import county_copied, learn
from tests.integration.once import made_once
from tests.integration.people_of_a_bank import PASSPHRASE, released, stated


@pytest.fixture(scope="session")
def learnt(tmp_path_factory, spark) -> Path:
    """A folder with a small county, models in force and nothing decided yet, to be copied."""
    return made_once(tmp_path_factory, "learnt", lambda folder: learn(spark, folder))


@pytest.fixture(scope="module")
def county(learnt, tmp_path_factory) -> Context:
    """A small county of the module's own, with models in force and nothing decided yet."""
    return county_copied(learnt, tmp_path_factory.mktemp("county"))


@pytest.fixture(scope="session")
def filled(tmp_path_factory, spark) -> Path:
    """A folder with a lake that holds Ann and Ben, to be copied."""
    return made_once(tmp_path_factory, "filled", lambda folder: fill(folder_context(folder)))


@pytest.fixture
def populated(filled, tmp_path) -> Context:
    """A lake of one's own."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return folder_context(tmp_path)


@pytest.fixture
def keys(tmp_path, monkeypatch):
    """A folder for the keys of people, whose passphrase is known."""
    monkeypatch.setenv(person_keys.PASSPHRASE, PASSPHRASE)
    return tmp_path / "keys"


@pytest.fixture
def listed(keys):
    """What the file of a bank's people says."""
    return stated(keys)


@pytest.fixture
def bank(context, listed, keys):
    """A state of a bank whose people were released."""
    return released(context, listed, keys)

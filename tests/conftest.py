"""Fixtures for all tests."""

import pytest

from conf.settings import Settings
from lake.engine import open_session


@pytest.fixture(scope="session")
def spark():
    """A session on the embedded engine, in process, in UTC; one for the whole test run."""
    session = open_session(Settings(engine="sail"))
    yield session
    session.stop()

"""Java as it suits runs of a minute: it compiles quickly rather than well, and collects garbage on one thread."""

import pytest

FOR_SHORT_RUNS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(scope="package", autouse=True)
def quick_java():
    """Every Java that these tests start; a person's own options stay, and win."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JDK_JAVA_OPTIONS", FOR_SHORT_RUNS, prepend=" ")
        yield

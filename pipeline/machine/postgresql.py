"""PostgreSQL's programs on this machine."""

import shutil
from pathlib import Path

from conf.schema.errors import SetupError

DEBIAN = Path("/usr/lib/postgresql")  # its programs aren't on PATH there


def program(name: str) -> str:
    """Path of one of PostgreSQL's programs.

    Raises:
        SetupError: it isn't installed.
    """
    newest = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3].split(".")[0]))
    executable = shutil.which(name) or (str(newest[-1]) if newest else None)
    if not executable:
        raise SetupError(
            f"PostgreSQL isn't installed: no {name} on PATH or in {DEBIAN}; "
            "Debian: apt install postgresql, macOS: brew install postgresql"
        )
    return executable


def require() -> None:
    """Check that a PostgreSQL server can be created here.

    Raises:
        SetupError: PostgreSQL isn't installed.
    """
    program("initdb")


def is_installed() -> bool:
    """Whether a PostgreSQL server can be created here."""
    try:
        require()
    except SetupError:
        return False
    return True

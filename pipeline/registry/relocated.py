"""A registry that moved with its state folder: MLflow notes absolute addresses of artifacts, which follow it."""

import sqlite3
from contextlib import closing

from conf.schema.settings import Settings

# every place where MLflow's store notes where artifacts are
_ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
)
_ELSEWHERE = (
    "SELECT DISTINCT artifact_location FROM experiments WHERE name LIKE 'fieldstone/%' AND artifact_location <> ?"
)


def artifacts(settings: Settings) -> str:
    """Where artifacts are, as MLflow's store has to say it."""
    return (settings.home / "mlflow" / "artifacts").as_uri()


def follow(settings: Settings) -> None:
    """Let the store of the state folder tell where its artifacts are now, all at once or not at all.

    A store of its own, which other state folders may share (`mlflow_uri`), is left as it is.
    """
    if settings.mlflow_uri:
        return
    here = artifacts(settings)
    with closing(sqlite3.connect(settings.home / "mlflow" / "mlflow.db")) as store, store:
        for (before,) in store.execute(_ELSEWHERE, [here]).fetchall():
            for table, column in _ADDRESSES:
                store.execute(
                    f"UPDATE {table} SET {column} = :here || substr({column}, length(:before) + 1) "
                    f"WHERE {column} = :before OR substr({column}, 1, length(:before) + 1) = :before || '/'",
                    {"here": here, "before": before},
                )

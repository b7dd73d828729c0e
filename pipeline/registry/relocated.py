"""Corrects a registry that moved with its state folder, because MLflow stores absolute addresses of artifacts."""

import sqlite3
from contextlib import closing

from conf.schema.settings import Settings

# every column of MLflow's store that has an artifact's address
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
    """Address of the artifacts, in the form that MLflow's store needs."""
    return (settings.home / "mlflow" / "artifacts").as_uri()


def follow(settings: Settings) -> None:
    """Update the addresses of artifacts in the state folder's store, atomically.

    A separate store, which several state folders may share (`mlflow_uri`), isn't changed.
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

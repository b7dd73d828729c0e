"""Users of the embedded MLflow, with its basic authentication: those of Airflow, with the same passwords."""

import secrets

import httpx

from conf.schema.errors import SetupError
from sandbox.stack.airflow_home import OPERATOR, REVIEWER, AirflowHome, kept

_CONFIG = """\
[mlflow]
# whoever is signed in may look; only {operator} may change anything, and nothing comes into force by that
default_permission = READ
database_uri = sqlite:///{users}
authorization_function = sandbox.stack.mlflow_reader:authenticate
"""


def environ(home: AirflowHome) -> dict[str, str]:
    """The environment of MLflow's server, which creates the operator's account at its first start."""
    folder = home.workspace.settings.home / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    ini = folder / "auth.ini"
    ini.write_text(_CONFIG.format(operator=OPERATOR, users=folder / "users.db"))
    fresh = {"session": secrets.token_hex(32)}
    return home.environ | {
        "MLFLOW_AUTH_CONFIG_PATH": str(ini),
        "MLFLOW_AUTH_ADMIN_USERNAME": OPERATOR,
        "MLFLOW_AUTH_ADMIN_PASSWORD": home.passwords[OPERATOR],
        "MLFLOW_FLASK_SERVER_SECRET_KEY": kept(home.password_file.with_name("mlflow_keys.json"), fresh)["session"],
    }


def add_reviewer(home: AirflowHome, url: str) -> None:
    """Create the reviewer's account, if there is none yet.

    Raises:
        FieldstoneError: MLflow refuses it.
    """
    with httpx.Client(base_url=url, auth=(OPERATOR, home.passwords[OPERATOR]), trust_env=False) as http:
        if http.get("/api/2.0/mlflow/users/get", params={"username": REVIEWER}).is_success:
            return
        account = {"username": REVIEWER, "password": home.passwords[REVIEWER]}
        answer = http.post("/api/2.0/mlflow/users/create", json=account)
    if not answer.is_success:
        raise SetupError(f"MLflow refuses an account for {REVIEWER}: {answer.status_code} {answer.text[:200]}")

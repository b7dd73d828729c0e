"""Who may make something of their own in the embedded MLflow: the operator alone.

MLflow's permissions are of what is there. Whoever is signed in may register a model of a new name or begin an
experiment, and manages it from then on, so that the name of a model to come could be taken.
"""

from flask import Response, make_response, request
from mlflow.server.auth import authenticate_request_basic_auth
from werkzeug.datastructures import Authorization

from sandbox.stack.airflow_home import OPERATOR


def authenticate() -> Authorization | Response:
    """Who asks, by MLflow's own basic authentication, or why they may not."""
    who = authenticate_request_basic_auth()
    makes = request.method != "GET" and request.path.rstrip("/").endswith("/create")
    if makes and isinstance(who, Authorization) and who.username != OPERATOR:
        return make_response(f"only {OPERATOR} makes anything here; whoever is signed in may look\n", 403)
    return who

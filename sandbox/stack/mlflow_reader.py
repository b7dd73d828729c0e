"""Lets only the operator create anything in the embedded MLflow.

MLflow's permissions apply to existing objects. Any user who is signed in may register a model with a new name or create
an experiment, and manages it from then on; so a user could take the name of a future model.
"""

from flask import Response, make_response, request
from mlflow.server.auth import authenticate_request_basic_auth
from werkzeug.datastructures import Authorization

from sandbox.stack.airflow_home import OPERATOR


def authenticate() -> Authorization | Response:
    """The user of a request, by MLflow's basic authentication; or a response that refuses it."""
    who = authenticate_request_basic_auth()
    makes = request.method != "GET" and request.path.rstrip("/").endswith("/create")
    if makes and isinstance(who, Authorization) and who.username != OPERATOR:
        return make_response(f"only {OPERATOR} makes anything here; whoever is signed in may look\n", 403)
    return who

"""Ports of Fieldstone's servers on the loopback interface."""

import socket

LOOPBACK = "127.0.0.1"
PORTS = {"Airflow": 8080, "MLflow": 5000, "report pages": 8000}  # taken by `make up` where they are free


def free_port(preferred: int = 0) -> int:
    """A TCP port on loopback that nobody listens on now: the preferred one, or any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just closed counts as free
        try:
            probe.bind((LOOPBACK, preferred))
        except OSError:
            probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]

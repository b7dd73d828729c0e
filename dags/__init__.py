"""Schedules only: a task runs `fieldstone <job>` by name, so Airflow may live in another environment than Spark."""

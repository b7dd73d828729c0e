"""The local machine: Fieldstone's servers on it, their ports, and PostgreSQL's programs."""

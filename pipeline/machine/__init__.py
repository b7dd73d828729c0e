"""This machine: the servers of Fieldstone that run on it, the ports that they take, and PostgreSQL's programs."""

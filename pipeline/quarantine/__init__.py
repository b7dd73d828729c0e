"""Rows that failed: those that wait, their corrections by a person, their replay and their deletion."""

"""Backup, restore, acceptance of a state, and rotation of the master key."""

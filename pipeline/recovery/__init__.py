"""Backup, restore, and the state that counts afterwards."""

"""The frame of the `fieldstone` command: how verbs are found, what they share, and how one is run."""

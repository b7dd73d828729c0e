"""The frame of the `fieldstone` command: it finds the verbs, has their shared parts, and runs one."""

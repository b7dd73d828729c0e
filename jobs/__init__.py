"""Jobs: one file per verb of the `fieldstone` command, which declares its arguments and prints its result."""

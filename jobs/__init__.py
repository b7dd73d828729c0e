"""Jobs: one file per verb of the `fieldstone` command, each read → transform → write."""

"""Features in gold: their declarations in a workspace, how they are built, and the record of each build."""

"""Features in gold: what a workspace declares in Python, how features are built, and the record of each build."""

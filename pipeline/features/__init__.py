"""Features to gold: what a workspace declares, how it is built, and the note of what was built."""

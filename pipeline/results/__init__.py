"""Results of verbs, as `--json` prints them, by the kind of user: what was made, and counts; a row's value only where
the same verb prints it for people, by the same gates.
"""

"""What verbs come to, as `--json` prints it, by the kind of user: what was made, and counts; a row's value only where
the same verb prints it for people, by the same gates.
"""

"""The validation of a PD model: tests by family, each a pure function from arrays to a `Measure`.

Everywhere `bad` is 1 for default and 0 for good, and `pd_` the probability of default of the same rows.
"""

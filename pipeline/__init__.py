"""The pipeline: what the verbs of `fieldstone` are made of, one room per stage."""

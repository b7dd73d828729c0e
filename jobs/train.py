"""`fieldstone train`: train, explain and register a model.

fieldstone train admission
"""

from argparse import ArgumentParser

from jobs.command.parser import runs

FOR = "modelers"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, "pipeline.training:train", looks_back=True)
    verb.add_argument("model_name", metavar="MODEL", help="of conf/models, such as admission")

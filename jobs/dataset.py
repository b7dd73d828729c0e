"""`fieldstone dataset`: export the training rows of a model version as Parquet files with their lineage.

fieldstone dataset export admission --version 2 --to /srv/admission-2 --shap --why 'a validation by another team'
"""

from argparse import ArgumentParser
from pathlib import Path

from jobs.command import arguments
from jobs.command.parser import Actions

FOR = "modelers"


def declare(verb: ArgumentParser) -> None:
    """Its actions."""
    about = (
        "write the rows with slice, label, features and predictions, as your role may see them; recorded in the trail"
    )
    action = Actions(verb).add("export", "pipeline.dataset:export", about)
    action.add_argument("model_name", metavar="MODEL", help="such as admission")
    action.add_argument("--version", dest="number", metavar="VERSION", help="such as 3 (default: the one in force)")
    action.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="a new or empty folder, such as ~/rows"
    )
    action.add_argument("--shap", action="store_true", help="also exact SHAP values by row, of both definitions")
    arguments.why(action)
    action.add_argument("--role", help=arguments.ROLE)

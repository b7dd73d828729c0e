"""`fieldstone labels`: outcomes of each declared label by cohort, roll rates, and results of other definitions.

fieldstone labels
"""

from argparse import ArgumentParser

from jobs.command import printing
from jobs.command.parser import runs
from pipeline.context import Context
from pipeline.results.modelers import Labelled

FOR = "modelers"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run)


def run(context: Context, as_json: bool) -> tuple[Labelled, ...]:
    """Write a page for each label, and print how its bad rate depends on how it is declared."""
    from pipeline.labels import page
    from pipeline.overview import start_page

    result = page.write(context)
    start_page.renew(context)
    if not as_json:
        for each in result:
            _print(each)
    return result


def _print(labelled: Labelled) -> None:
    models = [*labelled.choices[0].auc]
    titles = ("months", "bad from DPD", "good", "bad", "indeterminate", "immature", "bad rate")
    table = printing.table(*titles, *(f"AUC {name}" for name in models), title=labelled.label)
    for choice in labelled.choices:
        counts = (choice.good, choice.bad, choice.indeterminate, choice.immature)
        areas = ["-" if choice.auc[name] is None else f"{choice.auc[name]:.3f}" for name in models]
        rate = "-" if choice.bad_rate is None else f"{choice.bad_rate:.1%}"
        table.add_row(
            str(choice.horizon_months), str(choice.bad_days), *(f"{count:,}" for count in counts), rate, *areas
        )
    console = printing.console()
    console.print(table)
    console.print(f"Its page: {labelled.page}")

"""A training learns from its applicants and from everybody whose consents its rows rest on."""

import pandas as pd

from pipeline.registry import training_subjects
from tests.deliveries.test_withdrawals_as_they_come import context_of, lines
from tests.integration.landing import grant, person

NUMBERS = range(1, 5)


def test_owners_of_the_consents_are_training_subjects(site):
    site.own().deliver("consent/grant/a.jsonl", lines([grant(person(n), n) for n in NUMBERS]))
    site.take_in("consent")
    owner = dict(site.silver("consent__grant", "consent_no", "subject_key"))
    ann, ben, cat, dan = (owner[f"G{n:010d}"] for n in NUMBERS)
    data = pd.DataFrame(
        {"subject_key": [ann, "of the bank alone"], "consent_ids": [["G0000000001", "G0000000002", "G0000000003"], []]}
    )
    context = context_of(site)
    subjects = training_subjects.learnt_from(context, data)
    assert subjects == {ann, ben, cat, "of the bank alone"}
    assert dan not in subjects

    for known in (subjects - {cat}, subjects, subjects):  # a run that was killed, or older, noted fewer
        training_subjects.record(context, "admission", "f", known)
    assert training_subjects.remaining(context, "admission", "f") == subjects
    assert context.lake.count(training_subjects.TRAINING_SUBJECTS) == len(subjects)

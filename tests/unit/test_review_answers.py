"""Rules of an answer to a question about a model: by whom, why, and to which findings."""

from datetime import date

import pytest

from conf.schema import finding_answers, review_answers
from conf.schema.errors import Forbidden, UsageError
from conf.schema.people import People
from jobs.command.parser import parser

TODAY = date(2026, 6, 1)
LISTED = {
    "tara": {"roles": ["modeler", "reviewer"], "logins": ["tm"]},
    "rita": {"roles": ["reviewer"], "logins": ["r.login"]},
    "zhao": {"roles": ["engineer"]},
    "left": {"roles": ["reviewer"], "until": "2026-01-02"},
}
PEOPLE = People.model_validate(
    {
        "people": {
            name: {"from": "2026-01-01", "key": f"{4 * number:043d}="} | person
            for number, (name, person) in enumerate(LISTED.items())
        }
    }
)


def check(who: str, people: People = PEOPLE, *, are_names_believed: bool = False) -> None:
    review_answers.check_reviewer(who, ["tara", "tm"], people, TODAY, are_names_believed=are_names_believed)


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("Tara", "Tara trained it; another person has to answer"),
        (" TM ", " TM  trained it; another person has to answer"),
        ("zhao", "zhao is engineer, and a reviewer who may act today has to answer"),
        ("left", "left is reviewer, and a reviewer who may act today has to answer"),
        ("admin", "admin isn't among the people who may answer"),
    ],
)
def test_somebody_who_may_not_answer_is_told_why(who, why):
    with pytest.raises(Forbidden) as refused:
        check(who)
    assert str(refused.value) == why


def test_reviewers_answer_by_their_logins_too_whatever_the_case():
    check("rita")
    check("R.Login")


def test_anybody_but_the_trainer_answers_where_nobody_is_listed_or_names_are_believed():
    check("admin", People())
    check("admin", are_names_believed=True)
    with pytest.raises(Forbidden, match="trained it"):
        check("TM", People(), are_names_believed=True)


@pytest.mark.parametrize("why", ["\u2800", "so\u200bund", "sound\u202e", "a" * 2001])
def test_a_reason_that_cannot_be_kept_uses_up_no_question(why):
    with pytest.raises(UsageError, match=r"^Of the reason: it "):
        review_answers.check_reason(why)


@pytest.mark.parametrize("why", ["-1 is fine", "--sandbox", "合格，同意启用", "a" * 2000])
def test_a_reason_in_words_is_kept_whatever_it_begins_with(why):
    review_answers.check_reason(why)
    command = ["approve", "limit", "2", "--approver=-ann", f"--why={why}", "--release", "0" * 64]
    parsed = parser().parse_args(command)
    assert (parsed.why, parsed.sandbox) == (why, False)


def test_of_a_refused_answer_the_trail_has_its_first_characters_that_are_seen():
    assert review_answers.shown("so\u202eund\n") == "sound"
    assert review_answers.shown("a" * 2001) == "a" * 2000


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("few loans", "line 1 of the answers isn't an answer"),
        ("ks: few\nks: few", "it answers ks more than once"),
        ("gini: few", "it answers gini, and the red findings of its validation are ks, auc"),
        ("ks: \u2800", "of the answer to ks: it is blank"),
        ("ks: few", "its validation has .* that nobody has answered: auc. Read them .* all the same: auc: TEXT$"),
    ],
)
def test_a_form_whose_answers_cannot_be_kept_says_why(text, why):
    with pytest.raises(UsageError, match=f"^Of the answers to red findings: {why}"):
        finding_answers.of_form(text, ["ks", "auc"])


def test_a_sandbox_leaves_findings_to_the_command():
    assert finding_answers.of_form("", ["ks"], are_required=False) == {}

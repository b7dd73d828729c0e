"""Who decides and why is said in words, for every verb that asks for it."""

from itertools import product

import pytest

from jobs.command.parser import parser

ASKING = {
    "batches retry b": ("who", "why"),
    "batches accept b": ("who", "why"),
    "batches drop b": ("who", "why"),
    "quarantine release --table t": ("who", "why"),
    "quarantine drop --table t": ("who", "why"),
    "contract migrate t": ("who", "why"),
    "state accept": ("who", "why"),
    "partner suspend s": ("approver", "why"),
    "partner resume s": ("approver", "why"),
    "retire m 1": ("approver", "why"),
    "reject m 1": ("approver", "why"),
    "send-back m 1": ("approver", "why"),
    "approve m 1": ("approver", "why"),
    "policy approve": ("approver", "why"),
    "erase --due": ("operator",),
    "exit --source s": ("operator", "approver", "why"),
    "backup f": ("operator",),
    "subject show --subject s --purpose credit_assessment": ("why",),
    "decisions list --purpose credit_assessment": ("why",),
    "decisions show A1 --purpose credit_assessment": ("why",),
    "quarantine show --table t": ("why",),
}


BLANK = ("", "  \u3000\t", "\u200b", "-.")


@pytest.mark.parametrize("verb", ASKING)
def test_who_and_why_are_refused_where_they_are_blank(verb, capsys):
    answers = dict.fromkeys(ASKING[verb], "Olga")
    parser().parse_args(_command_line(verb, answers))
    for name, blank in product(answers, BLANK):
        with pytest.raises(SystemExit) as ended:
            parser().parse_args(_command_line(verb, answers | {name: blank}))
        assert ended.value.code == 2
        assert f"--{name}: it is blank; write it in words" in capsys.readouterr().err


def _command_line(verb: str, answers: dict[str, str]) -> list[str]:
    return [*verb.split(), *(f"--{name}={text}" for name, text in answers.items())]


def test_an_option_before_the_action_is_answered_with_the_right_order(capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["state", "--workspace", "."])
    assert "the action comes before any option: fieldstone state ACTION --workspace FOLDER" in capsys.readouterr().err

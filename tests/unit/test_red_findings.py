"""What a training tells whoever approves its version."""

from pipeline.training import to_answer


def test_red_findings_are_named_with_the_command_that_answers_them():
    text = to_answer("admission", "3", ["feature_csi", "missing_rates"])
    assert text.startswith("2 red findings, see the validation in its report: feature_csi, missing_rates; ")
    assert text.endswith(
        "fieldstone approve admission 3 --approver NAME --why TEXT "
        '--answer feature_csi="..." --answer missing_rates="..."'
    )


def test_a_single_finding_is_one():
    text = to_answer("admission", "3", ["missing_rates"])
    assert text.startswith("1 red finding, see the validation in its report: missing_rates; ")

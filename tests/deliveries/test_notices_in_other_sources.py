"""Notices of withdrawal in the folder of another source, which reads there and refuses them: they hold up all use."""

import pytest

from tests.deliveries.test_withdrawals_as_they_come import consented, lines, live, notice, number
from tests.deliveries.test_withdrawals_left_alone import require_blocked, require_free
from tests.integration.landing import as_csv, person, transfer

ONE_REFUSED = "there is 1 batch or file of them refused"
CHINESE = {"授权编号": number(1), "撤回时间": "2025-06-01"}
AS_NOTICES = {
    "farm/land_transfer/t.csv": as_csv([notice(1)]),
    "farm/breeding/b.jsonl": lines([notice(1)]),
    "farm/land_transfer/c.csv": as_csv([CHINESE]),
    "farm/land_transfer/consent withdrawals.csv": "a,b\n1,2\n",
    "farm/breeding/撤回/b.jsonl": lines([{"no": number(1)}]),
}
OTHERS = {
    "farm/land_transfer/t.csv": "withdrawal_fee,b\n1,2\n",
    "farm/breeding/b.jsonl": lines([{"consent_no": number(1)}]),
}


@pytest.mark.parametrize("name", AS_NOTICES)
def test_a_file_of_notices_that_another_source_refuses_holds_up_all_use_until_it_is_dropped(site, name):
    consented(site, 2)
    site.take_in("consent")
    path = site.deliver(name, AS_NOTICES[name])
    output = site.run("ingest", "farm").err
    assert "may hold notices of withdrawal: move it to where those are looked for" in output
    require_blocked(site, ONE_REFUSED)
    batch = site.run("batches", "list").out.split()[1]
    path.unlink()
    assert site.run("batches", "drop", batch, "--who", "Olga", "--why", "it was moved").code == 0
    require_free(site)
    assert live(site, 2) == {1, 2}


@pytest.mark.further
@pytest.mark.parametrize("name", OTHERS)
def test_other_files_that_are_refused_hold_up_nothing(site, name):
    consented(site, 1)
    site.take_in("consent")
    site.deliver(name, OTHERS[name])
    assert "may hold notices" not in site.run("ingest", "farm").err
    require_free(site)


def test_a_file_of_its_source_that_speaks_of_consents_is_read(site):
    consented(site, 1)
    site.take_in("consent")
    rows = [transfer(person(1), 1) | {"consent_withdrawn_at": ""}]
    site.deliver("farm/land_transfer/t.csv", as_csv(rows))
    site.run("ingest", "farm")
    require_free(site)
    assert len(site._rows("bronze_farm__land_transfer")) == 1

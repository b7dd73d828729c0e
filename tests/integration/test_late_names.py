"""Who consents late gets rows of before by the names that their columns had when the file came."""

from dataclasses import replace

import pytest

from conf.schema.contract import Contract
from lake import raw_access
from pipeline.context import Context
from pipeline.resolution.migration import migrate
from tests.integration.landing import transfer
from tests.integration.test_late_consent import ANN, BEN, CAT, TABLE, Place

RENT, AGREED = "rent_cny_mu_year", "agreed_cny_mu_year"


class Renaming(Place):
    """A place whose contract renames the rent, and then has another one of that name beside."""

    version = 1

    @property
    def contract(self) -> Contract:
        before = super().context.workspace.contract(TABLE)
        rent = before.columns[RENT]
        changed = {
            1: {},
            2: {AGREED: rent.model_copy(update={"renamed_from": (RENT,)})},
            3: {AGREED: rent, RENT: rent},
        }[self.version]
        columns = {name: column for name, column in before.columns.items() if name != RENT or not changed} | changed
        return before.model_copy(update={"columns": columns})

    @property
    def context(self) -> Context:
        made = super().context
        workspace = replace(made.workspace, contracts=made.workspace.contracts | {TABLE: self.contract})
        context = Context(workspace, made.as_of)
        vars(context.lake)["spark"] = self.spark
        return context

    @property
    def rents(self) -> dict[str, tuple]:
        rows = raw_access.rows(self.context.lake, f"silver_{TABLE}").collect()
        return {str(row[AGREED] and int(row[AGREED])): row[RENT] and int(row[RENT]) for row in rows}


@pytest.fixture
def place(tmp_path, spark) -> Renaming:
    """Version 1 took in a file of Ann and Ben, version 3 one of Cat; Ben hasn't consented."""
    made = Renaming(tmp_path, spark).consents(ANN, CAT)
    first = [transfer(who, n, rent_cny_mu_year=str(100 * n)) for n, who in enumerate((ANN, BEN), 1)]
    made.delivers("a", *first).takes_in()
    made.version = 2
    migrate(made.context, TABLE, "Rita", "new names")
    made.version = 3
    new = [transfer(who, n, rent_cny_mu_year=str(n)) | {AGREED: str(100 * n)} for n, who in enumerate((CAT, BEN), 3)]
    return made.delivers("b", *new).takes_in()


@pytest.mark.further
def test_each_file_is_read_by_the_names_of_its_own_version(place):
    assert place.rents == {"100": None, "300": 3}
    place.consents(BEN).takes_in()
    assert place.rents == {"100": None, "200": None, "300": 3, "400": 4}
    before = place.batches
    place.takes_in()
    assert place.batches == before


@pytest.mark.further
def test_a_file_that_is_gone_is_owed_and_read_so_when_it_comes_back(place):
    path = place.folder / "landing" / "farm" / "land_transfer" / "a.csv"
    content = path.read_bytes()
    path.unlink()
    place.consents(BEN).takes_in()
    assert place.rents == {"100": None, "300": 3, "400": 4}
    path.write_bytes(content)
    place.takes_in()
    assert place.rents == {"100": None, "200": None, "300": 3, "400": 4}

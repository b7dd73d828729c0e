"""Features serve the purposes that they are declared for, and no other."""

import shutil
from dataclasses import replace

from conf.schema.contract import Purpose
from conf.schema.workspace import ROOT
from pipeline.context import Context
from pipeline.features import build

FEATURES = '''
from conf.schema.contract import Purpose
from features.engine.spec import Request

application = Request("bank__application")


@application.feature(unit="cny", zh="申请金额")
def asked_cny() -> str:
    """Asked for."""
    return "requested_cny"


@application.feature(unit="months", zh="申请期限", purposes=[Purpose.MODEL_TRAINING])
def asked_months() -> str:
    """Asked for how long."""
    return "term_months"
'''
SPINE = """
TABLES = ("bank__application",)


def training(tables):
    columns = ("application_no application_id", "subject_key", "applied_at as_of", "requested_cny", "term_months")
    return tables["bank__application"].selectExpr(*columns)


def scoring(tables, as_of):
    return training(tables)


def labels(tables, as_of, zone):
    return training(tables)
"""


def test_a_feature_for_training_alone_decides_nothing(populated, tmp_path):
    features = tmp_path / "workspace" / "features"
    features.mkdir(parents=True)
    (features / "asked.py").write_text(FEATURES, encoding="utf-8")
    (features / "spine.py").write_text(SPINE, encoding="utf-8")
    shutil.copytree(ROOT / "conf/contracts", features.parent / "conf/contracts")
    deciding_nothing = {
        "policy": None,
        "models": {},
        "tables": populated.workspace.tables.model_copy(update={"facts": None}),
    }
    context = Context(replace(populated.workspace, root=features.parent, **deciding_nothing), populated.as_of)
    build.run(context)
    built = {
        table: set(context.lake.read(table, purpose=purpose, as_of=context.as_of).columns)
        for table, purpose in (
            (build.TRAINING, Purpose.MODEL_TRAINING),
            (build.SCORING, Purpose.CREDIT_ASSESSMENT),
        )
    }
    assert built[build.TRAINING] - built[build.SCORING] == {"asked_months"}
    assert "asked_cny" in built[build.SCORING]

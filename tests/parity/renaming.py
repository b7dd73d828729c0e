"""Takes rows in, renames and widens columns of their contract, takes more in; prints silver and bronze as JSON.

Run by `test_parity_contracts`, in a process of its own, with an engine and an empty folder as arguments.
"""

import contextlib
import json
import os
import shutil
import sys
from pathlib import Path

from deltalake import DeltaTable

from conf.schema.workspace import ROOT
from jobs.cli import main

CONTRACT = "conf/contracts/probe/csv.yaml"
FIRST = "code,remark,day,n\nA1,one,2025-01-01,1\nA2,two,2025-01-02,2\nA3,three,2025-01-03,many\n"
SECOND = "code,remark,day,n\nA4,four,2025-01-04,3000000000\n"


def run(engine: str, folder: Path) -> dict[str, list[dict]]:
    """What is held in the end, by layer."""
    workspace = folder / "workspace"
    shutil.copytree(ROOT / "tests/deliveries/probe", workspace)
    environ = {"HOME": folder / "state", "LANDING": folder / "landing", "AS_OF": "2026-01-01T00:00:00Z"}
    os.environ.update({f"FIELDSTONE_{name}": str(value) for name, value in environ.items()})

    def fieldstone(*command: str) -> None:
        with contextlib.redirect_stdout(sys.stderr):
            assert main([*command, "--workspace", str(workspace), "--engine", engine]) == 0, command

    def take_in(name: str, text: str) -> None:
        path = folder / "landing/probe/csv" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        fieldstone("ingest", "probe")
        fieldstone("refine", "probe")

    take_in("one.csv", FIRST)
    contract = (workspace / CONTRACT).read_text(encoding="utf-8")
    changed = contract.replace("remark: {", "note: {renamed_from: remark, ").replace("n: {type: int", "n: {type: long")
    (workspace / CONTRACT).write_text(changed, encoding="utf-8")
    fieldstone("contract", "migrate", "--who", "Rita", "--why", "new names")
    take_in("two.csv", SECOND)
    return {layer: _rows(folder / "state" / "lake" / f"{layer}_probe__csv") for layer in ("bronze", "silver")}


def _rows(path: Path) -> list[dict]:
    rows = DeltaTable(str(path)).to_pyarrow_table().to_pylist()
    texts = [{name: str(value) for name, value in row.items() if name != "_row_hash"} for row in rows]
    return sorted(texts, key=lambda row: row["code"])


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]))), flush=True)
    os._exit(0)

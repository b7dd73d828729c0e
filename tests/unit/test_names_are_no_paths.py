"""What is named in declarations becomes part of names of files and addresses: it is a name, and no path."""

import shutil

import pytest

from conf.schema import model, source, source_variants
from conf.schema.errors import FieldstoneError
from conf.schema.workspace import ROOT

PATHS = ["../escaped", "/etc/x", "a/b", "..", ".hidden", "a\\b", "a b", "", "a\n", "名", "-x", "a%2fb", "x" * 65]


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(("reader", "path"), [(model, "models/admission.yaml"), (source, "sources/farm.yaml")])
def test_a_path_is_no_name(tmp_path, reader, path, name):
    copy = shutil.copy(ROOT / "conf" / path, tmp_path)
    with open(copy, "a", encoding="utf-8") as file:
        file.write("\nname: " + ('"' + name.replace("\\", "\\\\").replace("\n", "\\n") + '"') + "\n")
    with pytest.raises(FieldstoneError, match="name: "):
        reader.read(tmp_path / path.split("/")[1])


@pytest.mark.parametrize("name", ["../../tmp/x", "a/b", "..", "x.yaml/../y"])
def test_a_variant_of_a_source_is_no_path(name):
    with pytest.raises(FieldstoneError, match="FIELDSTONE_SOURCE_BANK must be a name of letters, digits, _ and -"):
        source_variants.chosen(ROOT / "conf/sources", {"FIELDSTONE_SOURCE_BANK": name})

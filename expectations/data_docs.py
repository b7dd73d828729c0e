"""Data Docs: the results of Great Expectations as a static site that loads nothing from other sites."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import DataContextConfig, FilesystemStoreBackendDefaults
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.render.renderer.site_builder import SiteBuilder
from great_expectations.render.view.view import DefaultJinjaIndexPageView, DefaultJinjaPageView
from jinja2 import BytecodeCache, ChoiceLoader, FileSystemLoader
from jinja2.bccache import Bucket

from conf.schema import html_pages
from conf.schema.contract import Contract
from conf.schema.languages import SHOWN, on_pages, plain
from expectations.gx import expectation_suite

_TEMPLATES = FileSystemLoader(Path(__file__).parent / "templates" / "data_docs")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Compiled(BytecodeCache):
    """Cache of compiled templates; Great Expectations renders each page in a new Jinja environment."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class PageView(DefaultJinjaPageView):
    """A page rendered with our own template if there is one, so that browsers load no styles or scripts from others."""

    def __init__(self, languages: Sequence[str] = SHOWN, **directories) -> None:
        super().__init__(**directories)
        html_pages.equip(self.env, languages)
        self.env.loader = ChoiceLoader([loader for loader in (_TEMPLATES, self.env.loader) if loader])
        self.env.bytecode_cache = _COMPILED


class IndexView(PageView, DefaultJinjaIndexPageView):
    """The index page, rendered like `PageView`."""

    _template = "index_page.j2"


def publish(
    result: ExpectationSuiteValidationResult,
    entry: Contract,
    batch_id: str | None,
    received_at: datetime | None,
    folder: Path,
    languages: Sequence[str] = SHOWN,
) -> Path:
    """Add a result and its suite to the site; a batch that is published again replaces its page.

    Args:
        result: what `expectations.gx.validate` returned.
        entry: the contract of the rows.
        batch_id: name of the batch.
        received_at: moment that the site shows for the batch; UTC.
        folder: folder of the site; pages of other tables stay. Only one process may write at a time.
        languages: languages of the workspace; Great Expectations' own texts are in English only.

    Returns:
        The index page.
    """
    stores = FilesystemStoreBackendDefaults(root_directory=str(folder / "store"))
    config = DataContextConfig(store_backend_defaults=stores, data_docs_sites={}, analytics_enabled=False)
    context = gx.get_context(mode="ephemeral", project_config=config)
    suite_id = ExpectationSuiteIdentifier(entry.table)
    # an update would first read the present file, which a full disk may have cut short
    context.expectations_store.remove_key(suite_id)
    context.suites.add(expectation_suite(entry, languages))
    run = RunIdentifier(run_name=batch_id or "empty", run_time=received_at or _EPOCH)
    title = plain(entry.title.en, entry.title.zh, on_pages(languages))
    result.meta |= {"run_id": run, "batch_kwargs": {"data_asset_name": title}}
    result_id = ValidationResultIdentifier(suite_id, run, entry.table)
    context.validation_results_store.set(result_id, result)
    _site(context, folder, languages).build(resource_identifiers=[suite_id, result_id])
    return folder / "index.html"


def _site(context, folder: Path, languages: Sequence[str]) -> SiteBuilder:
    page, index = (
        {"view": {"module_name": __name__, "class_name": view.__name__, "languages": [*languages]}}
        for view in (PageView, IndexView)
    )
    site = SiteBuilder(
        data_context=context,
        store_backend={"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        site_name="Fieldstone",
        show_how_to_buttons=False,
        site_index_builder={"class_name": "DefaultSiteIndexBuilder", **index},
        site_section_builders={"expectations": page, "validations": page, "profiling": "none"},
    )
    site.target_store.copy_static_assets = _copy_nothing
    return site


def _copy_nothing(static_assets_source_dir: str | None = None) -> None:
    """Copy nothing; Great Expectations would copy 4 MB of fonts and films that our pages don't use."""

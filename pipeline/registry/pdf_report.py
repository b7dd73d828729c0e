"""The report of a version as a PDF, which a headless browser prints from its HTML page.

The printed report names no application, so that an erasure needn't search it.
"""

import logging
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from conf.schema.errors import SetupError
from conf.schema.languages import on_pages, plain
from pipeline.context import Context
from pipeline.registry import tracking
from pipeline.registry.tracking import PAPER, REPORT, MlflowClient, ModelVersion

LOG = logging.getLogger(__name__)

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "chrome"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
NONE = "none"  # the setting for no browser at all
SECONDS = 60  # longest time that a training waits for the print; on a busy machine 10 were too few
_OPTIONS = (
    *("--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP * ~NOTFOUND",  # the page needs nothing from the network
    "--no-pdf-header-footer",
)


def keep(context: Context, client: MlflowClient, version: ModelVersion) -> bytes | None:
    """Print the report of a version and store it there; None, with a line that says why, if it can't be printed."""
    settings, page = context.workspace.settings, tracking.artifact(client, version, REPORT)
    if settings.browser == NONE or page is None:
        return None
    title = context.workspace.model(version.name).title
    named = plain(title.en, title.zh, on_pages(settings.languages))
    try:
        content = printed(page, named, f"{version.name}:{version.version}", browser(settings.browser))
    except SetupError as error:
        LOG.warning(f"train {version.name}: the report wasn't printed as PDF: {error}")
        return None
    tracking.keep(client, version, PAPER, content)
    return content


def browser(stated: str = "") -> str:
    """The program that prints: the one of the settings, else the first of `BROWSERS` that is installed.

    Raises:
        SetupError: there is none.
    """
    for program in (stated,) if stated else BROWSERS:
        if path := shutil.which(program):
            return path
    raise SetupError(
        f"there is no {stated or 'browser to print it'}; install Chromium (Debian: apt install chromium "
        f"fonts-noto-cjk), Chrome or Edge, or name one by FIELDSTONE_BROWSER, where {NONE!r} prints nothing"
    )


def printed(page: bytes, title: str, version: str, program: str, seconds: float = SECONDS) -> bytes:
    """A page as an A4 PDF; each sheet shows the title, the version and the sheet's number.

    Args:
        page: self-contained HTML, with its own rules for print.
        version: text at the right of each sheet, such as `admission:2`.
        program: see `browser`.

    Raises:
        SetupError: the browser fails, or takes longer.
    """
    headed = page.replace(b"</head>", f"<style>{_head(title, version)}</style></head>".encode(), 1)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        source, paper = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_bytes(headed)
        places = (f"--user-data-dir={folder}/profile", f"--print-to-pdf={paper}", source.as_uri())
        try:
            # without a pipe, because the browser's child processes would keep it open after the browser was stopped
            ended = subprocess.run(
                [program, *_OPTIONS, *_as_root(), *places],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SetupError(f"{program} printed nothing within {seconds:g} s; print its page by hand") from None
        except OSError as error:
            raise SetupError(f"{program} can't be run ({error.strerror}); print its page by hand") from None
        if ended.returncode or not paper.exists():
            raise SetupError(f"{program} printed nothing and ended with {ended.returncode}; print its page by hand")
        return paper.read_bytes()


def _as_root() -> tuple[str, ...]:
    """Chromium refuses to run as root in its sandbox; the page that it prints is our own and has no script."""
    return ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()


def _head(title: str, version: str) -> str:
    return f"@page {{ @top-left {{ content: {_quoted(title)} }} @top-right {{ content: {_quoted(version)} }} }}"


def _quoted(text: str) -> str:
    """A string of CSS: https://www.w3.org/TR/css-syntax-3/#consume-string-token."""
    return '"' + re.sub(r'[\\"<\x00-\x1f]', lambda sign: f"\\{ord(sign[0]):x} ", text) + '"'

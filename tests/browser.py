"""A real Chromium for what people see, and axe-core to judge whether everybody can use it.

``python -m tests.browser`` (``make browser``) fetches what the tests need of npm, once, into build/node. A machine
without Chromium or npm leaves these tests out and says so; where ``NEED_BROWSER`` is set, as in .ci/run, they fail.
"""

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
NODE = ROOT / "build" / "node"
AXE = ("axe-core", "4.14.1")
PHONE = (360, 740)
DESK = (1280, 900)
SERIOUS = {"serious", "critical"}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


class Missing(RuntimeError):
    """Something that must come with the machine; the message says what to install."""


@contextmanager
def open_page(
    html: Path | str,
    size: tuple[int, int] = DESK,
    dark: bool = False,
    print_media: bool = False,
    site: Path | None = None,
) -> Iterator[Page]:
    """A file opened in Chromium; see `open_address`.

    ``site``: the folder of which the page may ask for other files; without it the page is all there is.
    """
    address = Path(html).resolve().as_uri()
    own = address if site is None else f"{site.resolve().as_uri()}/"
    with open_address(address, own, size, dark, print_media) as page:
        yield page


@contextmanager
def open_address(
    address: str,
    own: str,
    size: tuple[int, int] = DESK,
    dark: bool = False,
    print_media: bool = False,
    scripts: bool = True,
) -> Iterator[Page]:
    """An address opened in Chromium. On leaving, fails if the page complained in its console or asked for anything else
    than what begins with ``own``.

    ``size`` is width and height in CSS pixels. Animations are off, so that two screenshots of a page are the same.
    """
    scheme = "dark" if dark else "light"
    context = _browser().new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        reduced_motion="reduce",
        locale="en-US",
        timezone_id="America/Los_Angeles",
        java_script_enabled=scripts,
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if _complains(said) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: None if _own(asked.url, own) else complaints.append(f"asks for {asked.url}"))
    try:
        if print_media:
            page.emulate_media(media="print", color_scheme=scheme)
        page.goto(address)
        yield page
    finally:
        context.close()
    assert not complaints, complaints


def _complains(said: ConsoleMessage) -> bool:
    """Is something wrong? A door that asks for a password (403), and a form that was refused (409, 422), are
    what was asked for."""
    return said.type in ("error", "warning") and not re.search("status of (403|409|422)", said.text)


def _own(asked: str, own: str) -> bool:
    """Whether it is the page, or lies in the folder of its site (``own`` ends with a slash)."""
    path = asked.split("#")[0]
    return path == own or (own.endswith("/") and path.startswith(own)) or asked.startswith(("data:", "blob:", "about:"))


def axe_violations(page: Page, impacts: set[str] = SERIOUS) -> list[str]:
    """What axe-core finds wrong, a line each: impact, rule, how many places, the first of them."""
    axe = _or_skip(lambda: node_package(*AXE)) / "axe.min.js"
    page.evaluate(axe.read_text("utf-8"))  # a tag would be refused where a page allows no foreign script
    found: dict[str, Any] = page.evaluate(
        "async () => await axe.run(document, {resultTypes: ['violations'], preload: false})"
    )
    assert found["passes"], "axe looked at nothing"
    return [
        f"{wrong['impact']} {wrong['id']} ({len(wrong['nodes'])}): {wrong['help']}: {wrong['nodes'][0]['html'][:200]}"
        for wrong in found["violations"]
        if wrong["impact"] in impacts
    ]


def sideways(page: Page) -> int:
    """CSS pixels by which the page is wider than its window: 0 where nobody has to scroll sideways."""
    over: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return max(0, over)


def node_package(name: str, version: str) -> Path:
    """Folder of exactly this version of an npm package, with what it needs beside it; fetched once. Raises Missing."""
    home = NODE / f"{name.replace('/', '-')}-{version}"
    package = home / "node_modules" / name
    if not package.is_dir():
        NODE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=NODE) as folder:
            _npm_install(f"{name}@{version}", folder)
            # Another worker may have been faster: its copy is the same.
            with suppress(OSError):
                (Path(folder) / "node_modules").replace(_made(home) / "node_modules")
    return package


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _npm_install(wanted: str, folder: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is not installed: apt-get install npm")
    options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    made = subprocess.run([npm, "install", "--prefix", folder, *options, wanted], capture_output=True, text=True)
    if made.returncode:
        raise Missing(f"npm cannot install {wanted}: {made.stderr[-500:]}")


def chromium() -> str:
    """Path of the browser. Raises Missing."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        raise Missing("Chromium is not installed: apt-get install chromium")
    return found


@cache
def _browser() -> Browser:
    """One browser for all tests of a worker."""
    program = _or_skip(chromium)
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
    atexit.register(playwright.stop)
    atexit.register(browser.close)
    return browser


def _or_skip(wanted: Any) -> Any:
    try:
        return wanted()
    except Missing as missing:
        if "NEED_BROWSER" in os.environ:
            raise
        pytest.skip(str(missing))


def main() -> None:
    """Fetch what the tests need and say what is there."""
    try:
        print(f"Chromium is {chromium()}, axe-core is in {node_package(*AXE)}")
    except Missing as missing:
        sys.exit(f"{missing}; without it the tests in a browser are left out")


if __name__ == "__main__":
    main()

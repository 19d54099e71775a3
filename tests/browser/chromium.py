"""Debian's Chromium, installed where it is missing and may be installed."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# The page draws emoji, which Debian's own fonts lack.
PACKAGES = ("chromium", "fonts-noto-color-emoji")
INSTALL_SECONDS = 900
# What apt says where another apt is at work, which a fresh machine's own start may be.
BUSY = "Could not get lock"


class NoChromium(RuntimeError):
    """There is none, and it cannot be installed; the message says why."""


@contextmanager
def browser() -> Iterator[Browser]:
    """A running browser.

    Raises:
        NoChromium: there is none to run.
    """
    # Chromium refuses root's processes a sandbox; only pages of our own service are opened.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find(), args=arguments)
        yield running
        running.close()


def find() -> str:
    """Return the program's path, after installing it with apt where it is missing.

    Raises:
        NoChromium: it is missing, and this is not root on a Debian, or apt failed.
    """
    return _installed() or _install()


def _installed() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _install() -> str:
    wanted = f"apt-get install {' '.join(PACKAGES)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoChromium(f"There is no Chromium, and only root may install it: {wanted}")
    install = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]
    for command in (["apt-get", "update"], install):
        run = _patiently(command)
        if run.returncode:
            raise NoChromium(f"{wanted} failed: {run.stderr.strip()[-300:]}")
    if path := _installed():
        return path
    raise NoChromium(f"{wanted} ran, and there is still no {' or '.join(NAMES)}.")


def _patiently(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run apt, again where another one holds its locks."""
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    deadline = time.monotonic() + INSTALL_SECONDS
    while True:
        run = subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
        if BUSY not in run.stderr or time.monotonic() > deadline:
            return run
        time.sleep(2)

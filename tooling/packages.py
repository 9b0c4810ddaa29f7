"""Debian packages, for those who may install them: root on a machine with apt-get."""

import os
import shutil

from tooling.console import Failure, run_quietly, say


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*names: str) -> None:
    """Install Debian packages, or raise Failure with the command to type."""
    listed = " ".join(names)
    say(f"apt-get install {listed}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    remedy = f"安装系统软件包失败 / apt-get failed; try by hand: apt-get install {listed}"
    run_quietly(["apt-get", "update", "-q"], remedy, env=quiet)
    run_quietly(
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *names], remedy, env=quiet
    )


def try_install(*names: str) -> bool:
    """Install if root may and the archive answers; False when another way must be found."""
    if not can_install():
        return False
    try:
        install(*names)
    except Failure:
        return False
    return True

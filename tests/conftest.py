"""Other versions of ipykernel; a short way through rules; Studios that start quickly."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from framepack_widgets.demo import process
from quick_studios import Nurseries

# How long an example takes says how busy the machine is.
settings.register_profile(
    "untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")
# For Pythons on which the same rules are only looked at once more: --hypothesis-profile=few
settings.register_profile("few", max_examples=15, derandomize=True)


@pytest.fixture(scope="session", autouse=True)
def _quick_studios() -> Iterator[None]:
    """What tests start themselves is forked, where that is possible; see `quick_studios`."""
    if not Nurseries.is_possible:
        yield
        return
    nurseries = Nurseries()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "_spawn", nurseries.spawn)
        yield
    nurseries.close()


@pytest.fixture(scope="session")
def ipykernel_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """ipykernel_folder("6.29.5") -> a folder that holds that version and nothing else.

    First on PYTHONPATH, it comes before the environment's own; all else is shared. Made by pip
    (about 1 s each) in a temporary folder, or kept in FRAMEPACK_IPYKERNELS. Where pip cannot get
    it the test is skipped, or fails where FRAMEPACK_REQUIRE_OTHER or CI is set.
    """
    kept = os.environ.get("FRAMEPACK_IPYKERNELS")
    root = Path(kept) if kept else tmp_path_factory.mktemp("ipykernels")

    def folder(version: str) -> Path:
        target = root / version
        if (target / "ipykernel_launcher.py").exists():
            return target
        command = [sys.executable, "-m", "pip", "install", "-qq", "--no-compile", "--no-deps"]
        done = subprocess.run(
            [*command, "--target", str(target), f"ipykernel=={version}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            message = f"blocking cells NOT TESTED with ipykernel {version}: {done.stderr[-300:]}"
            if os.environ.get("FRAMEPACK_REQUIRE_OTHER") or os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
        return target

    return folder

"""What `script/test` tells who called it: 0 only when every step passed, else not 0 and why."""

import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

PROGRAMS = ["ruff", "lint-imports", "mypy", "python"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose programs say nothing and pass, with the real `script/test` in it."""
    (tmp_path / "script").mkdir()
    shutil.copy(settings.BASE_DIR / "script" / "test", tmp_path / "script" / "test")
    program(tmp_path / "script" / "bootstrap", "exit 0")
    for name in PROGRAMS:
        program(tmp_path / ".venv" / "bin" / name, "exit 0")
    return tmp_path


def program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def run(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "script" / "test"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_all_steps_passed_is_said_by_0(checkout: Path) -> None:
    done = run(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Tests ..." in done.stdout


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_step_that_fails_fails_the_run_and_is_read(checkout: Path, name: str) -> None:
    program(checkout / ".venv" / "bin" / name, "echo what went wrong\nexit 1")
    done = run(checkout)
    assert done.returncode == 1
    assert "what went wrong" in done.stdout


def test_red_tests_fail_the_run(checkout: Path) -> None:
    told = 'case "$*" in *worksteal*) echo one is red; exit 1;; esac'
    program(checkout / ".venv" / "bin" / "python", told)
    done = run(checkout)
    assert done.returncode == 1
    assert "one is red" in done.stdout

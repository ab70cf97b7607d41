"""Every check and test, in order: what `python3 tangnet.py test` and CI run. Arguments go to pytest.

All of them run even when an early one fails; the exit status is 1 when any did.
"""

from __future__ import annotations

import filecmp
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent  # not resolved: the tools lie beside .venv's python, not beside the one it links to


def checks(pytest_arguments: list[str]) -> list[tuple[str, list[str]]]:
    """(heading, command) of everything that must pass."""
    # Files side by side: much of a test is waiting for a process. More than four would wait for each other's engines.
    together = ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadfile"]
    return [
        ("ruff check", [f"{BIN}/ruff", "check", "."]),
        ("ruff format", [f"{BIN}/ruff", "format", "--check", "."]),
        ("mypy", [f"{BIN}/mypy"]),
        ("import contracts", [f"{BIN}/lint-imports"]),
        ("generated stubs", [sys.executable, str(Path(__file__)), "--stubs"]),
        ("pytest", [sys.executable, "-m", "pytest", "-v", "-rs", *together, *pytest_arguments]),
    ]


def stubs() -> int:
    """Generate the stubs anew and compare them with those in the project; 1 when they differ."""
    sys.path.insert(0, str(ROOT))
    from nodeworker.protocol.generate import generate

    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        made = sorted(path.relative_to(folder) for path in Path(folder).rglob("*_pb2*"))
        stale = [path for path in made if not _same(Path(folder, path), ROOT / path)]
    for path in stale:
        print(f"{path} does not match node.proto; make it anew: python -m nodeworker.protocol.generate")
    print(f"{len(made)} stubs compared")
    return 1 if stale or not made else 0


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(one, other, shallow=False)


def main(arguments: list[str]) -> int:
    """Run all; 0 when all passed."""
    if arguments == ["--stubs"]:
        return stubs()
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}  # protoc looks for its plugins there
    results = []
    for heading, command in checks(arguments):
        print(f"\n── {heading} " + "─" * (70 - len(heading)), flush=True)
        began = time.monotonic()
        passed = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
        results.append((heading, passed, time.monotonic() - began))
    print("\n── summary " + "─" * 63)
    for heading, passed, seconds in results:
        print(f"{'passed' if passed else 'FAILED'}  {seconds:7.1f} s  {heading}")
    print(f"total   {sum(seconds for *_, seconds in results):7.1f} s")
    return 0 if all(passed for _, passed, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

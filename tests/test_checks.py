"""What every file of the project keeps to: a first line that says what lives there, a size, and no dangerous calls."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES = 450


def project_files() -> list[Path]:
    """Every file that git knows, and new ones that it does not ignore; all files where there is no git."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        hidden = [path for path in ROOT.rglob("*") if not any(part in (".venv", ".git") for part in path.parts)]
        return sorted(path for path in hidden if path.is_file())
    return sorted(ROOT / name for name in listed if name and (ROOT / name).is_file())


FILES = project_files()
WRITTEN = [path for path in FILES if path.suffix == ".py" and "_pb2" not in path.name]
SHIPPED = [
    path for path in WRITTEN if path.relative_to(ROOT).parts[0] in ("app", "nodeworker", "packaging", "tangnet.py")
]


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def lines_with(pattern: str, paths: list[Path]) -> list[str]:
    """Every match as file:line: text."""
    found = []
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="ignore")
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(pattern, line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    return found


def test_there_is_something_to_check() -> None:
    assert len(SHIPPED) > 20


@pytest.mark.parametrize("name", names(WRITTEN))
def test_a_file_says_what_lives_there_and_stays_a_room(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, f"{name} has no docstring"
    first = text.splitlines()[1 if text.startswith("#!") else 0]
    assert first.startswith(('"""', 'r"""')), f"{name}: its first line is to say what lives there"
    assert text.count("\n") < MOST_LINES, f"{name} has grown past {MOST_LINES} lines: split it where the meaning splits"


def test_no_path_of_a_developers_machine() -> None:
    # Written with brackets so that this very line does not match.
    assert lines_with(r"(^|[\s\"'`(=:])/(?:w[o]rk|f[a]rm)/|bash_j[o]bs|\.librar[y]/", FILES) == []


def test_no_dangerous_call_in_what_ships() -> None:
    calls = (
        r"\bpickle\.|import pickle|yaml\.load\(|shell=True|verify=False|\binsecure_channel|add_insecure_port"
        r"|(?<![\w.])eval\(|(?<![\w.])exec\(|os\.system\(|CERT_NONE.*verify|trust_remote_code=True"
    )
    assert lines_with(calls, SHIPPED) == []


def test_no_unfinished_work() -> None:
    marks = r"\b(?:TO[D]O|FIX[M]E|X[X]X)\b|except Exception:\s*pass|except BaseException:\s*pass"
    assert lines_with(marks, [path for path in WRITTEN if path != Path(__file__)]) == []


def test_qt_stays_in_the_window() -> None:
    # window.py looks whether Qt can be loaded at all, so that it can say what is missing.
    inside = (ROOT / "app" / "ui", ROOT / "app" / "commands" / "window.py", ROOT / "packaging")
    outside = [path for path in SHIPPED if not any(path.is_relative_to(place) for place in inside)]
    assert lines_with(r"^\s*(?:import|from) (?:PySide6|shiboken6)\b", outside) == []


def test_nothing_heavy_is_loaded_for_a_quick_answer() -> None:
    heavy = {"torch", "llama_cpp", "faster_whisper", "ctranslate2", "lancedb", "pyarrow", "numpy", "av", "sounddevice"}
    heavy |= {"grpc", "PySide6", "zeroconf"}
    code = (
        "import sys\nfrom app.cli import main\nstatus = main(['--version'])\n"
        f"print(status, sorted(set(sys.modules) & {heavy!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_the_paper_is_there() -> None:
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", ".ci/run", "docs/architecture.md"):
        assert (ROOT / name).is_file(), name


def test_ci_runs_what_the_readme_says() -> None:
    assert "python3 tangnet.py test" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python3 tangnet.py test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_checks_that_people_run_are_those_of_ci() -> None:
    """No second list of checks anywhere: only tests/checks.py calls the tools."""
    scripts = [path for path in FILES if path.suffix in (".sh", ".yml", ".yaml", "") and path.name != "LICENSE"]
    assert (
        lines_with(
            r"lint-imports|ruff check|\bmypy\b", [path for path in scripts if path.suffix or ".ci" in path.parts]
        )
        == []
    )

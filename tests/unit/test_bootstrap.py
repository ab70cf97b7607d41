"""The bootstrap: which Python, the stamp, keys, what pip's and the compiler's words mean, locks. No network."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def by_path() -> ModuleType:
    """tangnet.py as it is, wherever tests are started from; bootstrap finds it under the same name."""
    spec = importlib.util.spec_from_file_location("tangnet", ROOT / "tangnet.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tangnet"] = module
    spec.loader.exec_module(module)
    return module


tangnet = by_path()
with pytest.MonkeyPatch.context() as patch:  # so that no test writes into the user's cache
    patch.setenv("XDG_CACHE_HOME", tempfile.mkdtemp(prefix="tangnet-test-"))
    patch.syspath_prepend(ROOT / "packaging")
    from bootstrap import running, steps

    atexit.register(shutil.rmtree, running.CACHE.parent, ignore_errors=True)

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ((3, 10, 13), False),
        ((3, 11, 0), True),
        ((3, 12, 1), True),
        ((3, 13, 9), True),
        ((3, 14, 0), False),
        ((2, 7), False),
    ],
)
def test_only_pythons_with_libraries_are_taken(version: tuple[int, ...], good: bool) -> None:
    assert tangnet.suitable(version) is good


def test_versions_agree_with_pyproject() -> None:
    low, high = tangnet.OLDEST, tangnet.NEWEST
    assert PYPROJECT["project"]["requires-python"] == f">={low[0]}.{low[1]},<{high[0]}.{high[1] + 1}"


def test_every_extra_exists_and_has_a_size() -> None:
    named = {extra for extras in tangnet.EXTRAS.values() for extra in extras}
    assert named == set(PYPROJECT["project"]["optional-dependencies"])
    assert named | {"torch", "llama", "base"} == set(steps.PARTS)
    assert "desktop" not in tangnet.EXTRAS["node"] and "embed" not in tangnet.EXTRAS["node"]


def test_wake_words_are_left_out_where_their_package_does_not_exist() -> None:
    assert steps.wakes("win32") and steps.wakes("linux", ("glibc", "2.36")) and steps.wakes("linux", ("glibc", "2.35"))
    assert not steps.wakes("linux", ("glibc", "2.31")) and not steps.wakes("linux", ("", ""))
    assert not steps.wakes("darwin", ("", ""))


def a_venv(folder: Path) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    return folder


def test_stamp_holds_until_something_it_depends_on_changes(tmp_path: Path) -> None:
    venv = a_venv(tmp_path / "venv")
    now = tangnet.facts(b"[project]", str(venv))
    stamp = {**now, "extras": ["desktop", "node"], "gpu": False}
    assert tangnet.still_holds(stamp, now, ("node",), False)
    assert tangnet.still_holds({**stamp, "gpu": True}, now, ("node",), False)
    assert not tangnet.still_holds(stamp, now, ("node",), True)
    assert not tangnet.still_holds(stamp, now, ("node", "dev"), False)
    assert not tangnet.still_holds(stamp, tangnet.facts(b"[project] ", str(venv)), ("node",), False)
    assert not tangnet.still_holds({}, now, ("node",), False)
    moved = venv.rename(tmp_path / "moved")
    assert not tangnet.still_holds(stamp, tangnet.facts(b"[project]", str(moved)), ("node",), False)
    (moved / "bin" / "python").unlink()
    gone = tangnet.facts(b"[project]", str(moved))
    assert not tangnet.still_holds({**stamp, **gone}, gone, ("node",), False)


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', "\x00"])
def test_damaged_stamp_counts_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "stamp"
    assert tangnet.read_stamp(str(path)) == {}
    path.write_text(content)
    assert tangnet.read_stamp(str(path)) == {}


def test_requirement_comes_from_pyproject() -> None:
    assert steps.requirement(PYPROJECT, "node", "llama-cpp-python").startswith("llama-cpp-python==")
    assert steps.requirement(PYPROJECT, "embed", "torch").startswith("torch>=")
    assert PYPROJECT["tool"]["tangnet"]["torch"].startswith("torch==")


def test_starter_models_have_exact_versions() -> None:
    assert all("==" in line for line in PYPROJECT["project"]["optional-dependencies"]["starter"])


def test_wheel_key_follows_version_flags_and_processor() -> None:
    keys = {
        steps.wheel_key(version, flags, cpu)
        for version in ("llama-cpp-python==1", "llama-cpp-python==2")
        for flags in ("", "-DGGML_CUDA=on")
        for cpu in ("flags : avx2", "flags : avx512f")
    }
    assert len(keys) == 8
    assert all("/" not in key and "=" not in key and key.startswith("llama-cpp-python-") for key in keys)
    assert steps.wheel_key("a==1", "f", "c") == steps.wheel_key("a==1", "f", "c")


def test_processor_is_the_same_however_many_cores_and_at_any_speed(tmp_path: Path) -> None:
    core = "processor : {n}\nmodel name : Fast CPU\ncpu MHz : {n}00\nflags : avx avx2\n\n"
    one, four = tmp_path / "one", tmp_path / "four"
    one.write_text(core.format(n=0))
    four.write_text("".join(core.format(n=n) for n in range(4)))
    assert steps.processor(one) == steps.processor(four) == "flags : avx avx2\nmodel name : Fast CPU"
    assert isinstance(steps.processor(tmp_path / "none"), str)


def test_installed_looks_at_the_exact_version(tmp_path: Path) -> None:
    assert not steps.installed(tmp_path, "torch==2.13.0")
    (tmp_path / "torch-2.13.0+cpu.dist-info").mkdir()
    (tmp_path / "llama_cpp_python-0.3.36.dist-info").mkdir()
    assert steps.installed(tmp_path, "torch==2.13.0")
    assert not steps.installed(tmp_path, "torch==2.13")
    assert steps.installed(tmp_path, "llama-cpp-python==0.3.36")
    assert not steps.installed(tmp_path, "llama-cpp-python==0.3.3")
    assert not steps.installed(tmp_path / "none", "torch==2.13.0")


def test_apt_line_can_be_pasted() -> None:
    assert steps.apt_line(["libegl1", "g++"]) == "sudo apt-get install --no-install-recommends libegl1 g++"


PIP_OFFLINE = """\
WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by
'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new
connection: [Errno -3] Temporary failure in name resolution')': /simple/grpcio/
ERROR: Could not find a version that satisfies the requirement grpcio<2,>=1.80 (from tangnet) (from versions: none)
ERROR: No matching distribution found for grpcio<2,>=1.80
"""


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (PIP_OFFLINE, "No network"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("CMake Error: CMAKE_CXX_COMPILER not set, after EnableLanguage", "No C++ compiler"),
        ("c++: fatal error: Killed signal terminated program cc1plus", "out of memory"),
        ("ERROR: [Errno 13] Permission denied: '/p/.venv/lib'", "cannot be written"),
        ("SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "certificate"),
        (
            "ERROR: Could not find a version that satisfies the requirement torch==9 (from versions: 2)\n"
            "ERROR: No matching distribution found for torch==9",
            "no build of torch==9",
        ),
    ],
)
def test_known_troubles_become_one_sentence_with_a_hint(output: str, sentence: str) -> None:
    error = running.explain(output, "installing libraries")
    assert sentence in error.message and "installing libraries" in error.message
    assert "\n" not in error.message and error.hint and str(running.LOG) in error.hint


def test_unknown_trouble_shows_the_last_lines() -> None:
    error = running.explain("\n".join(f"line {n}" for n in range(50)), "building llama.cpp")
    assert error.message == "Building llama.cpp failed."
    assert "line 49" in error.hint and "line 10" not in error.hint


def test_pip_status_adds_up_what_is_downloaded() -> None:
    status = running.PipStatus()
    status("Collecting torch==2.13.0")
    status("  Downloading https://host/whl/torch-2.13.0-cp311.whl (182.9 MB)")
    assert status("  Downloading idna-3.20-py3-none-any.whl (500 kB)").endswith("500 kB (183 MB so far)")
    assert "unpacking 3 packages" in status("Installing collected packages: a, b, c")


@pytest.mark.parametrize("line", ["[37/100] Building CXX object x.o", "  [ 37%] Building CXX object x.o"])
def test_build_status_reads_ninja_and_make(line: str) -> None:
    status = running.BuildStatus()
    assert "source" in status("Collecting llama-cpp-python")
    assert status(line).startswith("compiling 37 of 100")
    assert status("note: something else").startswith("compiling 37 of 100")


def surroundings(tmp_path: Path) -> dict[str, str]:
    running.CACHE.mkdir(parents=True, exist_ok=True)
    return running.surroundings(tmp_path)


def test_children_do_not_inherit_what_would_lead_pip_astray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PIP_USER", "PIP_TARGET"):
        monkeypatch.setenv(name, "1")
    given = running.surroundings(tmp_path)
    assert not {"PYTHONPATH", "PIP_USER", "PIP_TARGET"} & set(given)
    assert given["TMPDIR"] == str(tmp_path) and given["PATH"] == os.environ["PATH"]


def test_run_reads_all_lines_and_raises_on_failure(tmp_path: Path) -> None:
    seen: list[str] = []

    def status(line: str) -> str:
        seen.append(line)
        return line

    running.run([sys.executable, "-c", "print('one\\ntwo')"], "trying", status, surroundings(tmp_path))
    assert seen == ["", "one", "two"]
    with pytest.raises(tangnet.SetupError, match=r"Trying failed\."):
        running.run([sys.executable, "-c", "raise SystemExit(3)"], "trying", status, surroundings(tmp_path))


def test_stopping_stops_the_children_of_children_too(tmp_path: Path) -> None:
    """What Ctrl-C or SIGTERM does: an exception in the middle of run."""
    note = tmp_path / "pid"
    code = (
        "import subprocess; p = subprocess.Popen(['sleep', '60']); "
        f"open({str(note)!r}, 'w').write(str(p.pid)); print(1); p.wait()"
    )

    def status(line: str) -> str:
        if line:
            raise KeyboardInterrupt
        return line

    with pytest.raises(KeyboardInterrupt):
        running.run([sys.executable, "-uc", code], "trying", status, surroundings(tmp_path))
    pid = int(note.read_text())
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and running_still(pid):
        os.sched_yield()
    assert not running_still(pid)


def running_still(pid: int) -> bool:
    """False also for one that is dead and only waits to be reaped."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_the_second_waits_for_the_lock_and_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = (
        "import fcntl, os, sys; h = os.open(sys.argv[1], os.O_RDONLY); fcntl.flock(h, fcntl.LOCK_EX); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with running.locked(tmp_path, "waiting"):
        pass
    assert capfd.readouterr().err == ""
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None and other.stdin is not None
    with other:
        assert other.stdout.readline() == "held\n"
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        previous = signal.signal(signal.SIGALRM, lambda *_: other.stdin and other.stdin.close())
        try:
            with running.locked(tmp_path, "waiting for the other"):
                assert other.wait(5) == 0
        finally:
            signal.signal(signal.SIGALRM, previous)
    assert "waiting for the other" in capfd.readouterr().err


def test_two_builds_at_once_use_the_wheel_of_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "wheels" / "key"
    folder.mkdir(parents=True)
    (folder / "llama_cpp_python-0.3.36-py3-none-linux_x86_64.whl").write_bytes(b"wheel")
    found = steps.build_wheel("llama-cpp-python==0.3.36", "", folder, {})
    assert found.read_bytes() == b"wheel"


def test_announcement_names_every_part_and_the_sum(capsys: pytest.CaptureFixture[str]) -> None:
    steps.announce(["torch", "starter"], gpu=False, fresh=True)
    said = capsys.readouterr()
    assert said.out == ""
    assert "up to 489 MB (torch 192, starter models 297)" in said.err and "On disk: 3 GB" in said.err
    steps.announce(["starter"], gpu=False, fresh=True)
    assert "On disk: 2 GB" in capsys.readouterr().err
    steps.announce([], gpu=False, fresh=False)
    assert "download" not in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--json"], ["ask", "a", "--json"]])
def test_a_failed_set_up_speaks_json_too(tmp_path: Path, arguments: list[str]) -> None:
    """An old Python, imitated: a copy of tangnet.py that only takes Python 9."""
    text = (ROOT / "tangnet.py").read_text(encoding="utf-8").replace("= (3, 11), (3, 13)", "= (9, 1), (9, 0)")
    (tmp_path / "tangnet.py").write_text(text, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "tangnet.py"), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "Tangnet needs Python" in done.stderr and "Traceback" not in done.stderr
    event = json.loads(done.stdout)
    assert event["event"] == "error" and event["code"] == "setup" and event["message"] and event["hint"]


def test_a_gpu_that_nothing_here_can_compile_for_is_an_error_and_not_a_slow_build(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CMAKE_ARGS", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert steps.llama_flags("-DOWN=1", gpu=False) == "-DOWN=1"
    with pytest.raises(tangnet.SetupError) as refused:
        steps.llama_flags("-DOWN=1", gpu=True)
    assert "nvcc" in refused.value.message and "GGML_VULKAN" in refused.value.hint
    monkeypatch.setenv("CMAKE_ARGS", "-DGGML_VULKAN=on")
    assert steps.llama_flags("-DOWN=1", gpu=True) == "-DOWN=1 -DGGML_VULKAN=on"
    monkeypatch.setenv("CMAKE_ARGS", "-DGGML_NATIVE=off")
    monkeypatch.setattr(shutil, "which", lambda _name: "/usr/bin/nvcc")
    assert steps.llama_flags("", gpu=True) == "-DGGML_CUDA=on -DGGML_NATIVE=off"

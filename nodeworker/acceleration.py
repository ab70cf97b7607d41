"""What can compute beside the processor: what this build of llama.cpp was made for, and what the machine has.

Nothing native is loaded and no program is started: a build is known by its library files, the machine by /sys.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_BACKENDS = {
    "cuda": "CUDA",
    "metal": "Metal",
    "vulkan": "Vulkan",
    "hip": "ROCm",
    "musa": "MUSA",
    "sycl": "SYCL",
    "opencl": "OpenCL",
    "cann": "CANN",
}
"""What llama.cpp calls a library, after "ggml-", and what people call it."""
_VENDORS = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel"}
"""PCI vendors whose cards llama.cpp can use; those of virtual machines draw pictures only."""
_DRIVERS = {"v3d": "VideoCore", "panfrost": "Mali", "panthor": "Mali", "msm": "Adreno", "apple": "Apple"}
"""Graphics that are no PCI cards, by the name of their driver."""
_DISPLAY_CLASS = "0x03"


def look() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return `of_build()` and `of_machine()`."""
    return of_build(), of_machine()


def of_build(folder: Path | None = None) -> tuple[str, ...]:
    """Return what llama.cpp was built for beside the processor: ("CUDA",), or () for none or when it is not there."""
    folder = folder or _libraries()
    names = {name.removeprefix("lib").split(".")[0] for name in _listed(folder)}
    return tuple(known for name, known in _BACKENDS.items() if f"ggml-{name}" in names)


@cache
def build_mark() -> str:
    """Return what tells one build of llama.cpp from another: its version and the sizes of its libraries."""
    folder = _libraries()
    try:
        version = importlib.metadata.version("llama_cpp_python")
    except importlib.metadata.PackageNotFoundError:
        version = ""
    sizes = []
    for name in _listed(folder):
        try:
            sizes.append(f"{name} {(folder or Path()).joinpath(name).stat().st_size}")
        except OSError:
            continue
    return "\n".join([version, *sizes])


def of_machine(system: Path = Path("/sys")) -> tuple[str, ...]:
    """Return who made the graphics processors of this machine, each once, whether a driver is there or not."""
    if sys.platform == "darwin":
        return ("Apple",) if platform.machine() == "arm64" else ()
    found = []
    for device in _folders(system / "bus/pci/devices"):
        if _read(device / "class").startswith(_DISPLAY_CLASS):
            found.append(_VENDORS.get(_read(device / "vendor"), ""))
    for node in _folders(system / "class/drm"):
        if node.name.startswith("renderD"):
            lines = _read(node / "device/uevent").splitlines()
            driver = next((line.removeprefix("DRIVER=") for line in lines if line.startswith("DRIVER=")), "")
            found.append(_DRIVERS.get(driver, ""))
    return tuple(dict.fromkeys(filter(None, found)))


def render_node(devices: Path = Path("/dev/dri")) -> tuple[str, bool]:
    """Return the first device that Vulkan would compute on, and whether this user may; "" when there is none."""
    nodes = sorted(name for name in _listed(devices) if name.startswith("renderD"))
    path = devices / nodes[0] if nodes else None
    return (str(path), os.access(path, os.R_OK | os.W_OK)) if path else ("", False)


def _libraries() -> Path | None:
    chosen = os.environ.get("LLAMA_CPP_LIB_PATH")  # as the binding itself does
    if chosen:
        return Path(chosen)
    spec = find_spec("llama_cpp")
    places = spec.submodule_search_locations if spec else None
    return Path(places[0], "lib") if places else None


def _listed(folder: Path | None) -> list[str]:
    try:
        return sorted(os.listdir(folder)) if folder else []
    except OSError:
        return []


def _folders(folder: Path) -> list[Path]:
    return [folder / name for name in _listed(folder)]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""

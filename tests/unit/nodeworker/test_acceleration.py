"""What a build and a machine can compute on, read from folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodeworker.acceleration import build_mark, of_build, of_machine, render_node


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["libggml-base.so", "libggml-cpu.so.0", "libllama.so"], ()),
        (["libggml-cpu.so", "libggml-cuda.so", "libggml-cuda.so.0"], ("CUDA",)),
        (["libggml-metal.dylib", "libggml-blas.dylib"], ("Metal",)),
        (["ggml-vulkan.dll", "ggml-cpu.dll"], ("Vulkan",)),
        (["libggml-cuda.so", "libggml-vulkan.so"], ("CUDA", "Vulkan")),
    ],
)
def test_a_build_is_known_by_its_libraries(tmp_path: Path, names: list[str], found: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert of_build(tmp_path) == found


def test_a_missing_build_has_nothing(tmp_path: Path) -> None:
    assert of_build(tmp_path / "none") == ()


def test_the_mark_of_this_build_names_version_and_libraries() -> None:
    assert "libllama.so" in build_mark()


def device(folder: Path, kind: str, vendor: str) -> None:
    folder.mkdir(parents=True)
    (folder / "class").write_text(kind + "\n")
    (folder / "vendor").write_text(vendor + "\n")


def test_cards_are_found_with_and_without_a_driver(tmp_path: Path) -> None:
    pci = tmp_path / "bus/pci/devices"
    device(pci / "0000:01:00.0", "0x030000", "0x10de")
    device(pci / "0000:02:00.0", "0x030200", "0x10de")
    device(pci / "0000:03:00.0", "0x038000", "0x1002")
    device(pci / "0000:04:00.0", "0x030000", "0x1234")  # the display of a virtual machine
    device(pci / "0000:05:00.0", "0x020000", "0x8086")  # a network card
    assert of_machine(tmp_path) == ("NVIDIA", "AMD")


def test_graphics_that_are_no_card_are_known_by_their_driver(tmp_path: Path) -> None:
    for name, driver in (("renderD128", "v3d"), ("renderD129", "virtio_gpu"), ("card0", "v3d")):
        folder = tmp_path / "class/drm" / name / "device"
        folder.mkdir(parents=True)
        (folder / "uevent").write_text(f"DRIVER={driver}\nOF_NAME=gpu\n")
    assert of_machine(tmp_path) == ("VideoCore",)


def test_a_machine_without_any(tmp_path: Path) -> None:
    assert of_machine(tmp_path) == ()
    assert render_node(tmp_path / "dri") == ("", False)


def test_the_device_for_vulkan_and_whether_it_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "card0").touch()
    (tmp_path / "renderD128").touch()
    assert render_node(tmp_path) == (str(tmp_path / "renderD128"), True)

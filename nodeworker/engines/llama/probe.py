"""Loads one GGUF file and makes two tokens: run as a process of its own, so that a bad file can kill only that.

Exit status 0: it works. 1: the last line of standard output says why not. Anything else: it killed the process.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nodeworker.engines import ChatRequest, Message, Sampling
from nodeworker.engines.llama.engine import LlamaEngine
from nodeworker.errors import EngineError
from nodeworker.models.folder import ModelFile


def main() -> int:
    """Try the file named on the command line."""
    path = Path(sys.argv[1])
    model = ModelFile(role="chat", name=path.name, sha256="", path=path, bytes=0)
    engine = LlamaEngine(model, context=256, threads=1)
    try:
        engine.load(lambda _fraction: None)
        request = ChatRequest("probe", (Message("user", "Hi"),), Sampling(max_tokens=2))
        for _ in engine.generate(request):
            pass
    except EngineError as error:
        print(error.message.rstrip("."))
        return 1
    finally:
        engine.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The peer's process: reads a path a line on standard input with MarkItDown, prints what came of it as a line of JSON.

Run by the Python of an environment that has `markitdown[all]`; imports are done before the first line is printed.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import time
from types import FrameType
from typing import Any

SECONDS = 30


def main() -> None:
    """Serve until standard input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not get among the replies
    resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
    signal.signal(signal.SIGALRM, _late)
    reader = importlib.import_module("markitdown").MarkItDown(enable_plugins=False)
    print(json.dumps({"ready": True}), file=replies, flush=True)
    for line in sys.stdin:
        print(json.dumps(_read(reader, json.loads(line))), file=replies, flush=True)


def _late(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError


def _read(reader: Any, path: str) -> dict[str, Any]:
    started = time.perf_counter()
    signal.alarm(SECONDS)
    text, status, reason = "", "ok", ""
    try:
        text = reader.convert_local(path).text_content or ""
        status = "ok" if text.strip() else "empty"
    except TimeoutError:
        status = "timeout"
    except Exception as error:
        reason = repr(error)
        said = reason.lower()
        protected = "password" in said or "decrypt" in said
        status = "password" if protected else "rejected" if "unsupported" in said else "error"
    finally:
        signal.alarm(0)
    seconds = time.perf_counter() - started
    return {"status": status, "text": text, "seconds": seconds, "peak_mb": 0.0, "reason": reason[:300]}


if __name__ == "__main__":
    main()

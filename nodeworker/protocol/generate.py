"""Regenerates the committed stubs from node.proto: `python -m nodeworker.protocol.generate`. CI diffs the result."""

from __future__ import annotations

import sys
from pathlib import Path


def generate(out: Path) -> None:
    """Write node_pb2.py, node_pb2.pyi, node_pb2_grpc.py (and .pyi) below `out`, laid out as in the project."""
    from grpc_tools import protoc

    root = Path(__file__).resolve().parents[2]
    arguments = [
        "protoc",
        f"-I{root}",
        f"--python_out={out}",
        f"--mypy_out=quiet:{out}",
        f"--grpc_python_out={out}",
        f"--mypy_grpc_out=quiet:{out}",
        "nodeworker/protocol/node.proto",
    ]
    if protoc.main(arguments) != 0:
        raise SystemExit("protoc failed")


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])

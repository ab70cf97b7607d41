"""What statuses of calls mean for whoever called."""

from __future__ import annotations

import grpc
import pytest

from app.cluster.failures import node_error
from app.errors import NodeError, NodeLost


def status(code: grpc.StatusCode, details: str) -> NodeError:
    nothing = grpc.aio.Metadata()
    return node_error("pi", grpc.aio.AioRpcError(code, nothing, nothing, details=details))


@pytest.mark.parametrize(
    ("code", "details"),
    [
        (grpc.StatusCode.UNAVAILABLE, "Socket closed"),
        (grpc.StatusCode.INTERNAL, "Internal error from Core"),  # a call that ended while it was written to
    ],
)
def test_a_connection_that_broke_is_a_lost_node(code: grpc.StatusCode, details: str) -> None:
    error = status(code, details)
    assert isinstance(error, NodeLost) and "pi" in error.message


def test_a_failure_of_the_node_itself_is_not() -> None:
    error = status(grpc.StatusCode.INTERNAL, "Division by zero.")
    assert not isinstance(error, NodeLost) and error.code == "internal" and "Division" in error.message

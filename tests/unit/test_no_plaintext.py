"""Nothing of the program listens, or connects, without TLS or the private socket of this machine's own node."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(path for folder in ("app", "nodeworker") for path in (ROOT / folder).rglob("*.py"))
LOCAL_ONLY = {"nodeworker/local.py", "app/cluster/channels.py"}
"""Where the Unix socket in a private folder is served and used."""


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Each call in a file with the last part of the name that is called."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            yield function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", ""), node


def places(*names: str) -> set[str]:
    """Files with a call of one of these."""
    return {str(path.relative_to(ROOT)) for path in SHIPPED for name, _ in calls(path) if name in names}


def test_there_is_no_insecure_port_or_channel() -> None:
    assert len(SHIPPED) > 100
    assert places("add_insecure_port", "insecure_channel", "insecure_server_credentials") == set()
    assert places("xds_server_credentials", "alts_server_credentials", "compute_engine_channel_credentials") == set()


def test_local_credentials_are_for_the_unix_socket_alone() -> None:
    assert places("local_server_credentials", "local_channel_credentials") <= LOCAL_ONLY
    for path in SHIPPED:
        for name, call in calls(path):
            if name in ("local_server_credentials", "local_channel_credentials"):
                assert [ast.unparse(argument) for argument in call.args] == ["grpc.LocalConnectionType.UDS"]


def test_every_server_over_the_network_has_a_certificate() -> None:
    """Where a port is opened, credentials are TLS ones made in that file, or Trust's, which demand a certificate."""
    for path in SHIPPED:
        for name, call in calls(path):
            if name != "add_secure_port":
                continue
            where, credentials = (ast.unparse(argument) for argument in call.args)
            text = path.read_text(encoding="utf-8")
            sound = (
                credentials == "trust.credentials()"
                or credentials.startswith("grpc.ssl_server_credentials(")
                or f"{credentials} = grpc.ssl_server_credentials(" in text
                or ("unix:" in where and credentials.startswith("grpc.local_server_credentials("))
            )
            assert sound, f"{path.relative_to(ROOT)}: {ast.unparse(call)}"


def test_trust_demands_a_client_certificate() -> None:
    made = [call for name, call in calls(ROOT / "nodeworker/trust.py") if name == "dynamic_ssl_server_credentials"]
    assert [ast.unparse(call.args[2]) for call in made] == ["True"]

"""The gRPC channels of a node: one for its work, and to a machine elsewhere a calm one over which it tells its load.

The one for the load is there for as long as the node is trusted. It is asked for a sign of life each second, or, of all
nodes but a few (see app/cluster/sentinels.py), each five seconds: for a hundred nodes each second would cost more
processor than all else that is done for them. The one for work is made at the first call, and is watched while there is
one.
"""

from __future__ import annotations

from collections.abc import Sequence

import grpc

from nodeworker.protocol import (
    CALM_CHANNEL_OPTIONS,
    CHANNEL_OPTIONS,
    LOCAL_CHANNEL_OPTIONS,
    TLS_NAME,
    WORK_CHANNEL_OPTIONS,
)


def local(socket: str) -> grpc.aio.Channel:
    """Return a channel to a Unix socket."""
    credentials = grpc.local_channel_credentials(grpc.LocalConnectionType.UDS)
    options = (*LOCAL_CHANNEL_OPTIONS, ("grpc.default_authority", "localhost"))
    return grpc.aio.secure_channel(f"unix:{socket}", credentials, options=options)


class Way:
    """How a machine elsewhere is reached: by mutual TLS, if it holds the pinned key."""

    def __init__(self, address: str, *, pinned: str, certificate: str, key: bytes) -> None:
        """Prepare; certificates and keys are PEM.

        Args:
            address: Host and port.
            pinned: The node's certificate.
            certificate: The one that this machine shows.
            key: Its private key.
        """
        self._target = _target(address)
        self._credentials = grpc.ssl_channel_credentials(
            root_certificates=pinned.encode(), private_key=key, certificate_chain=certificate.encode()
        )

    def work(self) -> grpc.aio.Channel:
        """Return a channel for calls that somebody waits for."""
        return self._channel(WORK_CHANNEL_OPTIONS)

    def load(self, *, closely: bool) -> grpc.aio.Channel:
        """Return a channel for what lasts; `closely`: it is asked for a sign of life each second."""
        return self._channel(CHANNEL_OPTIONS if closely else CALM_CHANNEL_OPTIONS)

    def _channel(self, options: Sequence[tuple[str, int]]) -> grpc.aio.Channel:
        own = (("grpc.ssl_target_name_override", TLS_NAME), ("grpc.use_local_subchannel_pool", 1))
        return grpc.aio.secure_channel(self._target, self._credentials, options=(*options, *own))


def _target(address: str) -> str:
    host = address.rpartition(":")[0].strip("[]")
    if ":" in host:
        return f"ipv6:{address}"
    return f"ipv4:{address}" if host.replace(".", "").isdigit() else f"dns:///{address}"

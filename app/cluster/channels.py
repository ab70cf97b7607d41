"""The gRPC channels of a node: one for its work, and to a machine elsewhere a calm one over which it tells its load.

The calm one is there for as long as the node is trusted, and is seldom asked for a sign of life. The other is made at
the first call, and watched each second while there is one: for a hundred idle nodes that would cost more processor than
all else that is done for them.
"""

from __future__ import annotations

import grpc

from nodeworker.protocol import CALM_CHANNEL_OPTIONS, CHANNEL_OPTIONS, LOCAL_CHANNEL_OPTIONS, TLS_NAME


def local(socket: str) -> grpc.aio.Channel:
    """Return a channel to a Unix socket."""
    credentials = grpc.local_channel_credentials(grpc.LocalConnectionType.UDS)
    options = (*LOCAL_CHANNEL_OPTIONS, ("grpc.default_authority", "localhost"))
    return grpc.aio.secure_channel(f"unix:{socket}", credentials, options=options)


def remote(address: str, *, pinned: str, certificate: str, key: bytes) -> tuple[grpc.aio.Channel, grpc.aio.Channel]:
    """Return the channels for work and for what lasts, by mutual TLS to whoever holds the `pinned` key alone.

    Args:
        address: Host and port.
        pinned: The node's certificate, PEM.
        certificate: The one that this machine shows, PEM.
        key: Its private key, PEM.
    """
    credentials = grpc.ssl_channel_credentials(
        root_certificates=pinned.encode(), private_key=key, certificate_chain=certificate.encode()
    )
    own = (("grpc.ssl_target_name_override", TLS_NAME), ("grpc.use_local_subchannel_pool", 1))
    work, calm = (
        grpc.aio.secure_channel(_target(address), credentials, options=(*options, *own))
        for options in (CHANNEL_OPTIONS, CALM_CHANNEL_OPTIONS)
    )
    return work, calm


def _target(address: str) -> str:
    host = address.rpartition(":")[0].strip("[]")
    if ":" in host:
        return f"ipv6:{address}"
    return f"ipv4:{address}" if host.replace(".", "").isdigit() else f"dns:///{address}"

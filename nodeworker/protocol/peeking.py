"""Looking at the certificate that a TLS server shows, before anything is trusted or said."""

from __future__ import annotations

import socket
import ssl

from nodeworker.protocol import TLS_NAME

CONNECT_SECONDS = 5.0


def certificate_at(host: str, port: int, *, timeout: float = CONNECT_SECONDS) -> str:
    """Return the certificate (PEM) that a TLS server shows; blocking, and nothing is trusted by it.

    Raises:
        OSError: it cannot be reached, or does not speak TLS.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # what it shows is checked against a pin, a token, or by the pairing code
    context.minimum_version = ssl.TLSVersion.TLSv1_3  # with 1.2 a server that wants our certificate ends the handshake
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection((host, port), timeout=timeout) as plain,
        context.wrap_socket(plain, server_hostname=TLS_NAME) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    if not shown:
        raise ssl.SSLError("no certificate was shown")
    return ssl.DER_cert_to_PEM_cert(shown)

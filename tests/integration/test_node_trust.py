"""Who gets into a node over the network: only a pinned key, checked in every call, until it is unpinned."""

from __future__ import annotations

import asyncio
import datetime
import threading
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from google.protobuf.message import Message

from nodeworker.protocol import TLS_NAME
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity, TrustFailure
from nodeworker.protocol.pins import RIGHTS, Pin, Pins, may
from nodeworker.serving.door import ANY, LOCAL, RIGHT_OF
from nodeworker.trust import Trust
from tests.integration.node_serving import client, pin_of, serving, until
from tests.integration.test_node_calls import FakeFolder, ask, code_and_hint, refused
from tests.unit.nodeworker_server.fakes import FakeChat, FakeMaker, model


class ListedPins:
    """A list of pins that nothing was checked about."""

    def __init__(self, *pins: Pin) -> None:
        self.pins = pins

    def all(self) -> tuple[Pin, ...]:
        return self.pins


def signed(
    key: ec.EllipticCurvePrivateKey,
    name: str,
    *,
    ca: bool,
    issuer: str = "",
    by: ec.EllipticCurvePrivateKey | None = None,
) -> str:
    """A certificate for `key`, signed by `by` (itself by default)."""
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer or name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2090, 1, 1, tzinfo=datetime.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(TLS_NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(by or key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


async def describe(address: str, me: Identity | None, node: Identity) -> pb.Description:
    async with client(address, me=me, node=node.certificate) as stub:
        return await stub.Describe(pb.DescribeRequest(), timeout=5)


async def test_a_pinned_client_gets_in_and_a_new_pin_needs_no_restart(home: Path) -> None:
    node, first, second = Identity.create(), Identity.create(), Identity.create()
    pins = Pins(home / "trust.toml")
    pins.add(pin_of(first, "first"))
    async with serving(home, identity=node, pins=Pins(home / "trust.toml")) as serves:
        assert (await describe(serves.address, first, node)).id == node.id
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await describe(serves.address, second, node)
        assert failure.value.code() == grpc.StatusCode.UNAVAILABLE  # TLS refuses: it never reaches a call
        pins.add(pin_of(second, "second"))
        assert (await describe(serves.address, second, node)).id == node.id


async def test_no_key_no_entry(home: Path) -> None:
    node, friend = Identity.create(), Identity.create()
    async with serving(home, identity=node, pins=ListedPins(pin_of(friend, "friend"))) as serves:
        with pytest.raises(grpc.aio.AioRpcError):
            await describe(serves.address, None, node)


async def test_before_anyone_is_pinned_nobody_gets_in(home: Path) -> None:
    node, stranger = Identity.create(), Identity.create()
    async with serving(home, identity=node, pins=ListedPins()) as serves:
        with pytest.raises(grpc.aio.AioRpcError):
            await describe(serves.address, stranger, node)
        # Even the node's own key, the one trust root of that moment, is no pinned caller.
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await describe(serves.address, node, node)
        assert code_and_hint(failure.value)[0] == "not_paired"


async def test_an_identity_minted_by_a_pinned_authority_passes_tls_but_not_the_door(home: Path) -> None:
    node = Identity.create()
    authority, minted = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = signed(authority, "authority", ca=True)
    stranger = Identity(signed(minted, "stranger", ca=False, issuer="authority", by=authority), pem(minted), "")
    async with serving(home, identity=node, pins=ListedPins(Pin("0" * 64, "authority", root))) as serves:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await describe(serves.address, stranger, node)
        # The sentence and the code prove that TLS let it through and the check of the key did not.
        assert code_and_hint(failure.value)[0] == "not_paired"
        assert failure.value.code() == grpc.StatusCode.PERMISSION_DENIED


def test_a_certificate_that_may_sign_cannot_be_pinned(home: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(TrustFailure, match="vouch for others"):
        Pins(home / "trust.toml").add(Pin("0" * 64, "authority", signed(key, "authority", ca=True)))


async def test_revoking_cuts_the_running_answer_and_only_that_peers(home: Path) -> None:
    node, friend, other = Identity.create(), Identity.create(), Identity.create()
    pins = Pins(home / "trust.toml")
    pins.add(pin_of(friend, "friend"))
    pins.add(pin_of(other, "other"))
    chat = FakeChat("m", slots=2)
    chat.go = threading.Semaphore(2)
    async with (
        serving(
            home,
            identity=node,
            pins=Pins(home / "trust.toml"),
            maker=FakeMaker(chat),
            folder=FakeFolder(home, model("chat", "m")),
        ) as serves,
        client(serves.address, me=friend, node=node.certificate) as theirs,
        client(serves.address, me=other, node=node.certificate) as others,
    ):
        cut, stays = theirs.Generate(ask("1"), timeout=30), others.Generate(ask("2"), timeout=30)
        await asyncio.gather(anext(aiter(cut)), anext(aiter(stays)))
        watch = theirs.Watch(pb.WatchRequest(), timeout=30)
        await anext(aiter(watch))
        pins.remove(friend.id)
        serves.door.revoke_missing()
        assert (await refused(cut))[:2] == (grpc.StatusCode.PERMISSION_DENIED, "not_paired")
        assert (await refused(watch))[:2] == (grpc.StatusCode.PERMISSION_DENIED, "not_paired")
        # The connection still stands: the next call on it is refused too.
        assert (await refused(theirs.Describe(pb.DescribeRequest(), timeout=5)))[1] == "not_paired"
        await until(lambda: chat.stopped == ["1"])
        for _ in range(6):
            chat.go.release()
        assert [event async for event in stays][-1].done.reason == "stop"


async def test_files_are_named_only_on_the_own_machine(home: Path) -> None:
    """An administrator may fetch models of the catalogue, remove models, and never learns a path."""
    node, friend = Identity.create(), Identity.create()
    pins = ListedPins(replace(pin_of(friend, "friend"), rights="administer"))
    async with (
        serving(home, identity=node, pins=pins) as serves,
        client(serves.address, me=friend, node=node.certificate) as stub,
    ):
        for source in ("/etc/passwd", "weights.gguf", "../x.onnx"):
            call = stub.FetchModel(pb.FetchModelRequest(source=source), timeout=5)
            assert (await refused(call))[:2] == (grpc.StatusCode.PERMISSION_DENIED, "not_allowed")
        removing = stub.RemoveModel(pb.RemoveModelRequest(name="no such model"), timeout=5)
        assert (await refused(removing))[1] == "model_missing"
        listed = await stub.ListModels(pb.ListModelsRequest(), timeout=5)
        assert all(not entry.path for entry in listed.models)


def test_every_call_of_the_contract_has_a_right() -> None:
    methods = {method.name for method in pb.DESCRIPTOR.services_by_name["Node"].methods}
    assert set(RIGHT_OF) == methods
    assert set(RIGHT_OF.values()) <= {*RIGHTS, ANY, LOCAL}
    assert [method for method, right in RIGHT_OF.items() if right in (ANY, LOCAL)] == ["Attend", "Offer", "Rotate"]


ASKED: dict[str, Message] = {
    "Describe": pb.DescribeRequest(),
    "ListModels": pb.ListModelsRequest(),
    "Load": pb.LoadRequest(),
    "Generate": pb.GenerateRequest(),
    "Embed": pb.EmbedRequest(),
    "FetchModel": pb.FetchModelRequest(),
    "RemoveModel": pb.RemoveModelRequest(),
    "Deploy": pb.DeployRequest(),
    "Pieces": pb.PiecesRequest(),
    "ReadPiece": pb.ReadPieceRequest(),
    "Offer": pb.OfferRequest(),
}


@pytest.mark.parametrize(
    ("rights", "refused_calls"),
    [
        ("use", {"Deploy", "FetchModel", "RemoveModel"}),
        ("observe", {"Deploy", "FetchModel", "RemoveModel", "Load", "Generate", "Embed", "Pieces", "ReadPiece"}),
        ("administer", {"Load", "Generate", "Embed"}),
        ("pieces", {"Deploy", "FetchModel", "RemoveModel", "Load", "Generate", "Embed", "Describe", "ListModels"}),
        ("use administer", set()),
        ("", {*ASKED}),
    ],
)
async def test_each_right_opens_its_calls_and_no_others(home: Path, rights: str, refused_calls: set[str]) -> None:
    node, friend = Identity.create(), Identity.create()
    pins = ListedPins(replace(pin_of(friend, "friend"), rights=rights))
    not_allowed = set()
    async with (
        serving(home, identity=node, pins=pins) as serves,
        client(serves.address, me=friend, node=node.certificate) as stub,
    ):
        for method, request in ASKED.items():
            call = getattr(stub, method)(request, timeout=10)
            try:
                if isinstance(call, grpc.aio.UnaryStreamCall):
                    async for _ in call:
                        pass
                else:
                    await call
            except grpc.aio.AioRpcError as error:
                if code_and_hint(error)[0] == "not_allowed":
                    not_allowed.add(method)
                    assert method == "Offer" or "tangnet-node grant" in code_and_hint(error)[1]
        if may(rights, "observe"):
            assert list((await stub.Describe(pb.DescribeRequest(), timeout=5)).rights) == rights.split()
    assert not_allowed == refused_calls | {"Offer"}


async def test_taking_a_right_away_cuts_what_runs_by_it_and_leaves_the_rest(home: Path) -> None:
    node, friend = Identity.create(), Identity.create()
    pins = Pins(home / "trust.toml")
    pins.add(pin_of(friend, "friend"))
    chat = FakeChat("m")
    chat.go = threading.Semaphore(2)
    async with (
        serving(
            home,
            identity=node,
            pins=Pins(home / "trust.toml"),
            maker=FakeMaker(chat),
            folder=FakeFolder(home, model("chat", "m")),
        ) as serves,
        client(serves.address, me=friend, node=node.certificate) as stub,
    ):
        answer = stub.Generate(ask("1"), timeout=30)
        await anext(aiter(answer))
        watch = aiter(stub.Watch(pb.WatchRequest(), timeout=30))
        assert list((await anext(watch)).rights) == ["use"]
        pins.update(friend.id, lambda pin: replace(pin, rights="observe"))
        serves.door.revoke_missing()
        assert (await refused(answer))[:2] == (grpc.StatusCode.PERMISSION_DENIED, "not_allowed")
        while list((await anext(watch)).rights) != ["observe"]:
            pass
        assert (await refused(stub.Generate(ask("2"), timeout=5)))[1] == "not_allowed"


def test_several_sources_of_pins_are_one_with_the_rights_of_all(home: Path) -> None:
    node, desk, peer = Identity.create(), Identity.create(), Identity.create()
    first, second = Pins(home / "trust.toml"), Pins(home / "peers.toml")
    first.add(pin_of(desk, "desk"))
    second.add(replace(pin_of(peer, "pi-2"), rights="pieces"))
    second.add(replace(pin_of(desk, "desk"), rights="observe"))
    trust = Trust(node, Pins(home / "trust.toml"), Pins(home / "peers.toml"))
    assert {pin.name: pin.rights for pin in trust.pins().values()} == {"desk": "use observe", "pi-2": "pieces"}
    # One that becomes unreadable keeps its last good state; the other is followed all the same.
    (home / "peers.toml").write_text("nonsense = ")
    first.remove(desk.id)
    assert {pin.name: pin.rights for pin in trust.pins().values()} == {"desk": "observe", "pi-2": "pieces"}


def test_unreadable_pins_stop_a_start_but_not_a_running_node(home: Path) -> None:
    node, friend = Identity.create(), Identity.create()
    path = home / "trust.toml"
    Pins(path).add(pin_of(friend, "friend"))
    trust = Trust(node, Pins(path))
    path.write_text("nonsense = ")
    assert list(trust.pins()) == [friend.id]
    assert trust.caller({"x509_pem_cert": [friend.certificate.encode()]}) is not None
    with pytest.raises(TrustFailure):
        Trust(node, Pins(path))


@pytest.mark.parametrize("auth", [{}, {"x509_pem_cert": []}, {"x509_pem_cert": [b"", b""]}, {"x509_pem_cert": [b"x"]}])
def test_odd_peers_are_nobody(auth: dict[str, object]) -> None:
    assert Trust(Identity.create(), ListedPins()).caller(auth) is None

"""What a node takes on: only what a pinned administrator signed, again at each start; peers get in for pieces only."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from nodeworker.errors import BadRequest, EngineError, NoSpace, NotAllowed
from nodeworker.models.folder import ModelFolder
from nodeworker.models.pieces import make_manifest
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.manifest import sign
from nodeworker.protocol.pins import Pin, Pins
from nodeworker.serving.distribution import Distribution
from nodeworker.trust import Trust
from tests.distribution_nodes import MIB, put_model

GIB = 1024 * MIB


class Node:
    """A node's distribution with its files, and an administrator that it trusts."""

    def __init__(self, home: Path, *, rights: str = "use administer", free: int = 10 * GIB) -> None:
        self.home = home
        self.admin, self.own = Identity.create(), Identity.create()
        self.pins, self.peers = Pins(home / "trust.toml"), Pins(home / "peers.toml")
        self.pins.add(Pin(self.admin.id, "desk", self.admin.certificate, rights=rights))
        self.trust = Trust(self.own, self.pins, self.peers)
        self.folder = ModelFolder(home / "models", packages=False, free=lambda place: free)
        self.made = self.distribution()

    def distribution(self) -> Distribution:
        return Distribution(
            home=self.home, folder=self.folder, identity=self.own, trust=self.trust, peers=self.peers, zone=""
        )

    def request(self, source: Path, *peers: Identity, signer: Identity | None = None) -> pb.DeployRequest:
        model = next(iter(ModelFolder(source, packages=False).all()), None) or put_model(source, 2 * MIB)
        manifest, _ = make_manifest(model, None, lambda done, total: None, threading.Event())
        signed = sign(manifest.SerializeToString(), signer or self.admin)
        return pb.DeployRequest(manifest=signed, peers=[peer(one) for one in peers])


def peer(one: Identity) -> pb.Peer:
    return pb.Peer(id=one.id, certificate=one.certificate, addresses=["127.0.0.1:1"], name="p")


async def test_a_signature_that_is_wrong_is_refused(tmp_path: Path) -> None:
    node = Node(tmp_path / "node")
    request = node.request(tmp_path / "from")
    request.manifest.signature = request.manifest.signature[:-2] + b"xx"
    with pytest.raises(NotAllowed, match="not signed"):
        await node.made.deploy(request)
    assert not node.made.reports().deployments


async def test_a_signer_who_may_not_administer_is_refused(tmp_path: Path) -> None:
    node = Node(tmp_path / "node")
    stranger = Identity.create()
    with pytest.raises(NotAllowed, match="may not administer"):
        await node.made.deploy(node.request(tmp_path / "from", signer=stranger))
    user = Node(tmp_path / "other", rights="use")
    with pytest.raises(NotAllowed, match="may not administer"):
        await user.made.deploy(user.request(tmp_path / "from"))
    # Being introduced as a peer gives no right to sign either.
    node.peers.replace_all([Pin(stranger.id, "p", stranger.certificate, rights="pieces")])
    with pytest.raises(NotAllowed):
        await node.made.deploy(node.request(tmp_path / "from", signer=stranger))


async def test_what_does_not_fit_is_refused_at_once(tmp_path: Path) -> None:
    node = Node(tmp_path / "node", free=100 * MIB)
    with pytest.raises(NoSpace, match="are free"):
        await node.made.deploy(node.request(tmp_path / "from"))
    assert not node.made.reports().deployments


async def test_a_manifest_that_makes_no_sense_is_refused_though_it_is_signed(tmp_path: Path) -> None:
    node = Node(tmp_path / "node")
    request = node.request(tmp_path / "from")
    manifest = pb.Manifest.FromString(request.manifest.manifest)
    manifest.files[0].name = "../../evil.gguf"
    signed = sign(manifest.SerializeToString(), node.admin)
    with pytest.raises(BadRequest, match="no name for a file"):
        await node.made.deploy(pb.DeployRequest(manifest=signed))


async def test_peers_get_in_for_pieces_only_and_only_while_they_are_needed(tmp_path: Path) -> None:
    node = Node(tmp_path / "node")
    one, two = Identity.create(), Identity.create()
    request = node.request(tmp_path / "from", one, node.own)
    try:
        await node.made.deploy(request)
        assert node.trust.pins().keys() == {node.admin.id, one.id}
        assert node.trust.pins()[one.id].rights == "pieces"
        del request.peers[:]
        request.peers.append(peer(two))
        await node.made.deploy(request)
        assert node.trust.pins().keys() == {node.admin.id, two.id}
        sha256 = node.made.reports().deployments[0].sha256
        named = pb.SignedManifest(manifest=pb.Manifest(sha256=sha256).SerializeToString())
        assert (await node.made.deploy(pb.DeployRequest(manifest=named, remove=True))).state == "removed"
        assert node.trust.pins().keys() == {node.admin.id}
    finally:
        await node.made.close()


async def test_peers_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    node = Node(tmp_path / "node")
    one, two = Identity.create(), Identity.create()
    wrong = [
        [pb.Peer(id=one.id, certificate=two.certificate)],
        [pb.Peer(id=one.id, certificate="x")],
        [peer(one), peer(one)],
        [pb.Peer(id=one.id, certificate=one.certificate, addresses=["a:1"] * 17)],
        [pb.Peer(id=one.id, certificate=one.certificate, addresses=["a" * 500])],
    ]
    for peers in wrong:
        request = node.request(tmp_path / "from")
        request.peers.extend(peers)
        with pytest.raises(BadRequest):
            await node.made.deploy(request)
    for named in (b"\xff\xff", pb.Manifest(sha256="../..").SerializeToString()):
        with pytest.raises(BadRequest):
            await node.made.deploy(pb.DeployRequest(manifest=pb.SignedManifest(manifest=named), remove=True))
    assert not node.made.reports().deployments


async def test_a_start_goes_on_only_with_what_is_still_allowed(tmp_path: Path) -> None:
    node = Node(tmp_path / "node")
    await node.made.deploy(node.request(tmp_path / "from"))
    await node.made.close()
    again = node.distribution()
    await again.start()
    assert [one.name for one in again.reports().deployments] == ["spread-me"]
    await again.close()
    node.pins.update(node.admin.id, lambda pin: Pin(pin.id, pin.name, pin.certificate, rights="use"))
    later = node.distribution()
    await later.start()
    assert not later.reports().deployments
    (tmp_path / "node" / "deployments" / "noise.pb").write_bytes(b"\xff\xff\xff")
    await later.start()
    assert not later.reports().deployments


async def test_a_start_goes_on_with_what_was_signed_with_an_administrators_old_key(tmp_path: Path) -> None:
    node = Node(tmp_path / "node")
    request = node.request(tmp_path / "from")
    await node.made.deploy(request)
    await node.made.close()
    new = node.admin.successor().successor()
    node.pins.replace_all([Pin(new.id, "desk", new.certificate, rights="administer")])
    again = node.distribution()
    await again.start()
    assert [one.name for one in again.reports().deployments] == ["spread-me"]
    with pytest.raises(NotAllowed, match="may not administer"):  # for what is new the old key is worth nothing
        await again.deploy(request)
    await again.close()
    stranger = Identity.create().successor()
    node.pins.replace_all([Pin(stranger.id, "desk", stranger.certificate, rights="administer")])
    later = node.distribution()
    await later.start()
    assert not later.reports().deployments


async def test_a_model_that_is_here_already_is_offered_without_fetching(tmp_path: Path) -> None:
    node = Node(tmp_path / "node")
    put_model(tmp_path / "node" / "models", 2 * MIB)
    request = node.request(tmp_path / "node" / "models")
    await node.made.deploy(request)
    try:
        async for reply in node.made.follow():
            if reply.deployments[0].state == "ready":
                break
        sha256 = reply.deployments[0].sha256
        assert len(await node.made.read(sha256, 1)) == MIB
        with pytest.raises(EngineError):
            await node.made.read(sha256, 2)
        with pytest.raises(EngineError):
            await node.made.read("0" * 64, 0)
        assert node.made.reports(sha256).deployments[0].served == MIB
    finally:
        await node.made.close()

"""Rights that change on a node are seen by a desktop that is connected to it, without connecting anew."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from nodeworker.protocol.pins import Pins
from tests.integration.node_serving import until
from tests.node_process import NodeProcess, cluster, pair, state


async def test_a_changed_right_is_seen_while_connected(tmp_path: Path, home: Path) -> None:
    node = NodeProcess(tmp_path / "pi", "pi", "--engine", "paced:100,5000")
    await node.start()
    try:
        async with cluster(home, discover=False) as one:
            await pair(one, node)
            await state(one, "pi", "ready")
            assert one._network is not None
            connection = one._network.client(node.id)

            def rights() -> frozenset[str]:
                return next(info.rights for info in one.nodes() if info.name == "pi")

            assert rights() == {"use"}
            pins = Pins(tmp_path / "pi" / "node" / "pi" / "trust.toml")
            (own,) = pins.all()
            for words in ("use administer", "observe", "use"):
                pins.replace_all([replace(own, rights=words)])
                await until(partial(lambda wanted: rights() == wanted, set(words.split())))
            assert one._network.client(node.id) is connection
    finally:
        await node.stop()

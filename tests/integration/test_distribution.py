"""Models brought to nodes in pieces: real processes, real TLS, kill -9, liars, wrong signatures, full disks."""

from __future__ import annotations

from pathlib import Path

from tests.distribution_nodes import MIB, put_model, spread


async def test_a_model_reaches_every_node(tmp_path: Path) -> None:
    model = put_model(tmp_path / "desktop" / "models", 6 * MIB)
    async with spread(tmp_path, "one", "two", "three") as made:
        last = await made.push(model.sha256)
        assert {info.state for name, info in last.items() if name != "local"} == {"ready"}, last
        original = model.path.read_bytes()
        for node in made.nodes:
            assert made.model_on(node, model.sha256).read_bytes() == original

"""A model comes from a real node to this machine, goes on where it was, and wrong bytes are thrown away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.cluster.client import NodeClient
from app.cluster.taking import file_of, take
from app.errors import ModelError
from app.events import ModelInfo
from tests.distribution_nodes import MIB, put_model, spread


async def test_a_model_is_taken_from_a_node(tmp_path: Path) -> None:
    file = put_model(tmp_path / "desktop" / "models", 4 * MIB)
    model = ModelInfo(file.name, "chat", file.sha256, file.bytes, "", 512)
    async with spread(tmp_path, "one") as made:
        assert (await made.push(file.sha256))["one"].state == "ready"
        network = await made.desktop._ready_network()
        client = network.client(made.told()[0].id)
        assert isinstance(client, NodeClient)
        folder = tmp_path / "incoming"
        target = file_of(model, folder)
        target.parent.mkdir(parents=True)
        target.write_bytes(file.path.read_bytes()[:MIB])  # from an earlier try
        steps = [step async for step in take(client, model, folder)]
        assert target.read_bytes() == file.path.read_bytes()
        assert [step.done for step in steps] == [2 * MIB, 3 * MIB, 4 * MIB, 4 * MIB] and steps[-1].step == "verify"
        target.write_bytes(bytes(4 * MIB))
        with pytest.raises(ModelError, match="wrong bytes"):
            [step async for step in take(client, model, folder)]
        assert not target.exists()
        with pytest.raises(ModelError, match="more than one file"):
            [step async for step in take(client, replace(model, role="embed"), folder)]

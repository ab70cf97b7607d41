"""The index in an S3-compatible store: a server of our own on loopback, through LanceDB's real client."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.errors import StoreError
from app.rag.place import place_of
from app.rag.store import Store
from tests.integration.rag.test_store import DIMENSION, MODEL, found, vector, version
from tests.s3_server import S3Server


def credentials(home: Path, endpoint: str, mode: int = 0o600) -> None:
    home.mkdir(exist_ok=True)
    path = home / "store-credentials.toml"
    path.write_text(f'access_key_id = "tester"\nsecret_access_key = "secret"\nendpoint = "{endpoint}"\n')
    path.chmod(mode)


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)


def test_the_index_in_a_bucket(tmp_path: Path) -> None:
    with S3Server() as server:
        credentials(tmp_path, server.endpoint)
        store = Store(tmp_path / "library", "s3://library/mine")
        try:
            store.set_model(MODEL, "made", DIMENSION)
            assert store.try_lock()
            store.commit([version("/docs/a", "Basil likes sun."), version("/docs/b", "The boat is blue.")])
            store.commit([version("/docs/a", "Basil likes water now.")])
            store.drop(["/docs/b"])
            store.tend()
        finally:
            store.close()
        assert server.refused == 0 and all(name.startswith("library/mine/") for name in server.objects)
        assert not (tmp_path / "library" / "chunks").exists()
        again = Store(tmp_path / "library", "s3://library/mine")
        try:
            result = again.find("basil", (), vector(1), 10, "")
            assert found(result) == ["a"] and [hit.text for hit in result.nearest] == ["Basil likes water now."]
        finally:
            again.close()


def test_wrong_credentials_are_told(tmp_path: Path) -> None:
    with S3Server() as server:
        environment = {
            **{"AWS_ACCESS_KEY_ID": "stranger", "AWS_SECRET_ACCESS_KEY": "wrong"},
            **{"AWS_ENDPOINT": server.endpoint},
        }
        place = place_of(tmp_path, "s3://library/mine", tmp_path, environment)
        assert "wrong" not in repr(place) and place.shown == "s3://library/mine"
        from app.rag.chunk_table import ChunkTable

        with pytest.raises(StoreError) as error:
            ChunkTable(place, "index", DIMENSION)
        assert "wrong" not in str(error.value) and server.refused > 0


def test_the_file_of_credentials_must_be_private_and_sound(tmp_path: Path) -> None:
    credentials(tmp_path, "http://127.0.0.1:9", mode=0o644)
    with pytest.raises(StoreError) as error:
        place_of(tmp_path, "s3://library", tmp_path, {})
    assert error.value.code == "store_credentials" and "chmod 600" in error.value.hint
    (tmp_path / "store-credentials.toml").chmod(0o600)
    place = place_of(tmp_path, "s3://library", tmp_path, {"AWS_ACCESS_KEY_ID": "other"})
    assert place.options["aws_access_key_id"] == "other" and place.options["aws_secret_access_key"] == "secret"
    (tmp_path / "store-credentials.toml").write_text("password = 1")
    with pytest.raises(StoreError):
        place_of(tmp_path, "s3://library", tmp_path, {})


@pytest.mark.parametrize("address", ["http://x/y", "s3://", "s3://UPPER", "s3://a b", "/tmp/x", "s3://ok/../x;y"])
def test_other_addresses_are_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(StoreError) as error:
        place_of(tmp_path, address, tmp_path, {})
    assert error.value.code == "store_address"

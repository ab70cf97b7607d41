"""A file of settings that cannot be read says where it is and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import SettingsError
from app.settings import Settings


@pytest.mark.parametrize("content", [b"this is [not toml", b"\xff\xfe\x00garbled"])
def test_damaged_settings_say_where_they_are_and_what_to_do(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "settings.toml"
    place.write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        Settings.load(place)
    assert str(place) in refused.value.message and refused.value.code == "settings_syntax"
    assert "move it away" in refused.value.hint
    place.unlink()
    assert Settings.load(place) == Settings()

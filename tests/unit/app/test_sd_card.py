"""What a Raspberry Pi is given to become a node: files that cloud-init reads, commands that a shell reads."""

from __future__ import annotations

import shlex
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import sd_card
from app.errors import UsageError
from app.sd_card import Pi
from nodeworker.__main__ import _parser as node_parser

ROOT = Path(__file__).parents[3]
PI = Pi(
    "pi-4",
    "tangnet-join-x'\"y",
    "top floor",
    "me",
    "ssh-ed25519 AAAA me@desk",
    'my: wi-fi #1 "a"',
    "pass: word#1",
    "DE",
)


def test_the_files_are_what_cloud_init_reads_whatever_was_typed() -> None:
    texts = sd_card.files(PI)
    assert texts["user-data"].startswith("#cloud-config\n")
    made: dict[str, Any] = yaml.safe_load(texts["user-data"])
    written = {entry["path"]: entry for entry in made["write_files"]}
    token = written["/etc/tangnet/join-token"]
    assert (token["permissions"], token["content"]) == ("0600", f"{PI.token}\n") and made["hostname"] == "pi-4"
    assert made["users"][1]["ssh_authorized_keys"] == [PI.ssh_key] and made["ssh_pwauth"] is False
    network = yaml.safe_load(texts["network-config"])["network"]
    assert network["wifis"]["wlan0"]["access-points"] == {PI.wifi: {"password": PI.wifi_password}}
    assert network["wifis"]["wlan0"]["regulatory-domain"] == "DE"
    unit = written["/etc/systemd/system/tangnet-node.service.d/fleet.conf"]["content"]
    (start,) = [line.removeprefix("ExecStart=") for line in unit.splitlines() if len(line) > 10 and "Exec" in line]
    given = node_parser().parse_args(shlex.split(start)[1:])
    assert (given.name, given.zone, given.join) == ("pi-4", "top floor", "@%d/join-token")
    for words in made["runcmd"]:
        assert isinstance(words, list) and all(isinstance(word, str) for word in words)
        for word in words:
            if word.startswith("/opt/tangnet/packaging"):
                assert (ROOT / word.removeprefix("/opt/tangnet/")).is_file()


def test_by_cable_and_without_a_key_nothing_is_said_of_either() -> None:
    texts = sd_card.files(replace(PI, wifi="", ssh_key=""))
    assert set(texts) == {"user-data"} and "sudo" not in texts["user-data"] and "openssh" not in texts["user-data"]


def test_the_commands_keep_words_together() -> None:
    lines = sd_card.commands(PI).splitlines()
    spoken = next(line for line in lines if line.startswith("echo"))
    assert shlex.split(spoken)[1] == PI.token
    assert any("systemctl enable --now tangnet-node" in line for line in lines)


@pytest.mark.parametrize(
    "change",
    [{"name": "Pi 4"}, {"name": ""}, {"zone": 'a" --x "'}, {"zone": "$HOME"}, {"zone": "a%h"}, {"ssh_key": "hello"},
     {"ssh_key": "ssh-rsa AAAA\nssh-rsa BBBB"}, {"user": "root me"}, {"wifi_password": "short"}, {"country": "Germany"},
     {"wifi": "ä" * 17}],
    ids=str,
)  # fmt: skip
def test_what_no_pi_can_be_given_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        sd_card.files(replace(PI, **change))


def test_only_a_card_of_a_pi_is_written_and_what_was_there_is_kept(tmp_path: Path) -> None:
    card = tmp_path / "bootfs"
    card.mkdir()
    with pytest.raises(UsageError):
        sd_card.write(PI, card, None)
    assert not list(card.iterdir())
    for mark in sd_card.MARKS:
        (card / mark).touch()
    (card / "user-data").write_text("theirs")
    program = tmp_path / "p.tar.gz"
    assert sd_card.pack(ROOT, program)
    for _ in range(2):
        written = sd_card.write(PI, card, program)
    assert [path.name for path in written] == ["user-data", "network-config", "tangnet.tar.gz"]
    assert (card / "user-data.before-tangnet").read_text() == "theirs"
    with tarfile.open(card / "tangnet.tar.gz") as packed:
        names = packed.getnames()
    assert {"tangnet.py", "nodeworker/__main__.py", "packaging/tangnet-node.service"} <= set(names)
    assert not any("__pycache__" in name or name.startswith(("tests", ".")) for name in names)
    assert not sd_card.pack(tmp_path, tmp_path / "none.tar.gz")
    script, _ = sd_card.save(PI, tmp_path, program)
    assert script.stat().st_mode & 0o077 == 0

"""The files for services and fleets are well formed, and name only options, files and settings that exist."""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.commands.arguments import parser
from nodeworker.__main__ import _parser as node_parser

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
CLOUD = PACKAGING / "cloud-init" / "user-data.yaml"
PLAYBOOK = PACKAGING / "ansible" / "playbook.yml"
TEXTS = [CLOUD, PLAYBOOK, PACKAGING / "tangnet-node.service"]


def node_commands(text: str) -> Iterator[list[str]]:
    """The arguments of every `tangnet-node` that a service starts; variables stand for words."""
    for line in re.findall(r"ExecStart=(\S.*)", text):
        words = shlex.split(re.sub(r"\{\{ *\w+ *\}\}", "x", line))
        assert words[0].endswith("/tangnet-node")
        yield words[1:]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_services_start_the_node_with_options_that_it_has(path: Path) -> None:
    commands = list(node_commands(path.read_text(encoding="utf-8")))
    assert commands
    for words in commands:
        chosen = node_parser().parse_args(words)
        assert chosen.command is None
        assert chosen.join == ("" if path.suffix == ".service" else "@%d/join-token")


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_commands_in_comments_are_ones_that_the_program_takes(path: Path) -> None:
    for line in re.findall(r"(?:^#   (?:\d\. On the controller: )?|: )(tangnet pair [^(\n]+)", path.read_text(), re.M):
        chosen = parser().parse_args(shlex.split(line)[1:])
        assert chosen.fleet


def test_the_cloud_file_is_whole() -> None:
    text = CLOUD.read_text(encoding="utf-8")
    assert text.startswith("#cloud-config\n")
    made: dict[str, Any] = yaml.safe_load(text)
    files = {entry["path"]: entry for entry in made["write_files"]}
    token = files["/etc/tangnet/join-token"]
    assert (token["permissions"], token["content"].strip()) == ("0600", "TOKEN")
    for command in made["runcmd"]:
        assert all(isinstance(word, str) for word in command), command
        for word in command:
            for name in re.findall(r"/opt/tangnet/(packaging/\S+)", word):
                assert (ROOT / name).exists(), name
    assert (ROOT / "tangnet.py").exists()
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(files["/etc/systemd/system/tangnet-node.service.d/fleet.conf"]["content"])
    assert unit["Service"]["LoadCredential"].partition(":")[2] in files


def test_the_playbook_is_whole() -> None:
    (play,) = yaml.safe_load(PLAYBOOK.read_text(encoding="utf-8"))
    tasks = [*play["pre_tasks"], *play["tasks"], *play["handlers"]]
    handlers = {handler["name"] for handler in play["handlers"]}
    known = {*play["vars"], "item", "playbook_dir", *(prompt["name"] for prompt in play["vars_prompt"])}
    for task in tasks:
        module = [key for key in task if key.startswith("ansible.")]
        assert len(module) == 1, task["name"]
        assert task.get("notify", "Start again") in handlers
        for name in re.findall(r"\{\{ *(\w+) *\}\}", str(task)):
            assert name in known, f"{task['name']}: {name}"
    (secret,) = [task for task in tasks if "token }}" in str(task)]
    assert secret["no_log"]
    assert secret["ansible.builtin.copy"]["mode"] == "0600"


def test_the_inventory_has_the_group_of_the_playbook() -> None:
    inventory = configparser.RawConfigParser(allow_no_value=True, delimiters=("=",))
    inventory.read(PACKAGING / "ansible" / "inventory.ini")
    (play,) = yaml.safe_load(PLAYBOOK.read_text(encoding="utf-8"))
    assert play["hosts"] in inventory.sections()
    assert all("zone" in line for line in inventory[play["hosts"]])

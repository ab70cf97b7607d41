"""What the command line accepts: argparse and nothing else, so that `tangnet --version` answers at once."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from app import __version__
from app.errors import UsageError
from nodeworker.protocol import FLEET_PORT

GLOBAL = ("--json", "-h", "--help", "--version")
TRANSCRIPTS = ("txt", "srt", "vtt", "json")
LATER = {
    "serve": "serve the assistant over HTTP",
    "keys": "keys for `tangnet serve`",
}


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises UsageError instead of leaving the program."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with how it is used as the hint."""
        usage = " ".join(self.format_usage().removeprefix("usage: ").split())
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", code="usage", hint=f"Usage: {usage}")


def read(given: Sequence[str]) -> argparse.Namespace:
    """Return the arguments: `command` is None for the window, `noun` names the module that runs it.

    Raises:
        UsageError: the arguments are wrong.
        SystemExit: --help or --version has been answered.
    """
    top = parser()
    # `--json` may stand before and after the command, so no parser may have a default for it.
    namespace = argparse.Namespace(json=False)
    return top.parse_args(with_command(given, command_names(top)), namespace)


def parser() -> Parser:
    """Return the whole parser."""
    shared = Parser(add_help=False)
    shared.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object a line on stdout"
    )
    top = Parser(
        prog="tangnet",
        parents=[shared],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="An offline assistant over your own documents and voice. Alone it opens the window.",
        epilog='A first word that is no command is a question: tangnet "When does the contract end?" --docs contracts/',
    )
    top.add_argument("--version", action="version", version=f"tangnet {__version__}")
    top.set_defaults(command="", noun="window")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command")

    def add(name: str, noun: str, sentence: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(
            name, parents=[shared], help=sentence, description=sentence[:1].upper() + sentence[1:] + "."
        )
        made.set_defaults(noun=noun)
        return made

    _ask(add("ask", "ask", "ask a question, with or without documents"))
    _documents(add)
    one = add("summarise", "summarise", "summarise whole documents and folders")
    one.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files and folders; added if they are new")
    one.add_argument("--node", default="", metavar="NAME", help="node that shall do it (default: all that may)")
    one = add("transcribe", "transcribe", "turn sound files into text")
    one.add_argument("files", nargs="+", metavar="PATH", type=Path, help="sound files, and folders of them")
    one.add_argument("--language", default="", metavar="L", help="spoken language such as en (default: found out)")
    one.add_argument("--format", choices=TRANSCRIPTS, help="with times: paragraphs, subtitles, or all as JSON")
    one.add_argument("--output", type=Path, metavar="PATH", help="where to write it; a folder for several files")
    one.add_argument("--overwrite", action="store_true", help="write over files that are there")
    one = add("open", "window", "open the window, or bring it to the front, with links and files")
    one.add_argument("words", nargs="*", metavar="LINK_OR_FILE", help="tangnet:// links, and files to ask about adding")
    one = add("desktop", "desktop", "show Tangnet among the programs, for files and tangnet:// links, or no longer")
    which = one.add_mutually_exclusive_group(required=True)
    which.add_argument("--install", action="store_true", help="write the entry and its icon for this user")
    which.add_argument("--remove", action="store_true", help="take them away")
    one = add("nodes", "nodes", "list this machine and the nodes on the network")
    one.add_argument("--watch", action="store_true", help="go on and print every change")
    _pair(add("pair", "pair", "trust a node; it shows the code with `tangnet-node pair`"))
    one = add("unpair", "pair", "trust a node no longer")
    one.add_argument("node", metavar="NODE", help="its name or the beginning of its id")
    _models(add("models", "models", "list, add, remove and distribute models"), shared)
    _conversations(add("conversations", "conversations", "list, show, search, export and delete conversations"), shared)
    one = add("sound", "sound", "list or delete the kept sound of spoken questions")
    one.add_argument("--delete", action="store_true", help="delete all of it")
    _collections(add("collections", "collections", "list, make and remove sets of folders to ask"), shared)
    add("doctor", "doctor", "check audio, models, disk, index, nodes, clock and permissions")
    _bench(add("bench", "bench", "measure this machine and tune it"))
    for name, sentence in LATER.items():
        one = add(name, "later", f"{sentence} (not in this version)")
        one.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    return top


def with_command(arguments: Sequence[str], commands: Sequence[str]) -> list[str]:
    """Put `ask` before a first word that is no command. Raises UsageError for one that looks like a slip of the pen."""
    given = list(arguments)
    place = next((i for i, word in enumerate(given) if word not in GLOBAL), None)
    if place is None or given[place] in commands:
        return given
    words = [word for word in given if not word.startswith("-")]
    if len(words) == 1 and words[0] == given[place] and (near := difflib.get_close_matches(words[0], commands, 1, 0.8)):
        raise UsageError(
            f"There is no command {words[0]!r}.",
            code="usage",
            hint=f"Did you mean `tangnet {near[0]}`? To ask it as a question: tangnet ask {words[0]!r}",
        )
    return [*given[:place], "ask", *given[place:]]


def command_names(top: Parser) -> list[str]:
    """Return the names of all commands."""
    names: list[str] = []
    for action in top._actions:  # argparse has no public way to ask for them
        if isinstance(action, argparse._SubParsersAction):
            names += action.choices
    return names


def _ask(one: argparse.ArgumentParser) -> None:
    one.add_argument("question", nargs="*", metavar="QUESTION", help="the question; left out with --voice")
    one.add_argument(
        "--docs", nargs="+", action="extend", default=[], type=Path, metavar="PATH",
        help="files and folders to answer from (default: the whole library)",
    )  # fmt: skip
    one.add_argument(
        "--collection", default="", metavar="NAME",
        help='hold this conversation to a collection from now on; "*" is the whole library',
    )  # fmt: skip
    one.add_argument(
        "--attach", nargs="+", action="extend", default=[], type=Path, metavar="FILE",
        help="ask about these files alone, which go into no library",
    )  # fmt: skip
    one.add_argument("--no-docs", action="store_true", help="answer without documents")
    one.add_argument("--voice", type=Path, metavar="WAV", help="a sound file that holds the question")
    one.add_argument("--language", default="", metavar="L", help="spoken language such as en")
    one.add_argument("--node", default="", metavar="NAME", help="node that shall answer; local is this machine")
    one.add_argument(
        "--prefer", default="", choices=("automatic", "local", "cluster", "only-local"),
        help="where this conversation is answered from now on; only-local never leaves this machine",
    )  # fmt: skip
    one.add_argument("--conversation", default="", metavar="ID", help="go on with this conversation")
    one.add_argument("--max-tokens", type=_positive, metavar="N", help="longest answer, in tokens")
    one.add_argument("--seed", type=_natural, default=0, metavar="N", help="for the same draw at temperatures above 0")
    one.add_argument("--temperature", type=_temperature, metavar="T", help="0 (likeliest word, default) to 2")
    one.add_argument("--speak", type=Path, metavar="FILE.wav", help="write the answer as sound, too")


def _bench(one: argparse.ArgumentParser) -> None:
    what = ("node", "search", "voice", "cluster")
    one.add_argument(
        "what", nargs="?", choices=what, default="node", help="what to measure (this version: node, voice, cluster)"
    )
    one.add_argument("--model", default="", metavar="NAME", help="chat model (default: the one that would answer)")
    one.add_argument("--tune", action="store_true", help="find the best settings for this machine and keep them")
    one.add_argument(
        "--prefer", choices=("exact", "speed"), default="exact",
        help="speed: also take a 16-bit cache, with which answers may differ in near ties",
    )  # fmt: skip
    one.add_argument("--anyway", action="store_true", help="keep the settings although other programs were at work")
    one.add_argument("--seconds", type=_duration, default=0.0, metavar="N", help="how long it may take")
    one.add_argument("--nodes", type=_positive, default=22, metavar="N", help="cluster: simulated nodes (default: 22)")
    one.add_argument("--clip", type=Path, metavar="WAV", help="voice: the spoken question (default: a voice says one)")
    one.add_argument("--clients", type=_positive, default=40, metavar="N", help="cluster: questions at once")


def _documents(add: Any) -> None:
    one = add("add", "documents", "add files and folders to the library")
    one.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, and folders with all they hold")
    one.add_argument("--watch", action="store_true", help="go on and follow changes until interrupted")
    add("documents", "documents", "list the documents in the library")
    one = add("remove", "documents", "take documents out of the library; the files stay")
    one.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders")
    one = add("search", "search", "find passages in the library")
    one.add_argument("query", nargs="*", metavar="QUERY", help="what to look for")
    one.add_argument("--queries", type=Path, metavar="FILE.jsonl", help='many at once: {"id", "text"} a line')
    one.add_argument("-k", type=_positive, default=8, metavar="N", help="how many passages (default: 8)")
    one.add_argument("--mode", choices=("hybrid", "vector", "text"), default="hybrid", help="how to search")
    one.add_argument("--docs", nargs="+", action="extend", default=[], type=Path, metavar="PATH", help="only in these")
    one.add_argument(
        "--rerank",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="order the best again by a node's reranker (default: as documents.rerank says)",
    )
    one = add("read", "documents", "show what the reader sees in files; nothing is stored")
    one.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files")
    one.add_argument("--password", default="", metavar="P", help="for protected files")


def _pair(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "node", nargs="?", default="", metavar="NODE_OR_ADDRESS",
        help="its name, the beginning of its id, host:port, or the link under its QR code",
    )  # fmt: skip
    one.add_argument("--code", default="", metavar="N", help="the code that the node shows (default: asked for)")
    fleet = one.add_argument_group("many nodes at once")
    fleet.add_argument("--fleet", action="store_true", help="make a join token and let nodes in while this runs")
    fleet.add_argument("--uses", type=_positive, default=100, metavar="N", help="nodes for one token (default: 100)")
    fleet.add_argument("--hours", type=_hours, default=24.0, metavar="H", help="life of the token (default: 24)")
    fleet.add_argument("--rights", default="use", metavar="R", help='what nodes let this machine do (default: "use")')
    fleet.add_argument("--listen", default="", metavar="HOST:PORT", help=f"default: 0.0.0.0:{FLEET_PORT}")
    fleet.add_argument(
        "--address", action="append", default=[], metavar="HOST:PORT",
        help="where nodes reach this machine (default: its addresses); may be given several times",
    )  # fmt: skip
    fleet.add_argument("--again", action="store_true", help="go on with tokens made before, without a new one")
    fleet.add_argument("--close", action="store_true", help="make all tokens worthless")
    keys = one.add_argument_group("this machine's key")
    keys.add_argument("--rotate", action="store_true", help="make a new key, signed with the old one, and tell nodes")
    keys.add_argument("--drop-old", action="store_true", help="give the old key up although some nodes were not told")


def _models(one: argparse.ArgumentParser, shared: Parser) -> None:
    one.set_defaults(action="list", all=False)
    actions = one.add_subparsers(metavar="ACTION", dest="action_name")
    made = actions.add_parser("list", parents=[shared], help="models that are there (default)")
    made.set_defaults(action="list")
    made.add_argument("--all", action="store_true", help="also those that can be added")
    made = actions.add_parser("add", parents=[shared], help="fetch a model by name, or take a GGUF file")
    made.set_defaults(action="add")
    made.add_argument("source", metavar="NAME_OR_FILE", help="see `tangnet models list --all`")
    made = actions.add_parser("remove", parents=[shared], help="delete a model's files")
    made.set_defaults(action="remove")
    made.add_argument("name", metavar="NAME")
    made = actions.add_parser("push", parents=[shared], help="bring a model of this machine to nodes")
    made.set_defaults(action="push")
    made.add_argument("name", metavar="MODEL", help="its name or sha256")
    made.add_argument("nodes", nargs="*", metavar="NODE", help="their names or the beginnings of their ids")
    made.add_argument("--all", action="store_true", help="all paired nodes")
    made.add_argument("--label", default="", metavar="L", help="those with this label")
    made.add_argument("--zone", default="", metavar="Z", help="those of this zone")
    made.add_argument("--rate", type=_rate, default=0.0, metavar="MB/s", help="most that each node may fetch with")
    made = actions.add_parser("keep", parents=[shared], help="keep a model on all nodes of a kind, also on new ones")
    made.set_defaults(action="keep")
    made.add_argument("name", nargs="?", default="", metavar="MODEL", help="its name or sha256")
    made.add_argument("--on", default="", metavar="RULE", help='such as "memory >= 6 GB and zone = house", or all')
    made.add_argument("--rate", type=_rate, default=0.0, metavar="MB/s", help="most that each node may fetch with")
    made.add_argument("--list", action="store_true", help="show the rules and where they hold")
    made = actions.add_parser("drop", parents=[shared], help="end a rule of `keep`; the model stays where it is")
    made.set_defaults(action="drop")
    made.add_argument("name", metavar="MODEL", help="its name or sha256")
    made.add_argument("--remove", action="store_true", help="also delete it from the nodes that the rule speaks of")


def _collections(one: argparse.ArgumentParser, shared: Parser) -> None:
    one.set_defaults(action="list")
    actions = one.add_subparsers(metavar="ACTION", dest="action_name")
    actions.add_parser("list", parents=[shared], help="all, with their folders (default)").set_defaults(action="list")
    made = actions.add_parser("add", parents=[shared], help="make one, or give it other folders")
    made.set_defaults(action="add")
    made.add_argument("name", metavar="NAME")
    made.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="folders and files")
    made = actions.add_parser("remove", parents=[shared], help="forget one; its documents stay")
    made.set_defaults(action="remove")
    made.add_argument("name", metavar="NAME")


def _conversations(one: argparse.ArgumentParser, shared: Parser) -> None:
    one.set_defaults(action="list")
    actions = one.add_subparsers(metavar="ACTION", dest="action_name")
    actions.add_parser("list", parents=[shared], help="the one used last first (default)").set_defaults(action="list")
    for name, sentence in (
        ("show", "print a conversation"),
        ("delete", "delete a conversation; it can be restored for a week"),
        ("restore", "take a deletion back; needs the whole id"),
    ):
        made = actions.add_parser(name, parents=[shared], help=sentence)
        made.set_defaults(action=name)
        made.add_argument("id", metavar="ID", help="its id, or the beginning of it")
    made = actions.add_parser("export", parents=[shared], help="print as Markdown, or as JSON with --json")
    made.set_defaults(action="export")
    made.add_argument("id", metavar="ID")
    made = actions.add_parser("search", parents=[shared], help="find conversations by their words")
    made.set_defaults(action="search")
    made.add_argument("text", nargs="+", metavar="TEXT")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _natural(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**63:
        raise ValueError
    return value


def _duration(text: str) -> float:
    value = float(text)
    if not 1 <= value <= 86_400:
        raise ValueError
    return value


def _hours(text: str) -> float:
    value = float(text)
    if not 0 < value <= 24 * 366:
        raise ValueError
    return value


def _temperature(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 2:
        raise ValueError
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not 0.01 <= value <= 100_000:
        raise ValueError
    return value


_rate.__name__ = "number of megabytes a second"
_hours.__name__ = "number of hours"
_positive.__name__ = "number from 1"
_natural.__name__ = "number from 0"
_temperature.__name__ = "number from 0 to 2"

"""`tangnet-node`: reads the arguments, runs a node or a short command, and turns errors into sentences and exit codes.

Exit codes: 0 done (also after SIGTERM), 1 failed with a sentence, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

# libgomp reads it when it is loaded, so it must be set before any engine is: see docs/node.md, "Threads".
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from nodeworker import __version__
from nodeworker.errors import BadRequest, EngineError
from nodeworker.protocol import DEFAULT_PORT, RIGHTS
from nodeworker.protocol.failure import TrustFailure
from nodeworker.settings import Listen, check_labels, check_name, check_zone, default_name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `tangnet-node` with `arguments` (default: those of the process) and return its exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if chosen.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("zeroconf").setLevel(logging.ERROR)  # it warns of every interface without multicast
    try:
        if chosen.command is None:
            _serve(chosen, parser)
        elif chosen.command == "bench":
            _bench(chosen, parser)
        elif chosen.command == "simulate":
            _simulate(chosen)
        else:
            _command(chosen)
    except (EngineError, TrustFailure) as error:
        code = str(error.code) if isinstance(error, EngineError) else "trust"
        return _failed(error.message, error.hint, code, as_json=chosen.json)
    except OSError as error:
        return _failed(f"{error.strerror or error}: {error.filename or ''}".rstrip(": ") + ".", "", "os", chosen.json)
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    later = argparse.SUPPRESS  # so that an option before the command is not undone by the command's default
    common.add_argument("--name", default=later, help="the node's name (default: the host's name)")
    common.add_argument("--json", action="store_true", default=later, help="print JSON, one object a line")
    common.add_argument("--verbose", action="store_true", default=later, help="log more to standard error")
    common.add_argument("--models", metavar="DIR", default=later, help="folder with models")

    parser = argparse.ArgumentParser(
        prog="tangnet-node", description="Runs models for the desktops that it is paired with.", parents=[common]
    )
    parser.set_defaults(name="", json=False, verbose=False, models="")
    parser.add_argument("--version", action="version", version=f"tangnet-node {__version__}")
    parser.add_argument(
        "--zone", default="", help="where it stands, such as attic: shown to people, and what rules of desktops go by"
    )
    parser.add_argument(
        "--label", action="append", default=[], dest="labels", metavar="LABEL",
        help="a word that says what it is, such as big: shown to people; may be given several times",
    )  # fmt: skip
    parser.add_argument("--listen", metavar="HOST:PORT", default=f"0.0.0.0:{DEFAULT_PORT}", help="default %(default)s")
    parser.add_argument(
        "--engine",
        default="llama",
        help="llama; openai:URL[,model=NAME][,slots=N]… (a server such as vLLM); "
        "paced:DECODE[,PREFILL] (simulated, tokens/s)",
    )
    parser.add_argument("--context", type=int, default=0, help="tokens of context (default: as the model has, <= 8192)")
    parser.add_argument("--threads", type=int, default=0, help="threads for an engine (default: as the machine has)")
    parser.add_argument(
        "--slots", type=int, default=0, help="answers at once, each with a whole context (default: as memory allows)"
    )
    parser.add_argument(
        "--keep-prefixes", action="store_true",
        help="keep the beginnings of conversations on disk, so that a restart need not read them again",
    )  # fmt: skip
    parser.add_argument("--grace", type=float, default=5.0, help="seconds for running answers when told to stop")
    parser.add_argument(
        "--metrics", metavar="HOST:PORT", default="", help="show figures to a Prometheus on this machine (default: off)"
    )
    parser.add_argument("--no-announce", action="store_true", help="do not announce it on the local network")
    parser.add_argument(
        "--join", metavar="TOKEN", default="",
        help="join the fleet of `tangnet pair --fleet`; @FILE: token in a file (default: TANGNET_JOIN_TOKEN)",
    )  # fmt: skip
    parser.add_argument("--local-socket", metavar="PATH", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    pair = commands.add_parser("pair", parents=[common], help="let a desktop in: shows a code and a QR code")
    pair.add_argument("--administer", action="store_true", help="let it administer this node, too: models and settings")
    for word, sentence in (("grant", "let a trusted desktop do more"), ("revoke", "let a trusted desktop do less")):
        changed = commands.add_parser(word, parents=[common], help=sentence)
        changed.add_argument("peer", metavar="NAME", help="name or id of the desktop")
        changed.add_argument("rights", nargs="+", metavar="RIGHT", choices=RIGHTS, help=", ".join(RIGHTS))
    one = commands.add_parser("join", parents=[common], help="join a fleet now, and say how that went")
    one.add_argument("token", metavar="TOKEN", help="of `tangnet pair --fleet`; @FILE reads it from a file")
    one.add_argument("--wait", type=float, default=300.0, metavar="SECONDS", help="for the controller (default: 300)")
    commands.add_parser("rotate", parents=[common], help="give this node a new key, signed by the old one")
    gone = commands.add_parser("unpair", parents=[common], help="no longer trust a desktop")
    gone.add_argument("peer", metavar="NAME", help="name or id of the desktop")
    commands.add_parser("status", parents=[common], help="nodes of this machine and whom they trust")
    bench = commands.add_parser("bench", parents=[common], help="measure a chat model on this machine")
    bench.add_argument("--model", default="", metavar="NAME", help="default: the one that the node would take")
    bench.add_argument("--tune", action="store_true", help="find the best settings and keep them")
    bench.add_argument(
        "--prefer", choices=("exact", "speed"), default="exact",
        help="speed: also take a 16-bit cache, with which answers may differ in near ties",
    )  # fmt: skip
    bench.add_argument("--anyway", action="store_true", help="keep the settings although other programs were at work")
    bench.add_argument("--seconds", type=float, default=0.0, help="how long it may take (default with --tune: 120)")
    bench.add_argument("--with-parent", action="store_true", help=argparse.SUPPRESS)
    simulate = commands.add_parser("simulate", parents=[common])  # for `tangnet bench cluster`
    simulate.add_argument("trusted", type=Path, metavar="CERTIFICATE")
    simulate.add_argument("nodes", nargs="+", metavar="NAME=ENGINE")
    models = commands.add_parser("models", parents=[common], help="models of this machine")
    actions = models.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", parents=[common], help="models here, and those that could be fetched")
    add = actions.add_parser("add", parents=[common], help="fetch a model, or add a GGUF file")
    add.add_argument("source", metavar="NAME_OR_FILE")
    remove = actions.add_parser("remove", parents=[common], help="remove a fetched model")
    remove.add_argument("source", metavar="NAME")
    return parser


def _serve(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> NoReturn:
    from nodeworker.maker import MOST_SLOTS, SMALLEST_CONTEXT, EngineChoice
    from nodeworker.serving.metrics import loopback

    try:
        name = "" if chosen.local_socket else check_name(chosen.name or default_name())
        listen, engine = Listen.parse(chosen.listen), EngineChoice.parse(chosen.engine)
        metrics = loopback(chosen.metrics) if chosen.metrics else None
        if chosen.context and chosen.context < SMALLEST_CONTEXT:
            raise BadRequest(f"--context must be {SMALLEST_CONTEXT} or more.")
        if chosen.threads < 0 or not 0 <= chosen.slots <= MOST_SLOTS or not 0 <= chosen.grace <= 3600:
            raise BadRequest("--threads, --slots or --grace makes no sense.")
        zone, labels = check_zone(chosen.zone), check_labels(chosen.labels)
    except BadRequest as error:
        parser.error(f"{error.message} {error.hint}".strip())  # exits with 2
    if sys.platform == "win32":
        raise BadRequest("A node does not run on Windows yet.", "Run it on Linux or macOS.")
    # Else gRPC writes a line of its own for each stranger that it refuses: a flood would fill the log.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    # Only now: nothing of gRPC may start before the arguments are known to be good.
    from nodeworker.joining import token_from
    from nodeworker.running import Options

    options = Options(
        name=name,
        zone=zone,
        labels=labels,
        listen=listen,
        models=chosen.models,
        engine=engine,
        context=chosen.context,
        threads=chosen.threads,
        slots=chosen.slots,
        keep_prefixes=chosen.keep_prefixes,
        grace=chosen.grace,
        announce=not chosen.no_announce,
        join=None if chosen.local_socket else token_from(chosen.join),
        metrics=metrics,
    )

    def ready(address: str, id: str, name: str) -> None:
        event = {"event": "ready", "address": address, "id": id, "name": name}
        mark = id
        if not chosen.local_socket:
            from nodeworker.protocol.identity import fingerprint

            mark = fingerprint(id)
        print(json.dumps(event) if chosen.json else f"ready {address} id {mark}", flush=True)

    if chosen.local_socket:
        from nodeworker.local import serve_local

        asyncio.run(serve_local(Path(chosen.local_socket), options, ready))
    else:
        from nodeworker.daemon import serve_remote

        asyncio.run(serve_remote(options, ready))
    logging.shutdown()
    sys.stdout.flush()
    # Not through the interpreter's own end: an engine's thread may still be in C code that must not be torn down.
    os._exit(0)


def _bench(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    if not (chosen.seconds == 0 or 1 <= chosen.seconds <= 86_400):  # also what is no number
        parser.error("--seconds makes no sense")
    if (chosen.prefer == "speed" or chosen.anyway) and not chosen.tune:
        parser.error("--prefer and --anyway say what --tune may do")
    from nodeworker.commands import Output
    from nodeworker.tuning import bench

    # As Ctrl-C: what is known by then is kept, also where a script started this with Ctrl-C ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    if chosen.with_parent:
        bench.end_with_parent(0)
    wanted = bench.Wanted(chosen.model, chosen.tune, chosen.prefer == "speed", chosen.anyway, chosen.seconds)
    bench.bench(chosen.models, wanted, Output(chosen.json, sys.stdout), sys.stderr)


def _simulate(chosen: argparse.Namespace) -> NoReturn:
    from nodeworker.simulated import serve

    asyncio.run(serve(chosen.trusted, chosen.nodes))
    os._exit(0)  # as a node does, see _serve


def _command(chosen: argparse.Namespace) -> None:
    from nodeworker import commands, trust_commands

    output = commands.Output(chosen.json, sys.stdout)
    match chosen.command, getattr(chosen, "action", None):
        case "pair", _:
            trust_commands.pair(chosen.name, output, administer=chosen.administer)
        case "unpair", _:
            trust_commands.unpair(chosen.name, chosen.peer, output)
        case "join", _:
            trust_commands.join(chosen, output)
        case "rotate", _:
            trust_commands.rotate(chosen.name, output)
        case "grant" | "revoke", _:
            trust_commands.change_rights(
                chosen.name, chosen.peer, chosen.rights, output, give=chosen.command == "grant"
            )
        case "status", _:
            commands.status(chosen.name, output)
        case "models", "add":
            commands.add_model(chosen.models, chosen.source, output)
        case "models", "remove":
            commands.remove_model(chosen.models, chosen.source, output)
        case _:
            commands.list_models(chosen.models, output)


def _failed(message: str, hint: str, code: str, as_json: bool) -> int:
    print(f"tangnet-node: {message}" + (f"\n{hint}" if hint else ""), file=sys.stderr)
    if as_json:
        print(json.dumps({"event": "error", "code": code, "message": message, "hint": hint}), flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())

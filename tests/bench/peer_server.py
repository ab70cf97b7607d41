"""xllamacpp's server on a port of its own, run by the peer's Python; needs nothing of this project.

`python peer_server.py MODEL SLOTS LENGTH THREADS` prints its address and serves until standard input ends.
"""

import sys

import xllamacpp  # type: ignore[import-not-found]  # of the peer's environment only


def main() -> None:
    """Serve."""
    model, slots, length, threads = sys.argv[1], *map(int, sys.argv[2:5])
    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.n_parallel = slots
    parameters.n_ctx = slots * length
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()

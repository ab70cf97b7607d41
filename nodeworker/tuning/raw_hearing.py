"""How long faster-whisper alone takes for a piece of sound: what `tangnet bench voice` compares with.

`python -m nodeworker.tuning.raw_hearing [MODEL]` reads 16 kHz mono PCM16 from standard input and prints one object:
text, and the seconds of three readings, without those of loading.
"""

from __future__ import annotations

import json
import sys
import time

from nodeworker.errors import EngineError
from nodeworker.hardware import free_cores
from nodeworker.models.folder import ModelFolder
from nodeworker.settings import models_folder

READINGS = 3


def main(arguments: list[str]) -> int:
    """Read, measure, print. Returns the exit status."""
    try:
        model = ModelFolder(models_folder()).find("transcribe", arguments[0] if arguments else "")
    except EngineError as error:
        print(json.dumps({"message": error.message, "hint": error.hint}))
        return 1
    import numpy
    from faster_whisper import WhisperModel

    sound = numpy.frombuffer(sys.stdin.buffer.read(), numpy.int16).astype(numpy.float32) / 32768
    whisper = WhisperModel(str(model.path), device="auto", compute_type="int8", cpu_threads=free_cores())
    seconds, text = [], ""
    for _ in range(READINGS):
        began = time.perf_counter()
        segments, _information = whisper.transcribe(sound, beam_size=5, vad_filter=True, word_timestamps=True)
        text = "".join(segment.text for segment in segments).strip()
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"model": model.name, "text": text, "seconds": seconds}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Our window on a real X server, with a scripted runtime and microphone: says "here" once it stands, then obeys.

Commands on stdin: "front" takes the keyboard. It prints "asked TEXT" for every question, and
"front" or "behind" when that changes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.ui.own_window import OwnWindow


def main(home: Path) -> None:
    """Run until stdin ends."""
    own = OwnWindow(home)
    window = own.window
    own.runtime.settings.voice_dictation = "type"
    own.runtime.settings.voice_everywhere = True

    def look() -> None:
        if window.talk_key.key:
            print("here", flush=True)
        else:
            own.bridge.run(opened_key, lambda _none: look())

    async def opened_key() -> None: ...

    window.pane.asked.connect(lambda asking, _card, _spoken: print("asked", asking.question.text, flush=True))
    own.application.focusWindowChanged.connect(lambda now: print("front" if now is not None else "behind", flush=True))
    own.run(look, lambda _front: window.activateWindow())


if __name__ == "__main__":
    main(Path(sys.argv[1]))

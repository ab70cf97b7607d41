"""The whole program with its window, started by test_hands_free.py: tells on stdout, one JSON object a line.

It is a process of its own because PortAudio reads which sound server there is when it is loaded.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.answer_card import AnswerCard
    from app.ui.asking import Asking
    from app.ui.window import MainWindow


def _tell(event: str, **values: object) -> None:
    sys.stdout.write(json.dumps({"event": event, "at": round(time.monotonic(), 3), **values}) + "\n")
    sys.stdout.flush()


def _asked(asking: Asking, card: AnswerCard, _spoken: bool) -> None:
    asking.ended.connect(lambda: _tell("answered", question=asking.question.text, text=card.text))


def _watch(window: MainWindow) -> None:
    from PySide6.QtCore import QTimer

    if not window._complete:
        QTimer.singleShot(0, lambda: _watch(window))
        return
    mark = window.pane.hands_free
    window.hands.changed.connect(lambda state, _: _tell("state", state=state, word=mark.text()))
    window.hands.told.connect(lambda sentence, hint: _tell("told", sentence=sentence, hint=hint))
    window.talker.hearing.connect(lambda hearing: _tell("hearing", text=hearing.text))
    window.talker.heard.connect(lambda text: _tell("heard", text=text))
    window.talker.failed.connect(lambda error: _tell("failed", error=str(error)))
    window.talker.state.connect(lambda state, detail: _tell("microphone", state=state, detail=detail))
    window.pane.asked.connect(_asked)


if __name__ == "__main__":
    from app.ui.application import run

    sys.exit(run(["tangnet"], on_painted=_watch))

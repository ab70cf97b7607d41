"""What becomes of what was said: carried out, asked, put into the text box, or dictated to another program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.translation import tr
from app.voice.voice_commands import Do, command

if TYPE_CHECKING:
    from app.ui.window import MainWindow


def nothing_to_read() -> str:
    """Return what is said when there is no answer to read aloud."""
    return tr("There is no answer here that could be read.")


def stays_here() -> tuple[str, str]:
    """Return sentence and hint when a spoken word would send a conversation elsewhere that stays here."""
    return (
        tr("This conversation stays on this machine."),
        tr("Choose another place at the text box: a word that was misheard must not send it elsewhere."),
    )


def take(window: MainWindow, said: str, *, instead: bool = False) -> None:
    """Do with the words of an utterance what they and the settings say; see take_here."""
    if not window.dictation.takes(said):
        take_here(window, said, instead=instead)


def take_here(window: MainWindow, said: str, *, instead: bool = False) -> None:
    """Do with words that were said to Tangnet what they and the settings say; "" is told as nothing understood.

    `instead`: a question is asked in place of one that is being answered.
    """
    runtime, pane = window.runtime, window.pane
    if not said:
        pane.trouble.tell(tr("Nothing was understood."), tr("Hold the key while you speak."), calm=True)
        return
    text = obey(window, said) if runtime is not None and runtime.settings.voice_commands else said
    if text and runtime is not None and runtime.settings.voice_send and (pane.run is None or instead):
        pane.stop()
        pane.ask(text, spoken=True)
    elif text:
        pane.composer.put(text)


def obey(window: MainWindow, said: str) -> str:
    """Carry out the command that `said` is; return what is left to be asked, all of it where it is none."""
    told = command(said)
    if told is None:
        return said
    pane = window.pane
    match told.do:
        case Do.NEW:
            pane.new_conversation()
        case Do.STOP:
            window.aloud.stop()
            pane.stop()
        case Do.AGAIN:
            if pane.run is None and pane.view.answers and pane.view.answers[-1].text:
                window.aloud.stop()
                window.aloud.toggle(pane.view.answers[-1], window.talker.stays_here())
            else:
                pane.trouble.tell(nothing_to_read(), "", calm=True)
        case Do.HERE:
            pane.composer.where.choose("only-local")
        case Do.ELSEWHERE:
            if window.talker.stays_here():
                pane.trouble.tell(*stays_here(), calm=True)
            else:
                pane.composer.where.choose("cluster")
        case Do.SEARCH:
            pane.composer.documents_toggle.setChecked(True)
    return told.text

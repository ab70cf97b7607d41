"""What the parts of the window tell each other: every connection between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from app.ui.memory_line import memory_line_in

if TYPE_CHECKING:
    from app.events import Passage
    from app.ui.window import MainWindow


def connect(window: MainWindow) -> None:
    """Connect the parts of a window whose parts are all there."""
    for part in (window.sidebar, window.pane, window.pane.models, window.views, window.reading):
        part.failed.connect(window.show_error)
    window.views.hold("library", window.documents)  # they tell how many there are before they are shown
    window.views.hold("nodes", window.nodes)
    memory_line_in(window)
    copy_link = window.sidebar.conversations.copy_link
    window.pane.view.link_asked.connect(lambda message: copy_link(window.pane.conversation, message))
    window.pane.view.why_asked.connect(lambda message: _explain(window, message))
    window.reading.recalled.connect(lambda passage: _show_recalled(window, passage))
    window.bridge.failed.connect(window.show_error)
    window.sidebar.new_asked.connect(window.pane.new_conversation)
    window.sidebar.opened.connect(window.pane.open_conversation)
    window.sidebar.hit.connect(
        lambda id, title, message, asked: window.pane.open_conversation(id, title, message, asked=asked)
    )
    for leading_back in (window.sidebar.new_asked, window.sidebar.opened, window.sidebar.hit, window.pane.asked):
        leading_back.connect(window.views.back)
    window.views.went.connect(window.sidebar.show_view)
    window.views.went.connect(lambda _name: window.side.dismiss())  # it stands beside what was left
    window.sidebar.deleted.connect(window.pane.forget)
    window.pane.marked.connect(window.sidebar.mark)
    window.pane.stored.connect(window.sidebar.refresh)
    window.sidebar.conversations.retitled.connect(window.pane.retitle)
    window.sidebar.view_asked.connect(window.views.present)
    window.pane.pill.clicked.connect(window.show_nodes)
    window.documents.changed.connect(window.pane.first_run.show_documents)
    window.documents.changed.connect(window.sidebar.show_documents)
    window.documents.open_asked.connect(window.open_document)
    window.documents.passages_asked.connect(window.reading.show_passages)
    window.documents.summary_asked.connect(window.pane.summarise)
    window.pane.composer.collection.edit_asked.connect(window.edit_collections)
    window.side.widened.connect(window.reading.widen)
    window.side.opened.connect(window.reading.make_room)
    window.nodes.changed.connect(window.pane.show_nodes)
    window.nodes.changed.connect(window.pane.models.show_nodes)
    window.nodes.models_asked.connect(window.pane.models.put_on_nodes)
    window.pane.first_run.add_asked.connect(window.choose_files)
    window.pane.first_run.folder_asked.connect(window.choose_folder)
    window.pane.first_run.microphone_asked.connect(lambda: window.show_settings("voice.device"))
    window.pane.models.page_asked.connect(lambda: window.views.present("models"))
    window.pane.view.cited.connect(window.reading.show_passage)
    window.pane.view.link.connect(window.offer_link)
    window.pane.composer.add_asked.connect(window.choose_files)
    for source in (window.pane.composer, window.pane.first_run):
        source.talk_pressed.connect(window.talker.press)
        source.talk_released.connect(window.talker.release)
    window.talker.stays_here = lambda: window.pane.composer.where.value == "only-local"
    window.talker.question = window.pane.spoken_question
    window.talker.began.connect(window.aloud.stop)  # who begins to speak is listened to
    window.talker.began.connect(window.pane.listen)
    window.talker.live.connect(window.pane.composer.show_live)
    window.talker.finishing.connect(window.pane.composer.show_finishing)
    window.talker.level.connect(window.pane.composer.meter.show_level)
    window.talker.hearing.connect(window.hearing)
    window.talker.heard.connect(window.heard)
    window.talker.state.connect(window.pane.composer.microphone.show_state)
    window.pane.composer.microphone.clicked.connect(lambda: window.show_settings("voice.device"))
    application = QGuiApplication.instance()
    assert isinstance(application, QGuiApplication)
    application.focusWindowChanged.connect(window.focus_went)
    window.talker.cancelled.connect(lambda: window.pane.composer.show_listening(False))
    window.talker.failed.connect(window.talk_failed)
    window.pane.asked.connect(window.asked)
    window.pane.view.aloud.connect(lambda card: window.aloud.toggle(card, window.talker.stays_here()))
    window.aloud.failed.connect(window.show_error)
    window.aloud.listening = window.talker.ear
    window.aloud.wished_voice = lambda: window.pane.composer.persona.voice
    window.aloud.interrupted.connect(window.hands.interrupted)
    for said in (
        window.sidebar.conversations.said,
        window.documents.said,
        window.talk_key.notice,
        window.talker.hint,
        window.aloud.hint,
    ):
        said.connect(lambda sentence: window.pane.trouble.tell(sentence, "", calm=True, passing=True))
    window.side.closed.connect(window.pane.composer.box.setFocus)
    window.theme.changed.connect(window.recolour)


def _show_recalled(window: MainWindow, passage: Passage) -> None:
    from app.ui.memory_page import show_recalled

    show_recalled(window, passage)


def _explain(window: MainWindow, message: int) -> None:
    from app.ui.why_panel import explain

    explain(window, message)

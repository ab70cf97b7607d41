"""The widgets of messages, connected to the view that shows them; the menu of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from app.ui.answer_card import AnswerCard
from app.ui.question_row import QuestionRow
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.kept_sound import Kept
    from app.ui.conversation_view import ConversationView


def answer_menu(view: ConversationView, card: AnswerCard) -> QMenu:
    """Return what can be done with an answer that is in the store."""
    menu = QMenu(card)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setAccessibleName(tr("What can be done with the answer"))
    menu.addAction(tr("Answer &again"), partial(view.regenerate_asked.emit, card, ""))
    if len(view.places) > 1 and not view.stays_here():
        below = menu.addMenu(tr("Answer again &on"))
        for name, words in view.places:
            below.addAction(words.replace("&", "&&"), partial(view.regenerate_asked.emit, card, name))
    menu.addSeparator()
    menu.addAction(tr("&Why this answer"), partial(view.why_asked.emit, card.message))
    menu.addAction(tr("Copy &link"), partial(view.link_asked.emit, card.message))
    menu.addAction(tr("&Branch: go on from here in a new conversation"), partial(view.branch_asked.emit, card.message))
    return menu


def make_answer(view: ConversationView) -> AnswerCard:
    """Return a card for an answer, whose actions reach the signals of the view."""
    card = AnswerCard()
    card.cited.connect(view.cited)
    card.link.connect(view.link)
    card.retry.connect(lambda: view.retry.emit(card))
    card.aloud.connect(lambda: view.aloud.emit(card))
    card.versions.chosen.connect(view.version_asked)

    def more() -> None:
        menu = answer_menu(view, card)
        menu.popup(card.more_button.mapToGlobal(card.more_button.rect().bottomLeft()))

    card.more_button.clicked.connect(more)
    return card


def make_question(
    view: ConversationView, text: str, message: int, attachments: Sequence[str], kept: Kept | None
) -> QuestionRow:
    """Return a row for a question, whose actions reach the signals of the view; `kept` is its sound."""
    row = QuestionRow(text, message, attachments)
    row.replay.connect(lambda: view.replay.emit(row))
    row.forget_sound.connect(lambda: view.forget_sound.emit(row))
    row.versions.chosen.connect(view.version_asked)
    row.edited.connect(lambda text: view.edit_asked.emit(row.message, text))
    if kept is not None:
        row.offer(kept)
    return row

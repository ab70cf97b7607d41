"""A question in the conversation, and under it the sound of it where that is kept: hear it, delete it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui import phrases
from app.ui.attachment_strip import AttachedFile
from app.ui.controls import button, frame, round_button
from app.ui.message_actions import SMALL, QuestionEditor, Versions
from app.ui.text_card import TextCard
from app.ui.tokens import SPACE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.kept_sound import Kept


class QuestionRow(QWidget):
    """What the user asked."""

    replay = Signal()
    """Play its sound, or stop that."""
    forget_sound = Signal()
    edited = Signal(str)
    """It is asked in these words."""

    def __init__(self, text: str, message: int = 0, attachments: Sequence[str] = ()) -> None:
        """`message`: its id in the store; 0 as long as that is not known. `attachments`: files that go with it."""
        super().__init__()
        self.message = message
        self.text = text
        self.kept: Kept | None = None
        self._playing = False
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.XXL * 2, 0, 0, 0)
        column.setSpacing(SPACE.XS)
        across = QHBoxLayout()
        across.addStretch(1)
        bubble = frame("mine")
        inside = QVBoxLayout(bubble)
        inside.setContentsMargins(SPACE.L, SPACE.M, SPACE.L, SPACE.M)
        inside.setSpacing(SPACE.XS)
        for path in attachments:
            inside.addWidget(AttachedFile(path))
        card = TextCard(hug=True)
        card.setAccessibleName(tr("Your question"))
        card.setPlainText(text)
        inside.addWidget(card)
        self.edit_button = round_button(
            "edit", tr("Edit question"), kind="icon", size=SMALL, description=tr("Ask this in other words")
        )
        self.edit_button.clicked.connect(self.edit)
        if not message:
            self.edit_button.hide()
        across.addWidget(self.edit_button, 0, Qt.AlignmentFlag.AlignVCenter)
        across.addWidget(bubble)
        column.addLayout(across)
        self.versions = Versions()
        column.addWidget(self.versions, 0, Qt.AlignmentFlag.AlignRight)
        self.editor: QuestionEditor | None = None
        self._bubble = bubble
        self.sound = QWidget()
        row = QHBoxLayout(self.sound)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.XS)
        row.addStretch(1)
        self.replay_button = button("", kind="plain", name=tr("Hear your question"), clicked=self.replay.emit)
        self.forget_button = button(
            tr("Delete sound"),
            kind="plain",
            description=tr("Delete the sound of this question"),
            clicked=self.forget_sound.emit,
        )
        row.addWidget(self.replay_button)
        row.addWidget(self.forget_button)
        self.sound.hide()
        column.addWidget(self.sound)
        self.words = card
        card.fit()

    @property
    def in_use(self) -> bool:
        """Whether its sound plays, or some of it is selected."""
        return self._playing or self.editor is not None or self.words.textCursor().hasSelection()

    def present(self, versions: Sequence[int]) -> None:
        """Offer what can be done with a question that the store knows; `versions` are the ids of all of them."""
        self.versions.present(versions, self.message)
        self.edit_button.setVisible(bool(self.message) and self.editor is None)

    def edit(self) -> None:
        """Let the question be put in other words, where it stands."""
        if self.editor is not None:
            return
        self.editor = QuestionEditor(self.text)
        self.editor.asked.connect(self.edited)
        self.editor.closed.connect(self.leave)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(0, self.editor)
        self._bubble.hide()
        self.edit_button.hide()
        self.editor.show()
        self.editor.box.setFocus()
        self.editor.box.selectAll()

    def leave(self) -> None:
        """Leave the question as it was."""
        if self.editor is not None:
            self.editor.hide()
            self.editor.deleteLater()
            self.editor = None
            self._bubble.show()
            self.edit_button.show()
            self.edit_button.setFocus()

    def offer(self, kept: Kept | None) -> None:
        """Show that its sound is kept; None: it is not."""
        self.kept = kept
        self.sound.setVisible(kept is not None)
        self.show_playing(False)

    def show_playing(self, on: bool) -> None:
        """Show whether its sound plays."""
        self._playing = on
        long = phrases.moment(self.kept.seconds) if self.kept is not None else ""
        self.replay_button.setText(f"■  {tr('Stop')} · {long}" if on else f"▶  {tr('Hear it')} · {long}")
        self.replay_button.setAccessibleName(tr("Stop the sound") if on else tr("Hear your question"))
        self.replay_button.setToolTip(self.replay_button.accessibleName())

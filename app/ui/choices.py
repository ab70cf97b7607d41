"""What is chosen at the text box, where, from which documents, by whom: offered, and kept with the conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from app.assistant import Question
    from app.cluster.outlook import Outlook
    from app.collections import Collection
    from app.messages import Conversation
    from app.personas import Persona
    from app.ui.bridge import Bridge
    from app.ui.composer import Composer
    from app.ui.conversation_pane import ConversationPane
    from app.ui.conversations_seam import ConversationsSeam
    from app.ui.seam import RuntimeSeam


class Choices(QObject):
    """Stands between the buttons at the text box and the runtime."""

    failed = Signal(object)

    def __init__(self, bridge: Bridge, pane: ConversationPane) -> None:
        super().__init__(pane)
        self._bridge = bridge
        self._pane = pane
        self._composer: Composer = pane.composer
        self._runtime: RuntimeSeam | None = None
        composer = self._composer
        composer.where_chosen.connect(lambda value: self._keep(lambda store, id: store.prefer(id, value)))
        composer.where.opening.connect(self._foresee)
        composer.collection.changed.connect(lambda value: self._keep(lambda store, id: store.collect(id, value)))
        composer.collection.opening.connect(self.read_collections)
        composer.persona.changed.connect(lambda value: self._keep(lambda store, id: store.personify(id, value)))
        composer.persona.opening.connect(self.read_personas)
        composer.persona.edit_asked.connect(self.edit_personas)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._runtime = runtime
        self.read_collections()
        self.read_personas()

    def present(self, kept: Conversation | None) -> None:
        """Show what a conversation has; None is one that is still to begin."""
        self._composer.show_where(kept.prefer if kept is not None else "")
        self._composer.collection.show_value(kept.collection if kept is not None else "")
        self._composer.persona.show_value(kept.persona if kept is not None else "")

    def question(self, text: str = "", attachments: Sequence[Path] = ()) -> Question:
        """Return a question of the conversation that is shown, with all that is chosen now."""
        from app.assistant import Question
        from app.collections import EVERYTHING
        from app.personas import NOBODY

        composer = self._composer
        return Question(
            text=text,
            conversation=self._pane.conversation,
            use_documents=composer.documents_toggle.isChecked(),
            prefer=composer.where.value,
            collection=composer.collection.value or EVERYTHING,
            persona=composer.persona.value or NOBODY,
            attachments=tuple(attachments),
        )

    def read_collections(self) -> None:
        """Offer the collections that there are."""
        if self._runtime is None:
            return
        collections = self._runtime.collections

        async def read() -> Sequence[Collection]:
            import asyncio

            return await asyncio.to_thread(collections.all)

        self._bridge.run(read, self._composer.collection.offer, self.failed.emit, name="collections")

    def read_personas(self) -> None:
        """Offer the personas that there are."""
        if self._runtime is None:
            return
        personas = self._runtime.personas

        async def read() -> Sequence[Persona]:
            import asyncio

            return await asyncio.to_thread(personas.all)

        self._bridge.run(read, self._composer.persona.offer, self.failed.emit, name="personas")

    def edit_personas(self) -> None:
        """Make and change personas."""
        if self._runtime is None:
            return
        from app.ui.personas_dialog import PersonasDialog

        runtime, button = self._runtime, self._composer.persona
        dialog = PersonasDialog(self._bridge, runtime.personas, runtime.cluster, button.value, self._pane.window())
        dialog.changed.connect(button.offer)
        dialog.failed.connect(self.failed)
        dialog.open()

    def _keep(self, change: Callable[[ConversationsSeam, str], object]) -> None:
        if self._runtime is None or not self._pane.conversation:
            return  # a new conversation takes it with its first question
        store, id = self._runtime.conversations, self._pane.conversation

        async def keep() -> None:
            change(store, id)

        self._bridge.run(keep, None, self.failed.emit, name="keep choice", must_finish=True)

    def _foresee(self) -> None:
        """Tell at each place how soon an answer to what is typed would be there."""
        if self._runtime is None:
            return
        from app.cluster.outlook import likely

        settings, cluster = self._runtime.settings, self._runtime.cluster
        persona = self._composer.persona.chosen
        documents = self._composer.documents_toggle.isChecked() or bool(self._composer.attachments.paths)
        passages = settings.answer_passages if documents else 0
        said = sum(len(answer.text) for answer in self._pane.view.answers)
        said += len(persona.instructions) if persona is not None else 0
        request = likely(
            self._composer.draft,
            passages=passages,
            said=said,
            max_tokens=settings.answer_max_tokens,
            model=(persona.model if persona is not None else "") or settings.answer_model,
        )

        async def read() -> Outlook:
            return cluster.outlook(request)

        self._bridge.run(read, self._composer.where.offer_times, self.failed.emit, name="outlook")

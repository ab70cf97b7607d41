"""`tangnet ask`: one question, the answer as it comes, then where it stands in the documents."""

from __future__ import annotations

from contextlib import aclosing, nullcontext
from pathlib import Path

from app.assistant import Question
from app.commands.context import Context, existing
from app.commands.output import Output, place
from app.commands.spoken import SpokenAnswer
from app.errors import UsageError
from app.events import (
    Answered,
    Event,
    Hearing,
    Moved,
    NodeChosen,
    Passage,
    Prefilling,
    Progress,
    Queued,
    Retrieved,
    TokenReceived,
    Transcribed,
    Warned,
)
from app.voice.wave_file import WaveFile

CONTRACT = (Transcribed, Retrieved, NodeChosen, TokenReceived, Moved, Warned, Answered)
"""What --json prints; the rest is progress, which people see on stderr."""


async def run(context: Context) -> int:
    """Ask, print, return the exit status."""
    question = _question(context)
    show = _Plain(context.output)
    file = _sound_file(context)
    async with context.runtime() as runtime:
        with WaveFile(file) if file is not None else nullcontext() as wave:
            spoken = SpokenAnswer(runtime, question, wave) if wave is not None else None
            async with aclosing(runtime.assistant.ask(question)) as events:
                async for event in spoken.beside(events) if spoken is not None else events:
                    if not context.output.json:
                        show.event(event)
                    elif isinstance(event, CONTRACT):
                        line = event.to_json()
                        if spoken is not None and isinstance(event, Answered):
                            line["timings"]["first_sound_ms"] = spoken.first_sound_ms
                        context.output.line(line)
                    else:
                        show.passing(event)
            if spoken is not None and spoken.error is not None:
                raise spoken.error
        if file is not None:
            context.output.note(f"The spoken answer is in {file}.")
    return 0


def _sound_file(context: Context) -> Path | None:
    file: Path | None = context.arguments.speak
    return file.expanduser().absolute() if file is not None else None


def _question(context: Context) -> Question:
    arguments = context.arguments
    text = " ".join(arguments.question).strip()
    voice: Path | None = arguments.voice
    if bool(text) == (voice is not None):
        raise UsageError(
            "There is no question." if voice is None else "Give the question as text or with --voice, not both.",
            code="no_question",
            hint='tangnet ask "How long is the notice period?" --docs contracts/',
        )
    if arguments.attach and arguments.docs:
        raise UsageError("--attach and --docs exclude each other.", code="usage", hint="Leave one out.")
    if arguments.no_docs and arguments.docs:
        raise UsageError("--docs and --no-docs exclude each other.", code="usage", hint="Leave one out.")
    if arguments.collection and (arguments.no_docs or arguments.docs):
        other = "--docs" if arguments.docs else "--no-docs"
        raise UsageError(f"--collection and {other} exclude each other.", code="usage", hint="Leave one out.")
    audio = None
    if voice is not None:
        from app.voice.audio_file import pcm_from_file

        audio = pcm_from_file(existing([voice])[0], on_damage=context.output.note)
    return Question(
        text=text,
        audio=audio,
        attachments=existing(arguments.attach),
        docs=existing(arguments.docs),
        use_documents=not arguments.no_docs,
        collection=arguments.collection,
        conversation=arguments.conversation,
        node=arguments.node,
        prefer=arguments.prefer,
        max_tokens=arguments.max_tokens,
        seed=arguments.seed,
        temperature=arguments.temperature,
        language=arguments.language,
    )


class _Plain:
    """Shows events to people."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._passages: tuple[Passage, ...] = ()

    def _place(self, n: int) -> str:
        return next((place(passage) for passage in self._passages if passage.n == n), "")

    def passing(self, event: Event) -> None:
        """Show what is only of interest while it lasts."""
        if isinstance(event, Progress):
            part = f" {event.fraction:.0%}" if event.fraction is not None else ""
            self._output.progress(event.what + part)
        elif isinstance(event, Hearing):
            self._output.progress(event.text)
        elif isinstance(event, Queued):
            self._output.progress(f"Waiting, {event.position} in the queue")
        elif isinstance(event, Prefilling) and event.total:
            self._output.progress(f"Reading {event.done / event.total:.0%}")

    def event(self, event: Event) -> None:
        """Show any event."""
        output = self._output
        if isinstance(event, TokenReceived):
            output.text(event.text, end="")
        elif isinstance(event, Transcribed):
            output.text(f"“{event.text}”\n")
            if event.node:
                output.note(f"(heard on {event.node}: voice.elsewhere is set)")
        elif isinstance(event, Retrieved):
            self._passages = event.passages
        elif isinstance(event, NodeChosen):
            output.progress(f"{event.name}: {event.reason}")
        elif isinstance(event, Moved):
            output.note(f"(goes on at {event.to}: {event.reason})")
        elif isinstance(event, Warned):
            output.note(f"{event.message} {event.hint}".strip())
        elif isinstance(event, Answered):
            output.text("")
            if event.citations:
                output.text("\nSources:")
            for citation in event.citations:
                output.text(f"  [{citation.n}] {citation.path}{self._place(citation.n)}")
            if self._passages and not event.grounded:
                output.note("Not backed by your documents.")
        else:
            self.passing(event)

"""LlamaEngine: chat with a GGUF model through llama.cpp, many answers at once, driven by one thread.

Callers bring answers with `begin` from any thread; the owner thread takes them up between two decodes. See
docs/engines.md for the whole and scheduler.py for what happens in a turn.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from nodeworker.acceleration import build_mark
from nodeworker.engines import ChatEvent, ChatRequest, Figures, Progress, Tell
from nodeworker.engines.chat.sections import Sections
from nodeworker.engines.chat.template import ChatTemplate
from nodeworker.engines.chat.text import TextStream
from nodeworker.engines.llama.context import BATCH, NativeContext
from nodeworker.engines.llama.gauge import SMALLEST_CACHE, measure
from nodeworker.engines.llama.keeping import KeptPrefixes
from nodeworker.engines.llama.native import NativeModel
from nodeworker.engines.llama.pace import Pace
from nodeworker.engines.llama.picking import Picker
from nodeworker.engines.llama.scheduler import Scheduler
from nodeworker.engines.llama.slots import Answer
from nodeworker.errors import BadRequest, ContextOverflow, EngineError, ModelTooLarge, Unsupported
from nodeworker.hardware import free_cores
from nodeworker.models.folder import ModelFile
from nodeworker.models.gguf import GgufInfo, read_gguf
from nodeworker.models.tuned import FLASH, Tuning, TuningFile, figures_file, settings_file
from nodeworker.protocol.prefixes import block_hashes

DEFAULT_CONTEXT = 4096
_MOST_SLOTS, _FEWEST_SLOTS = 8, 2
_CACHE_BYTES = 640 * 1024 * 1024
"""Unless slots are asked for, the cache takes at most this, and at most a tenth of the free memory."""
_GRAPH_BYTES = 256 * 1024 * 1024
"""llama.cpp's working memory beside weights and cache, roughly."""
_EXACT_CACHE = (34 / 32 + 2) / 4
"""Size of an exact cache beside a 16-bit one: 34 bytes hold 32 values of a key, and 2 bytes one of a value."""
_LOOK_SECONDS = 0.05
_log = logging.getLogger(__name__)


class LlamaEngine:
    """A chat engine over one GGUF file. Up to `slots` answers run at once; more wait inside."""

    def __init__(
        self,
        model: ModelFile,
        *,
        context: int = 0,
        threads: int = 0,
        slots: int = 0,
        notes: str | Path = "",
        keep: str | Path = "",
        tuning: Tuning | None = None,
    ) -> None:
        """`context`: most tokens of one answer with its prompt; 0: 4096, never more than the model was trained for.

        `slots`: answers at once, each with a whole context; 0: 2 to 8, as memory allows. `threads` 0: as tuned, or the
        free cores. `notes`: the folder that remembers what was measured. `tuning` overrides what it says. `keep`: the
        folder that keeps cached beginnings over a restart; "": none.
        """
        self.model = model
        self.slots = slots or _FEWEST_SLOTS
        self._wanted_slots = slots
        self.context = min(context or DEFAULT_CONTEXT, model.context or context or DEFAULT_CONTEXT)
        self.threads = threads
        self.after_turn: Callable[[], None] = lambda: None
        self._notes = Path(notes) if notes else None
        self._keep = Path(keep) if keep else None
        self._tuning = tuning
        self._native: NativeModel | None = None
        self._template: ChatTemplate | None = None
        self._pace = Pace()
        self._inbox: deque[Answer] = deque()
        self._news = threading.Condition()
        self._closing = threading.Event()
        self._paused = False
        self._broken: EngineError | None = None
        self._figures = Figures()
        self._kept: KeptPrefixes | None = None
        self._owner: threading.Thread | None = None
        self.exact_rows = 1
        """Most tokens of one decode for which bits stay equal; 0: any number."""

    @property
    def prefill_rate(self) -> float:
        """Prompt tokens/s, measured."""
        return self._pace.prefill_rate

    @property
    def decode_rate(self) -> float:
        """Tokens/s of one answer alone, measured."""
        return self._pace.decode_rate

    def load(self, progress: Progress) -> None:
        """Check the file, load it, measure it; `progress` is called from another thread.

        Raises:
            ModelDamaged: the file is not a whole GGUF model.
            ModelTooLarge: it would not fit into the free memory.
            EngineError: llama.cpp refuses it.
        """
        # OpenMP keeps threads for every thread that computes, and puts them to sleep at each barrier as soon as all of
        # them together are more than the cores: measured with the thread that loads, an answer took 1.7 times as long.
        loaded: Future[None] = Future()
        self._owner = threading.Thread(target=self._own, args=(progress, loaded), name="llama-owner", daemon=True)
        self._owner.start()
        loaded.result()
        progress(1.0)

    def close(self) -> None:
        """Free the model; running answers end without a word after their current decode."""
        self._closing.set()
        with self._news:
            self._news.notify_all()
        if self._owner is not None:
            self._owner.join()
        self._owner = self._native = None

    def figures(self) -> Figures:
        """Return what the engine does at the moment; from any thread."""
        return self._figures

    def pause(self, on: bool) -> None:
        """Compute nothing for background answers while `on`."""
        with self._news:
            self._paused = on
            self._news.notify_all()

    def begin(self, request: ChatRequest, tell: Tell) -> None:
        """Take one answer up at the next turn; what is wrong with the request is told, not raised."""
        try:
            answer = self._answer(request, tell)
        except EngineError as error:
            tell(error)
            tell(None)
            return
        if answer.stream.stopped or answer.most <= 0:  # nothing is left to make: it was cut just before its end
            answer.finish("stop" if answer.stream.stopped else "length")
            answer.release()
            self.after_turn()
            return
        with self._news:
            if self._broken is None and not self._closing.is_set():
                self._inbox.append(answer)
                self._news.notify_all()
                return
        tell(self._broken or EngineError("The model is not loaded."))
        answer.release()

    def generate(self, request: ChatRequest) -> Iterator[ChatEvent]:
        """Make one answer and yield its events; ends early when `request.cancelled` is set or the caller leaves.

        Raises:
            BadRequest: the messages or the resumed tokens make no sense.
            ContextOverflow: prompt and resumed tokens leave no room.
            EngineError: llama.cpp failed.
        """
        told: queue.SimpleQueue[ChatEvent | EngineError | None] = queue.SimpleQueue()
        self.begin(request, told.put)
        try:
            while (event := told.get()) is not None and not request.cancelled.is_set():
                if isinstance(event, EngineError):
                    raise event
                yield event
        finally:
            request.cancelled.set()

    # -- one answer's beginning --------------------------------------------------------------------------------------

    def _answer(self, request: ChatRequest, tell: Tell) -> Answer:
        native, template = self._native, self._template
        if native is None or template is None or self._closing.is_set():
            raise EngineError("The model is not loaded.")
        if any(message.images for message in request.messages):
            raise Unsupported("This model sees no pictures.", "Use a node that says its model does.")
        rendered = template.render(request.messages, request.tools)
        bos = native.special_text("bos")
        text = rendered.removeprefix(bos) if bos and native.adds_bos() else rendered  # tokenising puts it there
        sampling = request.sampling
        reasons = template.begins_in_reasoning(rendered)
        if reasons and request.resume_text and template.reasoning:
            # What was shown elsewhere is the answer: the reasoning that the template opens is over.
            text, reasons = f"{text}\n{template.reasoning[1]}\n\n", False
        prompt = native.tokenise(text, special=True)
        sections = Sections(
            template.reasoning,
            template.tool_markers if request.tools else None,
            inside_reasoning=reasons,
            request_id=request.request_id,
        )
        # A grammar is for the answer, not for what the model thinks before it.
        after = template.reasoning[1] if reasons and template.reasoning else ""
        picker = Picker(native, sampling, _seed(request), grammar_after=after)
        if request.resume:
            if max(request.resume) >= native.size or min(request.resume) < 0:
                raise BadRequest("The resumed tokens are not tokens of this model.", "Resume with text instead.")
            shown = list(request.resume)
            stream = TextStream(sampling.stop)
            for token in shown:
                sections.feed(stream.feed(native.piece(token)))
        else:
            shown = native.tokenise(request.resume_text, special=False) if request.resume_text else []
            stream = TextStream(sampling.stop, request.resume_text)
            sections.feed(request.resume_text)
        for token in shown:
            picker.accept(token)
        total = len(prompt) + len(shown)
        if total >= self.context:
            resumed = f" and {len(shown)} tokens of the answer" if shown else ""
            raise ContextOverflow(
                f"The prompt of {len(prompt)} tokens{resumed} does not fit into the context of {self.context} tokens.",
                "Ask with fewer or shorter documents, or begin a new conversation.",
            )
        room = self.context - total
        return Answer(
            request,
            tell,
            prompt=prompt,
            shown=shown,
            stream=stream,
            sections=sections,
            picker=picker,
            most=min(room, sampling.max_tokens - len(shown)) if sampling.max_tokens else room,
            blocks=block_hashes((message.role, message.content) for message in request.messages),
        )

    # -- the owner thread --------------------------------------------------------------------------------------------

    def _own(self, progress: Progress, loaded: Future[None]) -> None:
        """Load, then drive: whatever computes is on this thread."""
        try:
            native, context, scheduler = self._loaded(progress)
        except BaseException as error:  # whatever it is, the caller of `load` is told
            loaded.set_exception(error)
            return
        loaded.set_result(None)
        self._drive(native, context, scheduler)

    def _drive(self, native: NativeModel, context: NativeContext, scheduler: Scheduler) -> None:
        try:
            while not self._closing.is_set():
                with self._news:
                    scheduler.waiting.extend(self._inbox)
                    self._inbox.clear()
                    scheduler.paused = self._paused
                busy = scheduler.turn()
                self._figures = scheduler.figures()
                self.after_turn()
                if not busy:
                    # Nobody tells this thread that an answer which rests was cancelled.
                    resting = bool(scheduler.running or scheduler.waiting)
                    with self._news:
                        self._news.wait_for(
                            lambda: self._inbox or self._closing.is_set() or self._paused != scheduler.paused,
                            _LOOK_SECONDS if resting else None,
                        )
        except Exception as error:  # whatever it is, nobody else can tell the callers
            _log.error("the engine thread failed", exc_info=error)
            failure = error if isinstance(error, EngineError) else EngineError(f"The engine failed: {error!r}.")
            with self._news:
                self._broken = failure
                scheduler.waiting.extend(self._inbox)
                self._inbox.clear()
            scheduler.end_all(failure)
        finally:
            with self._news:
                scheduler.waiting.extend(self._inbox)
                self._inbox.clear()
            scheduler.drop_all()
            self.after_turn()
            if self._kept is not None and self._broken is None:
                self._kept.save(context, scheduler.cache)
            context.close()
            native.close()

    # -- loading -----------------------------------------------------------------------------------------------------

    def _loaded(self, progress: Progress) -> tuple[NativeModel, NativeContext, Scheduler]:
        info = read_gguf(self.model.path)
        self.context = min(self.context, info.context or self.context)
        progress(0.01)
        tuning, notes = self._settings()
        self.slots = self._fitting_slots(info, tuning)
        native = NativeModel(
            self.model.path, progress=lambda fraction: progress(0.01 + 0.8 * fraction), stop=self._closing.is_set
        )
        context: NativeContext | None = None
        try:
            template = ChatTemplate(
                info.chat_template,
                bos=native.special_text("bos"),
                eos=native.special_text("eos"),
                control=native.control_texts(),
            )
            native.show_markers(tuple(template.shown_control))
            context = NativeContext(
                native,
                streams=self.slots,
                length=max(self.context, SMALLEST_CACHE),
                threads=tuning.threads,
                exact=tuning.exact,
                flash=FLASH[tuning.flash],
                batch=tuning.batch or BATCH,
            )
            self.threads = context.threads
            progress(0.9)
            rows = self._measure(native, context, tuning, notes)
        except EngineError:
            if context is not None:
                context.close()
            native.close()
            raise
        # Who gave exactness up for speed has nothing to keep by short drafts and replays in groups.
        kept = rows if tuning.exact else 0
        scheduler = Scheduler(native, context, self._pace, streams=self.slots, exact_rows=kept, drafts=tuning.drafts)
        self.exact_rows = rows
        self._kept = self._kept_prefixes(context)
        if self._kept is not None:
            _log.info("%d conversations were read back", self._kept.load(context, scheduler.cache))
        self._native, self._template = native, template
        self._figures = scheduler.figures()
        return native, context, scheduler

    def _settings(self) -> tuple[Tuning, TuningFile | None]:
        """Return the settings, threads resolved, and the file with the figures that were measured with them."""
        kept = Tuning()
        if self._tuning is not None:
            kept = self._tuning
        elif self._notes is not None:
            kept = settings_file(self._notes, self.model).read()
        settings = replace(kept, threads=self.threads or kept.threads or free_cores())
        if self._notes is None or self._tuning is not None:
            return settings, None
        return settings, figures_file(self._notes, self.model, settings)

    def _kept_prefixes(self, context: NativeContext) -> KeptPrefixes | None:
        if self._keep is None:
            return None
        return KeptPrefixes(self._keep, self.model.sha256 or str(self.model.path), build_mark(), str(context.kind))

    def _measure(self, native: NativeModel, context: NativeContext, tuning: Tuning, notes: TuningFile | None) -> int:
        """Measure what is not known of this model; returns how many tokens of a decode keep their bits."""
        known = notes.read() if notes is not None else tuning
        if known.exact_rows >= 0 and known.decode_rate:
            self._pace = Pace(known.seconds, prefill=known.prefill_rate, decode=known.decode_rate)
            context.add([0, 0], 0, 0, 1)  # two tokens touch every weight, so that the first question need not wait
            context.decode()
            context.cut(0, 0)
            return known.exact_rows
        rows, self._pace = measure(native, context)
        _log.info(
            "%s: reads %.0f, writes %.1f tokens/s with %d threads; bits are equal for %s tokens at once",
            self.model.name, self._pace.prefill_rate, self._pace.decode_rate, context.threads, rows or "any number of",
        )  # fmt: skip
        if notes is not None:
            pace = self._pace
            measured = replace(
                tuning, exact_rows=rows, prefill_rate=pace.prefill_rate, decode_rate=pace.decode_rate,
                seconds=dict(pace.seconds),
            )  # fmt: skip
            notes.write(measured)
        return rows

    def _fitting_slots(self, info: GgufInfo, tuning: Tuning) -> int:
        """Return how many answers run at once. Raises ModelTooLarge with the numbers."""
        import psutil

        free = psutil.virtual_memory().available
        each = max(1, int(info.kv_bytes_per_token * self.context * (_EXACT_CACHE if tuning.exact else 1)))
        slots = self._wanted_slots
        if not slots:
            slots = max(_FEWEST_SLOTS, min(_MOST_SLOTS, min(_CACHE_BYTES, free // 10) // each))
        weights = self.model.path.stat().st_size
        needed = weights + slots * each + _GRAPH_BYTES
        if needed > free:
            raise ModelTooLarge(
                f"{self.model.name} needs about {needed // 10**6} MB of memory ({weights // 10**6} MB for its weights, "
                f"{slots * each // 10**6} MB for {slots} contexts of {self.context} tokens), but only "
                f"{free // 10**6} MB are free.",
                "Choose a smaller model, a smaller context or fewer slots, or use another node.",
            )
        return slots


def _seed(request: ChatRequest) -> int:
    """The wanted seed; without one it follows from the request's id, which stays the same when it moves."""
    if request.sampling.seed:
        return request.sampling.seed
    return int.from_bytes(hashlib.sha256(request.request_id.encode()).digest()[:8], "little")

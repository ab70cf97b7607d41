"""Charts of the whole cluster over a quarter of an hour or an hour, each with its words. pyqtgraph draws them."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.cluster.history import Past
from app.ui import cluster_series, theme
from app.ui.bridge import Bridge
from app.ui.cluster_series import Series
from app.ui.controls import button, frame, label
from app.ui.numbers import number
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

SPANS = (15, 60)
"""Minutes to choose from."""
TICKS = {15: 5, 60: 15}
"""Minutes from one mark of the time to the next."""
CHART_HEIGHT = 150
DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)
"""Of the first and the second line: they are not told apart by colour alone."""


class ClusterCharts(QWidget):
    """Four charts; what draws them is loaded beside the window, and each is built in a turn of its own."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._past = Past()
        self._minutes = SPANS[0]
        self.cards = [
            ChartCard(tr("Tokens a second"), (tr("all nodes"),), cluster_series.tokens),
            ChartCard(tr("Answers"), (tr("being made"), tr("waiting")), cluster_series.queue),
            ChartCard(
                tr("Seconds to the first word"),
                (tr("half of them"), tr("99 of 100")),
                cluster_series.first_tokens,
                whole=False,
            ),
            ChartCard(tr("Nodes that could be reached, in %"), (tr("share"),), cluster_series.availability, top=100.0),
        ]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.M)
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.spans = []
        for minutes, text in zip(SPANS, (tr("15 &minutes"), tr("1 &hour")), strict=True):
            made = button(text, kind="toggle", description=tr("Show the last {text}", text=text.replace("&", "")))
            made.setCheckable(True)
            made.setChecked(minutes == self._minutes)
            made.clicked.connect(lambda _on, minutes=minutes: self._span(minutes))
            row.addWidget(made)
            self.spans.append(made)
        row.addStretch()
        column.addLayout(row)
        grid = QGridLayout()
        grid.setSpacing(SPACE.M)
        for at, card in enumerate(self.cards):
            grid.addWidget(card, at // 2, at % 2)
            grid.setRowStretch(at // 2, 1)
            grid.setColumnStretch(at % 2, 1)
            card.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # all the same height
        column.addLayout(grid, 1)
        self._drawing: Any = None
        bridge.run(_load, self._loaded, bridge.failed.emit, name="load charts")

    @property
    def ready(self) -> bool:
        """Whether all charts are built."""
        return all(card.plot is not None for card in self.cards)

    def show_past(self, past: Past) -> None:
        """Show what is known of the last hour."""
        self._past = past
        now = time.monotonic()
        for card in self.cards:
            card.show_past(past, now, self._minutes)

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for card in self.cards:
                card.recolour()

    def _span(self, minutes: int) -> None:
        self._minutes = minutes
        for made, its in zip(self.spans, SPANS, strict=True):
            made.setChecked(its == minutes)
        self.show_past(self._past)

    def _loaded(self, drawing: Any) -> None:
        self._drawing = drawing
        self._build_next()

    def _build_next(self) -> None:
        """Build one chart and come back for the next: each takes longer than a frame should."""
        card = next((card for card in self.cards if card.plot is None), None)
        if card is not None:
            card.build(self._drawing)
            card.show_past(self._past, time.monotonic(), self._minutes)
            QTimer.singleShot(0, self, self._build_next)


class ChartCard(QWidget):
    """A title, one chart, and its words."""

    def __init__(
        self,
        title: str,
        names: tuple[str, ...],
        make: Callable[[Past, float, int], Series],
        *,
        top: float | None = None,
        whole: bool = True,
    ) -> None:
        """Make a card without its chart.

        Args:
            title: what it shows.
            names: of the lines.
            make: makes what is shown.
            top: where the values end; None: where they do.
            whole: the values are counted, so there is nothing between 1 and 2.
        """
        super().__init__()
        self.plot: Any = None
        """The chart; None until it is built."""
        self._names = names
        self._make = make
        self._top, self._whole = top, whole
        self._curves: list[Any] = []
        self._drawing: Any = None
        self.series = Series("", ())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        card = frame("card")
        outer.addWidget(card)
        column = QVBoxLayout(card)
        column.setContentsMargins(SPACE.L, SPACE.M, SPACE.L, SPACE.M)
        column.setSpacing(SPACE.XS)
        column.addWidget(label(title, weight=QFont.Weight.DemiBold))
        self.words = label("", tone="muted", scale=TYPE.SMALL, wrap=True)
        column.addWidget(self.words)
        self._column = column
        self._place = QWidget()
        self._place.setMinimumHeight(CHART_HEIGHT)
        column.addWidget(self._place, 1)
        if len(names) > 1:
            key = tr("line: {first}; dashes: {second}", first=names[0], second=names[1])
        else:
            key = tr("line: {name}", name=names[0])  # each card has its key: the charts beside each other are as high
        column.addWidget(label(key, tone="muted", scale=TYPE.SMALL))
        self._title = title

    def build(self, drawing: Any) -> None:
        """Make the chart with the module pyqtgraph."""
        self._drawing = drawing
        self.plot = drawing.PlotWidget(enableMenu=False)
        self.plot.setMinimumHeight(CHART_HEIGHT)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideButtons()
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # nothing can be done with it; its words are beside it
        self.plot.setFrameShape(self.plot.Shape.NoFrame)
        self.plot.getPlotItem().setContentsMargins(0, 0, 0, 0)
        self.plot.getAxis("bottom").setHeight(None)
        self._curves = [self.plot.plot([], []) for _ in self._names]
        self._column.replaceWidget(self._place, self.plot)
        self._place.deleteLater()
        self.recolour()

    def recolour(self) -> None:
        """Take the colours of the theme."""
        if self.plot is None:
            return
        colours, drawing = theme.current(), self._drawing
        self.plot.setBackground(colours.surface)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(drawing.mkPen(colours.border))
            axis.setTextPen(drawing.mkPen(colours.muted))
            axis.setStyle(tickFont=self.words.font(), tickLength=-SPACE.XS)
        self.plot.showGrid(x=False, y=True, alpha=0.15)
        for curve, dashes, colour in zip(self._curves, DASHES, (colours.accent, colours.text), strict=False):
            curve.setPen(drawing.mkPen(colour, width=1.8, style=dashes))
            curve.setSymbolBrush(colour)
            curve.setSymbolPen(None)
            curve.setSymbolSize(5)

    def show_past(self, past: Past, now: float, minutes: int) -> None:
        """Show the last `minutes` before `now`, a time of the clock of `past`."""
        self.series = self._make(past, now, minutes)
        if self.words.text() != self.series.words:
            self.words.setText(self.series.words)
            self.setAccessibleName(self._title)
            self.setAccessibleDescription(self.series.words)
        if self.plot is None:
            return
        most = 0.0
        for at, curve in enumerate(self._curves):
            minutes_ago, values = self.series.lines[at] if at < len(self.series.lines) else ((), ())
            symbol = "o" if self.series.dots else None
            curve.setData(list(minutes_ago), list(values), symbol=symbol, antialias=True)
            most = max(most, *values, 0.0) if values else most
        every = TICKS[minutes]
        ticks = [(-ago, tr("{n} min", n=ago)) for ago in range(minutes, 0, -every)]
        self.plot.getAxis("bottom").setTicks([[*ticks, (0, tr("now"))]])
        self.plot.setXRange(-minutes, 0, padding=0.06)
        top = self._top or max(1.0, most * 1.1)
        self.plot.getAxis("left").setTicks([heights(top, whole=self._whole)])
        self.plot.setYRange(0, top, padding=0.04)


def heights(top: float, *, whole: bool) -> list[tuple[float, str]]:
    """Return round values from 0 to `top`, at most six, each as it is written: all with the same decimals."""
    rough = max(top / 5, 1.0 if whole else 1e-3)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough)
    decimals = max(0, -math.floor(math.log10(step)))
    return [(at * step, number(at * step, decimals)) for at in range(int(top / step + 1e-9) + 1)]


async def _load() -> Any:
    """Import what draws: a third of a second, beside the window."""
    return await asyncio.to_thread(import_module, "pyqtgraph")

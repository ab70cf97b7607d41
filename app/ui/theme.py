"""Puts the colours and the style sheet on the window; follows the system unless set otherwise."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.tokens import ALL, CONTRAST_DARK, CONTRAST_LIGHT, DARK, LIGHT, Colours

_NAME, _ACCENT = "tangnet-colours", "tangnet-accent"
"""Properties of the application: the name of the colours in use, and the accent that is not their own."""
_SCALE, _WEIGHT = "tangnet-scale", "tangnet-weight"
"""Properties of a widget whose letters are not of the system's size."""
NO_ACCENT = "#308cc6"
"""What Qt gives for the accent where the system has none."""


_LINES = """
QPushButton, QToolButton, QPushButton[kind="toggle"], QPushButton[kind="plain"], QPushButton[kind="row"],
QToolButton[kind="icon"], QToolButton[kind="round"] {{ border: 1px solid {c.border}; }}
QPushButton:focus, QToolButton:focus {{ border: 3px solid {c.accent}; }}
QPushButton:hover, QToolButton:hover {{ background: {c.soft}; }}
QPushButton[kind="toggle"]:checked {{ border: 3px solid {c.border}; padding: 2px 10px; }}
QPushButton[kind="row"]:checked {{ border: 3px solid {c.border}; padding: 5px 8px; }}
QFrame[kind="mine"], QFrame[kind="notice"], QFrame[kind="error"], QFrame[kind="side"] {{
    border: 1px solid {c.border}; }}
QSplitter::handle {{ background: {c.border}; }}
"""
"""High contrast: a line around everything that can be used."""


class Theme(QObject):
    """The colours in use. `changed` comes after the application has taken new ones."""

    changed = Signal()

    def __init__(
        self,
        application: QApplication,
        choice: str = "system",
        *,
        dark: Callable[[], bool] | None = None,
        accent: Callable[[], str] | None = None,
    ) -> None:
        """`choice` as in `choose`; `dark` and `accent` tell what the system has, None asks Qt."""
        super().__init__(application)
        self._application = application
        self._dark = dark or (lambda: application.styleHints().colorScheme() == Qt.ColorScheme.Dark)
        # Our own palette names no accent, so that the system's shows through.
        self._accent = accent or (lambda: application.palette().color(QPalette.ColorRole.Accent).name())
        self._seen = self._accent()
        self._choice = choice
        self._follows_accent = True
        self.colours = LIGHT
        application.styleHints().colorSchemeChanged.connect(self._apply)
        application.styleHints().accessibility().contrastPreferenceChanged.connect(self._apply)
        self._dressed = False
        self._apply()

    def dress(self) -> None:
        """Put the style sheet on. After the window is built: each widget is then styled once and not at every step."""
        self._dressed = True
        self._application.setStyleSheet(style_sheet(self.colours))

    def choose(self, choice: str, *, accent: bool = True) -> None:
        """Take "system", "light", "dark" or "contrast"; `accent`: with the system's accent where it has one."""
        if (choice, accent) != (self._choice, self._follows_accent):
            self._choice, self._follows_accent = choice, accent
            self._apply()

    def notice(self, event: QEvent) -> None:
        """Take what the window is told of the system: another accent, letters of another size."""
        if event.type() == QEvent.Type.PaletteChange:
            accent = self._accent()
            if accent != self._seen:  # all else in the palette comes from here
                self._seen = accent
                self._apply()
        elif event.type() == QEvent.Type.FontChange:
            for widget in self._application.allWidgets():
                factor, weight = widget.property(_SCALE), widget.property(_WEIGHT)
                if factor is not None:
                    sized(widget, float(factor), None if weight is None else QFont.Weight(weight))

    def _wanted(self) -> Colours:
        dark = self._dark()
        if self._choice in ("light", "dark"):
            dark = self._choice == "dark"
        if strong(self._application) or self._choice == "contrast":
            return CONTRAST_DARK if dark else CONTRAST_LIGHT
        base = DARK if dark else LIGHT
        accent = self._accent() if self._follows_accent else ""
        return _coloured(base, "" if accent == NO_ACCENT else accent)

    def _apply(self) -> None:
        wanted = self._wanted()
        if wanted == self.colours and self._application.property(_NAME) == wanted.name:
            return
        self.colours = wanted
        self._application.setProperty(_NAME, wanted.name)
        own = ALL[wanted.name].accent
        self._application.setProperty(_ACCENT, "" if wanted.accent == own else wanted.accent)
        self._application.setPalette(palette(self.colours))
        if self._dressed:
            self._application.setStyleSheet(style_sheet(self.colours))
        self.changed.emit()


def strong(application: QApplication) -> bool:
    """Whether the system is asked for high contrast."""
    hints = application.styleHints()  # held: with it goes what it gave, in PySide 6.11
    return hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast


def palette(colours: Colours) -> QPalette:
    """Return the Qt palette of `colours`, for everything that the style sheet does not name."""
    made = QPalette()
    role = QPalette.ColorRole
    for which, value in (
        (role.Window, colours.ground),
        (role.WindowText, colours.text),
        (role.Base, colours.surface),
        (role.AlternateBase, colours.side),
        (role.Text, colours.text),
        (role.Button, colours.raised),
        (role.ButtonText, colours.text),
        (role.ToolTipBase, colours.surface),
        (role.ToolTipText, colours.text),
        (role.Highlight, colours.accent),
        (role.HighlightedText, colours.on_accent),
        (role.Link, colours.accent),
        (role.LinkVisited, colours.accent),
        (role.PlaceholderText, colours.muted),
        (role.Mid, colours.border),
    ):
        made.setColor(which, QColor(value))
    for which in (role.Text, role.WindowText, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(colours.muted))
    return made


def current() -> Colours:
    """Return the colours in use: a widget's own palette cannot tell, the style sheet changes it."""
    application = QApplication.instance()
    if application is None:
        return LIGHT
    return _coloured(ALL.get(str(application.property(_NAME)), LIGHT), str(application.property(_ACCENT) or ""))


def _coloured(base: Colours, accent: str) -> Colours:
    if not accent:
        return base
    from app.ui.accents import with_accent

    return with_accent(base, accent)


def sized(widget: QWidget, factor: float, weight: QFont.Weight | None = None) -> None:
    """Give `widget` the application's font at `factor` of its size, now and when that changes."""
    widget.setProperty(_SCALE, factor)
    if weight is not None:
        widget.setProperty(_WEIGHT, weight.value)
    font = QFont(QApplication.font())
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * factor)
    else:
        font.setPixelSize(round(font.pixelSize() * factor))
    if weight is not None:
        font.setWeight(weight)
    widget.setFont(font)


def style_sheet(c: Colours) -> str:
    """Return the application's style sheet in the colours `c`. Widgets are told apart by their `kind` property."""
    lines = _LINES.format(c=c) if c.name.startswith("contrast") else ""
    return f"""
QToolTip {{ background: {c.surface}; color: {c.text}; border: 1px solid {c.border}; padding: 6px; }}
QMainWindow, QDialog {{ background: {c.ground}; }}
QFrame[kind="side"] {{ background: {c.side}; border: none; }}
QFrame[kind="sideright"] {{ background: {c.side}; border: none; border-left: 1px solid {c.border}; }}
QFrame[kind="card"] {{ background: {c.surface}; border: 1px solid {c.border}; border-radius: 14px; }}
QFrame[kind="field"] {{ background: {c.surface}; border: 1px solid {c.border}; border-radius: 18px; }}
QFrame[kind="field"][focused="true"] {{ border: 2px solid {c.accent}; }}
QFrame[kind="mine"] {{ background: {c.soft}; border: none; border-radius: 16px; border-bottom-right-radius: 4px; }}
QFrame[kind="attachment"] {{ background: {c.ground}; border: 1px solid {c.border}; border-radius: 10px; }}
QFrame[kind="zone"] {{ background: {c.surface}; border: 2px dashed {c.border}; border-radius: 18px; }}
QFrame[kind="zone"][state="here"] {{ background: {c.soft}; border: 2px solid {c.accent}; }}
QFrame[kind="zone"][state="here"] QLabel {{ color: {c.on_soft}; }}
QFrame[kind="curtain"] {{ background: {c.ground}; border: none; }}
QFrame[kind="notice"] {{ background: {c.notice}; border: none; border-radius: 10px; }}
QFrame[kind="notice"] QLabel {{ color: {c.on_notice}; }}
QFrame[kind="error"] {{ background: {c.error}; border: none; border-radius: 10px; }}
QFrame[kind="error"] QLabel {{ color: {c.on_error}; }}
QFrame[kind="bar"] {{ background: {c.text}; border: none; border-radius: 12px; }}
QFrame[kind="bar"] QLabel {{ color: {c.ground}; }}
QFrame[kind="bar"] QPushButton {{ background: transparent; border: none; color: {c.ground}; font-weight: 600;
    text-decoration: underline; }}
QLabel {{ background: transparent; }}
QLabel[tone="muted"] {{ color: {c.muted}; }}
QLabel[tone="accent"] {{ color: {c.accent}; }}
QLabel[tone="error"] {{ color: {c.on_error}; }}
QLabel[kind="chip"] {{ background: {c.notice}; color: {c.on_notice}; border-radius: 9px; padding: 3px 10px; }}
QTextBrowser, QPlainTextEdit {{ background: transparent; border: none; selection-background-color: {c.accent};
    selection-color: {c.on_accent}; }}
QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox {{ background: {c.surface}; border: 1px solid {c.border};
    border-radius: 9px; padding: 7px 10px; selection-background-color: {c.accent};
    selection-color: {c.on_accent}; }}
QPlainTextEdit[kind="input"] {{ background: {c.surface}; border: 1px solid {c.border}; border-radius: 9px;
    padding: 4px 6px; }}
QPlainTextEdit[kind="input"]:focus {{ border: 2px solid {c.accent}; padding: 3px 5px; }}
QPlainTextEdit[kind="quote"] {{ background: {c.ground}; border: 1px solid {c.border}; border-radius: 10px;
    padding: 4px 8px; }}
QPlainTextEdit[kind="quote"]:focus {{ border: 2px solid {c.accent}; padding: 3px 7px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus {{ border: 2px solid {c.accent};
    padding: 6px 9px; }}
QComboBox::drop-down {{ border: none; width: 24px; }}
QComboBox QAbstractItemView {{ background: {c.surface}; border: 1px solid {c.border}; padding: 4px;
    selection-background-color: {c.soft}; selection-color: {c.on_soft}; }}
QPushButton, QToolButton {{ background: {c.raised}; color: {c.text}; border: 1px solid transparent;
    border-radius: 9px; padding: 7px 14px; }}
QPushButton:hover, QToolButton:hover {{ border-color: {c.border}; background: {c.border}; }}
QPushButton:focus, QToolButton:focus {{ border: 2px solid {c.accent}; padding: 6px 13px; }}
QPushButton:disabled, QToolButton:disabled {{ color: {c.muted}; }}
QPushButton[kind="primary"] {{ background: {c.accent}; color: {c.on_accent}; font-weight: 600; }}
QPushButton[kind="primary"]:hover {{ background: {c.accent_hover}; }}
QPushButton[kind="primary"]:focus {{ border: 2px solid {c.text}; }}
QPushButton[kind="primary"]:disabled {{ background: {c.raised}; color: {c.muted}; }}
QPushButton[kind="plain"], QToolButton[kind="plain"] {{ background: transparent; padding: 6px 10px; }}
QPushButton[kind="plain"]:hover, QToolButton[kind="plain"]:hover {{ background: {c.raised}; }}
QPushButton[kind="plain"]:focus, QToolButton[kind="plain"]:focus {{ border: 2px solid {c.accent};
    padding: 5px 9px; }}
QPushButton[kind="row"] {{ background: transparent; text-align: left; padding: 7px 10px; }}
QPushButton[kind="row"]:hover {{ background: {c.raised}; }}
QPushButton[kind="row"]:checked {{ background: {c.soft}; color: {c.on_soft}; }}
QPushButton[kind="source"] {{ background: {c.ground}; border: 1px solid {c.border}; text-align: left;
    padding: 7px 12px; border-radius: 10px; }}
QPushButton[kind="source"]:hover {{ border-color: {c.accent}; }}
QPushButton[kind="source"]:focus {{ border: 2px solid {c.accent}; padding: 6px 11px; }}
QPushButton[kind="big"] {{ background: {c.surface}; border: 1px solid {c.border}; border-radius: 16px; }}
QPushButton[kind="big"]:hover {{ border-color: {c.accent}; background: {c.surface}; }}
QPushButton[kind="big"]:focus {{ border: 2px solid {c.accent}; }}
QPushButton[kind="pill"] {{ background: {c.surface}; border: 1px solid {c.border}; border-radius: 13px;
    padding: 5px 14px 5px 26px; }}
QPushButton[kind="pill"]:hover {{ border-color: {c.accent}; }}
QPushButton[kind="pill"]:focus {{ border: 2px solid {c.accent}; padding: 4px 13px 4px 25px; }}
QPushButton[kind="toggle"] {{ background: transparent; border: 1px solid {c.border}; border-radius: 12px;
    padding: 4px 12px; color: {c.muted}; }}
QPushButton[kind="toggle"]:checked {{ background: {c.soft}; color: {c.on_soft}; border-color: transparent; }}
QPushButton[kind="toggle"]:disabled {{ background: transparent; color: {c.muted}; border: 1px dashed {c.border}; }}
QPushButton[kind="toggle"]:focus {{ border: 2px solid {c.accent}; padding: 3px 11px; }}
QToolButton[kind="icon"] {{ background: transparent; padding: 0; }}
QToolButton[kind="icon"]:hover {{ background: {c.raised}; }}
QToolButton[kind="icon"]:focus {{ border: 2px solid {c.accent}; padding: 0; }}
QToolButton[kind="round"] {{ border-radius: 18px; padding: 0; background: {c.raised}; }}
QToolButton[kind="round"]:focus {{ border: 2px solid {c.accent}; padding: 0; }}
QToolButton[kind="round"][state="go"] {{ background: {c.accent}; }}
QToolButton[kind="round"][state="go"]:hover {{ background: {c.accent_hover}; }}
QToolButton[kind="round"][state="go"]:focus {{ border: 2px solid {c.text}; }}
QToolButton[kind="mark"] {{ background: transparent; padding: 4px 1px 4px 8px; border-radius: 12px;
    color: {c.muted}; }}
QToolButton[kind="mark"]:hover {{ background: {c.raised}; }}
QToolButton[kind="mark"]:focus {{ border: 2px solid {c.accent}; padding: 3px 0 3px 7px; }}
QToolButton[kind="mark"][state="wrong"] {{ background: {c.notice}; color: {c.on_notice}; }}
QToolButton[kind="mark"][state="awake"] {{ background: {c.soft}; color: {c.on_soft}; }}
QListView {{ background: transparent; border: none; outline: none; }}
QListView:focus {{ border: none; }}
QTableView {{ background: transparent; border: none; outline: none; selection-background-color: transparent; }}
QTableView::item, QTableView::item:selected, QTableView::item:focus {{ background: transparent; border: none; }}
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{ background: transparent; color: {c.muted}; border: none; border-bottom: 1px solid {c.border};
    padding: 6px 8px; }}
QHeaderView::section:hover {{ color: {c.text}; }}
QFrame[kind="line"] {{ background: {c.border}; border: none; }}
QPlainTextEdit[kind="lines"] {{ background: {c.surface}; border: 1px solid {c.border}; border-radius: 9px;
    padding: 4px 6px; }}
QPlainTextEdit[kind="lines"]:focus {{ border: 2px solid {c.accent}; padding: 3px 5px; }}
QScrollArea {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 2px; }}
QScrollBar::handle:vertical {{ background: {c.border}; border-radius: 3px; min-height: 36px; }}
QScrollBar::handle:vertical:hover {{ background: {c.muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 2px; }}
QScrollBar::handle:horizontal {{ background: {c.border}; border-radius: 3px; min-width: 36px; }}
QProgressBar {{ background: {c.raised}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }}
QProgressBar::chunk {{ background: {c.accent}; border-radius: 3px; }}
QSplitter::handle {{ background: {c.border}; }}
QSplitter[kind="quiet"]::handle {{ background: transparent; }}
QMenu {{ background: {c.surface}; border: 1px solid {c.border}; border-radius: 10px; padding: 6px; }}
QMenu::item {{ padding: 7px 22px 7px 14px; border-radius: 7px; }}
QMenu::item:selected {{ background: {c.soft}; color: {c.on_soft}; }}
{lines}"""

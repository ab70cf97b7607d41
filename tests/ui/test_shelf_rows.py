"""How a chosen document looks: one shape over all columns."""

from __future__ import annotations

from PySide6.QtGui import QColor, QImage

from app.ui import theme
from tests.ui.conftest import Scene
from tests.ui.stage import DOCUMENTS, Stage, furnish


def test_a_chosen_row_is_one_shape(scene: Scene) -> None:
    furnish(scene.runtime)
    scene.window.resize(1180, 780)
    scene.attach()
    Stage(scene.window, scene.runtime, lambda done: scene.until(done, 60)).show("library")
    view = scene.window.documents.view
    view.choose([DOCUMENTS[0].path], DOCUMENTS[0].path)
    model = view.model()
    cells = [model.index(view.currentIndex().row(), at) for at in range(model.columnCount())]
    cells = [cell for cell in cells if not view.isColumnHidden(cell.column())]
    assert len(cells) > 2
    first, last = view.visualRect(cells[0]), view.visualRect(cells[-1])
    shown = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    y = first.bottom() - 4  # below all words
    soft = QColor(theme.current().soft).rgb()
    across = [shown.pixel(x, y) == soft for x in range(first.right() - 40, last.right() - 12)]
    assert all(across), f"a gap at {across.index(False)}"

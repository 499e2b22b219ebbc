"""What the tests of exports begin with: a race that is over, and a panel that shows what it learned."""

import numpy as np
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from cnnstudio.ui.panels._panel import all_panels
from cnnstudio.ui.view_export import Page

KEPT = (0, 1, 2, 4, 8, 16, 24, 32, 40)


def race(rig):
    rig.studio.set_picture(np.zeros((1, 28, 28), np.uint8))
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    return rig


def weights_panel(raced, qtbot):
    made = all_panels()["weights"].make(raced.studio)
    qtbot.addWidget(made)
    made.resize(744, 572)
    made.show()
    for _ in range(3):
        raced.drain()
        QApplication.processEvents()
    yield made
    for timer in made.findChildren(type(made._pacer)):
        timer.stop()


def page(panel):
    return Page(panel, panel.studio, panel.INFO.title, (panel.export_button,))


def looks(window):
    """Where everything that is seen of a window is, and how far it is scrolled."""
    areas = window.findChildren(QScrollArea)
    bars = [bar for area in areas for bar in (area.horizontalScrollBar(), area.verticalScrollBar())]
    seen = [part for part in window.findChildren(QWidget) if part.isVisible()]
    return (
        [(part.geometry().getRect(), part.minimumSize()) for part in seen],
        [(bar.value(), bar.minimum(), bar.maximum(), bar.isVisible()) for bar in bars],
        window.geometry().getRect(),
    )


def until_written(panel, raced, qtbot, path):
    panel.view_menu.save(path)
    recorder, ends = panel.view_menu.recorder, []
    for signal in (recorder.written, recorder.failed, recorder.cancelled):
        signal.connect(lambda what=None: ends.append(what))

    def over():
        raced.drain()
        return bool(ends)

    qtbot.waitUntil(over, timeout=20_000)
    return ends[0]

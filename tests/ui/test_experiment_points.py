"""Points that are not joined: the results of single seeds."""

import pytest
from PySide6.QtGui import QImage

from cnnstudio.core.experiment import Chart, Series
from cnnstudio.ui.theme import LIGHT
from cnnstudio.ui.widgets._experiment_axes import end_text
from cnnstudio.ui.widgets.experiment_chart import ExperimentChart

SHARES = (0.9, 0.5, 0.7)
LINE = Series("CNN", (0.0, 1.0, 2.0), SHARES, SHARES, SHARES, (1, 1, 1), "lenet5", "cnn")
BLUE = "#0072B2"


def drawn(qtbot, joined):
    made = ExperimentChart(LIGHT)
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.set_chart(Chart("seeds", "A title", "lines", "seed", "test accuracy", (LINE,), joined=joined))
    made.show()
    image = QImage(made.size(), QImage.Format.Format_RGB32)
    made.render(image)
    return made.plot(), image


def blue(image, x, y):
    near = [(round(x), round(y) + more) for more in (-1, 0, 1)]
    return any(image.pixelColor(*place).name().upper() == BLUE for place in near)


@pytest.mark.parametrize("joined", [True, False])
def test_only_points_that_belong_together_are_joined(qtbot, joined):
    plot, image = drawn(qtbot, joined)
    for x, share in zip(LINE.x, SHARES, strict=True):
        at = plot.axes.point(x, share)
        assert blue(image, at.x(), at.y())
    between = plot.axes.point(0.5, 0.7)
    assert blue(image, between.x(), between.y()) == joined


def test_the_mean_stands_at_the_end_of_points_that_are_not_joined(qtbot):
    plot, _ = drawn(qtbot, False)
    assert end_text(plot.chart, LINE) == "mean 70.0 %"
    assert [end.text for end in plot.ends] == ["CNN mean 70.0 %"]
    assert end_text(drawn(qtbot, True)[0].chart, LINE) == "70.0 %"


def test_a_mark_under_another_ones_keeps_a_rim(qtbot):
    lower = Series("MLP", LINE.x, (0.9, 0.3, 0.2), SHARES, SHARES, (1, 1, 1), "mlp", "mlp")
    made = ExperimentChart(LIGHT)
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.set_chart(Chart("main", "A title", "lines", "jitter", "accuracy", (lower, LINE), joined=False))
    made.show()
    image = QImage(made.size(), QImage.Format.Format_RGB32)
    made.render(image)
    plot = made.plot()
    hues = {plot.colour(line).name() for line in (lower, LINE)}
    shared, alone = plot.axes.point(0.0, 0.9), plot.axes.point(2.0, 0.7)
    for at, seen in ((shared, hues), (alone, {plot.colour(LINE).name()})):
        around = range(-8, 9)
        found = {image.pixelColor(round(at.x()) + x, round(at.y()) + y).name() for x in around for y in around}
        assert found & hues == seen

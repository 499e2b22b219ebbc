"""The convolution panel: every number it shows, and every way to change it."""

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from cnnstudio.core import convolution
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.kernels import PRESETS
from cnnstudio.core.questions import FirstLayers, LayerWeights
from cnnstudio.ui.demo import three
from cnnstudio.ui.panels.convolution import ConvolutionPanel
from cnnstudio.ui.theme import DARK, LIGHT, PROJECTOR, apply
from cnnstudio.ui.widgets import _convolution_state as states
from tests.ui.pointer import drag_to

SIZES = [(744, 572), (840, 740), (652, 520)]


@pytest.fixture
def panel(rig, qtbot):
    rig.studio.set_picture(three())
    made = ConvolutionPanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(840, 740)
    made.show()
    rig.drain()
    return made


def turn(panel, **values):
    for name, value in values.items():
        panel._on_knob((name, value))


def choose(panel, qtbot, name, text):
    """Types into a field of the forms."""
    fields = panel.setup.geometry_form.fields | panel.setup.more_form.fields
    field = fields[name].field
    assert isinstance(field, QLineEdit)
    field.clear()
    qtbot.keyClicks(field, text)
    return fields[name]


def middle(picture, row, column):
    return picture.cell_rect(row, column).center().toPoint()


def output(panel):
    return panel._sheet.out


@pytest.mark.parametrize("kind", ["standard", "depthwise", "pointwise", "transposed"])
@pytest.mark.parametrize("tint", [False, True])
@pytest.mark.parametrize("flip", [False, True])
def test_the_large_number_is_the_output_pixel(panel, kind, tint, flip):
    turn(panel, tint=tint, kind=kind, flip=flip, activation="leaky_relu")
    turn(panel, padding="valid", stride=2) if kind == "transposed" else turn(panel, bias=0.125)
    rows, columns = panel._sheet.out.shape[1:]
    for place in ((0, 0), (rows // 2, columns // 3), (rows - 1, columns - 1)):
        panel._go(*place)
        told = panel.figure._told
        channel = panel._out_channel
        assert told.total == output(panel)[channel][place]
        shown = float(panel._sheet.shown[channel][place])
        assert shown == (told.total if told.total > 0 else 0.01 * told.total)
        assert panel.figure.sum.toolTip() == f"Exactly {shown!r}"
        grids = panel.figure.rows.rows
        for row, part in enumerate(told.channels[: len(panel.figure.rows.seen)]):
            patch, kernel, products = (grid.values for grid in grids[row])
            assert (patch * kernel == products).all(), part


def test_the_large_number_is_the_sum_shown_even_where_the_output_was_made_faster(panel, monkeypatch):
    def roughly(laid, kernel, step, dilation, out):
        correlate(laid, kernel, step, dilation, out)
        out += 1e-9

    correlate = convolution.correlate_banded
    monkeypatch.setattr(convolution, "LARGE_WORK", 0)
    monkeypatch.setattr(convolution, "correlate_banded", roughly)
    turn(panel, tint=True, size=5, activation="tanh", bias=0.1)
    panel._take_own(np.random.default_rng(0).normal(size=(3, 5, 5)))
    panel._compute()
    panel._go(14, 9)
    total = panel.figure._told.total
    assert output(panel)[0, 14, 9] == pytest.approx(total + 1e-9, rel=0, abs=1e-13)
    assert panel.figure.sum.toolTip() == f"Exactly {float(np.tanh(total))!r}"


@pytest.mark.parametrize("kind", ["standard", "transposed"])
@pytest.mark.parametrize("tint", [False, True])
def test_the_picture_is_drawn_as_it_is_laid_out_with_its_padding_faded(panel, kind, tint):
    turn(panel, tint=tint, kind=kind, padding="number", padding_px=1, mode="reflect", size=4, stride=2)
    colours, sheet = panel.figure.picture.colours, panel._sheet
    grey = np.round(np.moveaxis(np.broadcast_to(sheet.laid, (3, *sheet.laid.shape[1:])), 0, -1) * 255)
    inside = np.s_[1:-1, 1:-1] if kind == "standard" else np.s_[2::2, 2::2]
    assert (colours[inside] == grey[inside])[:27, :27].all()
    paper = LIGHT.colour("chip")
    mixed = (grey[0] * 0.55 + np.array([paper.red(), paper.green(), paper.blue()]) * 0.45).astype(np.uint8)
    assert (colours[0] == mixed).all()


def test_the_output_is_what_pytorch_computes(panel):
    panel._on_kernel("gabor")
    turn(panel, angle=40, stride=2, padding="number", padding_px=3, mode="reflect", dilation=2, bias=0.5)
    kernel = torch.from_numpy(PRESETS["gabor"].kernel(7, 40))[None, None]
    picture = torch.nn.functional.pad(torch.from_numpy(three() / 255.0)[None], (3, 3, 3, 3), mode="reflect")
    wanted = torch.nn.functional.conv2d(picture, kernel, stride=2, dilation=2)[0].numpy() + 0.5
    np.testing.assert_allclose(output(panel), wanted, atol=1e-12)
    assert panel.figure.formula.text().replace("\n", " ").endswith(f"= {wanted.shape[1]}")


def test_buttons_and_keys_move_the_window(panel, qtbot):
    panel._go(5, 5)
    picture, result = panel.figure.picture, panel.figure.output
    for key, place in (
        (Qt.Key.Key_Right, (5, 6)), (Qt.Key.Key_Down, (6, 6)), (Qt.Key.Key_Left, (6, 5)), (Qt.Key.Key_Up, (5, 5)),
        (Qt.Key.Key_End, (27, 27)), (Qt.Key.Key_Right, (27, 27)), (Qt.Key.Key_Home, (0, 0)),
    ):  # fmt: skip
        qtbot.keyClick(picture, key)
        assert panel.place == place
        assert result.window_area == (*place, 1, 1)
        assert picture.window_area == (*place, 3, 3)
    for button, place in ((panel.bar.forward, (0, 1)), (panel.bar.last, (27, 27)), (panel.bar.back, (27, 26))):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert panel.place == place


def test_sliding_goes_row_by_row_and_stops_for_the_student(panel, qtbot):
    panel._go(0, 26)
    panel.bar.set_speed(64)
    qtbot.keyClick(panel.figure.output, Qt.Key.Key_Space)
    assert panel.bar.playing
    panel.bar._tick()
    assert panel.place == (1, 0)
    qtbot.mouseClick(panel.figure.output, Qt.MouseButton.LeftButton, pos=middle(panel.figure.output, 9, 4))
    assert not panel.bar.playing
    assert panel.place == (9, 4)


def test_a_click_jumps_and_a_drag_follows(panel, qtbot):
    result, picture = panel.figure.output, panel.figure.picture
    qtbot.mousePress(result, Qt.MouseButton.LeftButton, pos=middle(result, 7, 17))
    assert panel.place == (7, 17)
    drag_to(result, middle(result, 8, 18))
    assert panel.place == (8, 18)
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=middle(picture, 4, 21))
    assert panel.place == (3, 20), "the padding of one is before the picture; the window's middle comes to the pointer"


def test_every_stroke_is_followed_and_nothing_while_hidden(rig, panel):
    before = output(panel).copy()
    rig.studio.set_picture(three()[:, ::-1])
    assert not (output(panel) == before).all()
    panel.hide()
    sheet = panel._sheet
    rig.studio.set_picture(three())
    turn(panel, stride=2, padding="valid")
    assert panel._sheet is sheet, "what is hidden is not computed"
    panel.show()
    assert output(panel).shape == (1, 13, 13)


def test_a_kernel_is_typed_and_drawn(panel, qtbot):
    kernel = panel.figure.rows.rows[0][1]
    qtbot.mouseClick(kernel, Qt.MouseButton.LeftButton, pos=middle(kernel, 1, 1))
    qtbot.keyClicks(kernel, "7")
    qtbot.keyClick(kernel._editor, Qt.Key.Key_Return)
    assert panel.state.kernel == "own"
    assert panel.setup.kernel.text() == "Your own"
    assert panel.state.own[0].tolist() == [[-1, 0, 1], [-2, 7, 2], [-1, 0, 1]]
    qtbot.mousePress(kernel, Qt.MouseButton.RightButton, pos=middle(kernel, 0, 0))
    drag_to(kernel, middle(kernel, 0, 1), Qt.MouseButton.RightButton)
    qtbot.mouseRelease(kernel, Qt.MouseButton.RightButton, pos=middle(kernel, 0, 1))
    assert panel.state.own[0, 0].tolist() == [-1, -1, 1]
    assert panel.figure._told.total == output(panel)[0][panel.place]


def test_a_turned_kernel_is_edited_where_it_lies(panel, qtbot):
    turn(panel, flip=True)
    kernel = panel.figure.rows.rows[0][1]
    assert panel.figure.rows.kernel_word.text() == "Kernel, turned"
    qtbot.mouseClick(kernel, Qt.MouseButton.LeftButton, pos=middle(kernel, 0, 0))
    qtbot.keyClick(kernel, Qt.Key.Key_Delete)
    assert kernel.values[0, 0] == 0
    assert panel.state.own[0, 2, 2] == 0


def test_text_in_a_number_cell_is_told(panel, qtbot):
    kernel = panel.figure.rows.rows[0][1]
    qtbot.mouseDClick(kernel, Qt.MouseButton.LeftButton, pos=middle(kernel, 1, 1))
    qtbot.keyClicks(kernel._editor, "x")
    assert "'x' is not a number" in panel.figure.hint.text()
    qtbot.keyClick(kernel._editor, Qt.Key.Key_Escape)
    assert "not a number" not in panel.figure.hint.text()
    assert panel.state.kernel == "sobel_x"


def test_what_cannot_be_is_said_where_it_happens(panel, qtbot):
    field = choose(panel, qtbot, "stride", "0")
    assert "stride of 0" in field.problem.text()
    assert "stride of 0" in panel.figure.problem.text()
    assert not panel.bar.isEnabled()
    assert not panel.figure.rows.isVisible()
    choose(panel, qtbot, "stride", "1")
    assert field.problem.text() == ""
    assert panel.bar.isEnabled()
    assert panel.figure.rows.isVisible()
    turn(panel, as_seen=False, picture_px=5, padding="valid", size=9)
    assert "larger than the picture of 5 px" in panel.figure.problem.text()
    turn(panel, size=3, dilation=4)
    assert "leaves the picture" in panel.figure.problem.text()
    turn(panel, dilation=1, padding="number", padding_px=5, mode="reflect")
    assert "at least 6 pixels" in panel.figure.problem.text()
    turn(panel, mode="zero")
    assert "nothing of the picture" in panel.note.text()
    turn(panel, padding="same", size=4)
    assert "no middle" in panel.note.text()


def test_kernels_of_zeros_and_of_no_numbers(panel):
    panel.state.own, panel.state.kernel = np.zeros((1, 3, 3)), "own"
    panel.sync()
    assert "only the bias is left" in panel.note.text()
    panel.state.own = np.full((1, 3, 3), np.nan)
    panel.sync()
    assert "9 of the kernel's 9 weights are not a finite number" in panel.figure.problem.text()


@pytest.mark.parametrize("side", [5, 13, 224, 512])
def test_picture_sizes(panel, qtbot, side):
    turn(panel, as_seen=False, tint=True)
    choose(panel, qtbot, "picture_px", str(side))
    assert output(panel).shape == (1, side, side)
    panel._go(side - 1, side // 2)
    panel.grab()
    assert panel.figure._told.total == output(panel)[0][panel.place]


def test_channels_stand_above_each_other_or_behind_a_click(panel, qtbot):
    turn(panel, tint=True)
    assert panel.figure.rows.seen == (0, 1, 2)
    assert "red" in panel.figure.sum.text
    told = panel.figure._told
    assert told.sum == (told.sums[0] + told.sums[1]) + told.sums[2]
    panel.resize(744, 572)
    QApplication.processEvents()
    assert panel.figure.rows.seen == (0,)
    qtbot.mouseClick(panel.figure.rows.channels.button(2), Qt.MouseButton.LeftButton)
    assert panel.figure.rows.seen == (2,)
    turn(panel, kind="depthwise")
    qtbot.mouseClick(panel.figure.rows.channels.button(1), Qt.MouseButton.LeftButton)
    assert panel.figure._told.channels == (1,)
    assert panel.figure._told.total == output(panel)[1][panel.place]


def test_pointing_at_a_cell_says_its_product_and_the_sum_so_far(panel, qtbot):
    panel._go(7, 17)
    patch = panel.figure.rows.rows[0][0]
    qtbot.mouseMove(patch, middle(patch, 1, 2))
    told = panel.figure._told
    assert "pixel at row 7, column 18: " in panel.figure.hint.text()
    assert f"the sum so far is {told.running[0, 1, 2]:.3f}" in panel.figure.hint.text()
    qtbot.mouseClick(panel.figure.rows.running, Qt.MouseButton.LeftButton)
    assert (panel.figure.rows.rows[0][2].values == told.running[0]).all()


def learned(step=None, channels=1, kind="kernels"):
    kernels = np.random.default_rng(0 if step is None else step).normal(size=(6, channels, 5, 5)).astype(np.float32)
    biases = np.linspace(-1, 1, 6).astype(np.float32)
    return LayerWeights("lenet5", "LeNet-5", "cnn", step, "run", kind, "conv 5 x 5", kernels, 6, biases, (0.13, 0.31))


def test_a_learned_kernel_comes_with_its_layer_and_follows_the_moment(rig, panel, qtbot):
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    rig.engine.answers[FirstLayers] = lambda question: (learned(question.step),)
    panel.sync()
    rig.drain()
    mosaic = panel.setup.kernels._learned[0][0]
    qtbot.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=mosaic.tile_rect(2).center())
    assert panel.setup.kernel.text() == "CNN · kernel 3"
    assert panel.state.setting == states.Convolution(5, 1, 2)
    assert panel.state.values["activation"] == "relu"
    weights = torch.from_numpy(learned().kernels[2].astype(np.float64))
    given = torch.from_numpy((three() / 255.0 - 0.13) / 0.31)
    wanted = torch.nn.functional.conv2d(given[None], weights[None], padding=2)[0].numpy() + learned().biases[2]
    np.testing.assert_allclose(output(panel), wanted, atol=1e-9)
    before = output(panel).copy()
    rig.studio.set_moment(8)
    rig.drain()
    assert not np.allclose(output(panel), before)
    assert panel.state.learned.tolist() == learned(8).kernels[2].astype(np.float64).tolist()
    assert ("convolution kernels", 8) in [(slot, question.step) for _, question, slot in rig.engine.asked]


def test_an_edited_learned_kernel_is_ones_own(rig, panel, qtbot):
    rig.engine.answers[FirstLayers] = lambda question: (learned(),)
    panel.sync()
    rig.drain()
    panel._on_kernel(states.learned_key("lenet5", 0))
    kernel = panel.figure.rows.rows[0][1]
    qtbot.mouseClick(kernel, Qt.MouseButton.LeftButton, pos=middle(kernel, 0, 0))
    qtbot.keyClick(kernel, Qt.Key.Key_Delete)
    assert panel.state.kernel == "own"
    assert panel.state.own[0, 4, 4] == pytest.approx(float(learned().kernels[0, 0, 4, 4]))
    assert panel.state.scaling == (0.0, 1.0)


def test_no_kernel_to_take_is_a_sentence(rig, panel):
    rig.engine.answers[FirstLayers] = lambda question: (learned(kind="templates"),)
    panel.sync()
    rig.drain()
    assert "no convolution comes first" in panel.setup.kernels.word.text()
    panel._on_kernel(states.learned_key("lenet5", 0))
    assert "not known yet" in panel.figure.problem.text()
    rig.engine.answers[FirstLayers] = lambda question: ErrorReport("That moment is no longer kept.")
    rig.studio.set_moment(None)
    panel.sync()
    rig.drain()
    assert panel.figure.problem.text() == "That moment is no longer kept."
    rig.engine.answers[FirstLayers] = lambda question: (learned(channels=3),)
    panel.sync()
    rig.drain()
    assert "reads 3 channels, and the picture has one channel" in panel.figure.problem.text()


def test_a_window_that_nobody_moved_begins_at_something_to_see(panel):
    assert abs(output(panel)[0][panel.place]) == np.abs(output(panel)).max() > 0


def test_without_a_picture_it_says_what_to_do(studio, qtbot):
    made = ConvolutionPanel(studio)
    qtbot.addWidget(made)
    made.show()
    assert "Draw a picture" in made.figure.problem.text()
    studio.set_picture(np.zeros((3, 32, 32), np.uint8))
    assert made._sheet is not None


@pytest.mark.parametrize("theme", [LIGHT, DARK, PROJECTOR], ids=lambda theme: theme.id)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("values", [{}, {"tint": True}, {"size": 11, "dilation": 2, "activation": "sigmoid"}], ids=str)
def test_nothing_is_cut_off(rig, qapp, qtbot, theme, size, values):
    apply(qapp, theme)
    rig.studio.set_theme(theme)
    rig.studio.set_picture(three())
    panel = ConvolutionPanel(rig.studio)
    qtbot.addWidget(panel)
    panel.restore({"values": values})
    panel.resize(*size)
    panel.show()
    for _ in range(3):
        QApplication.processEvents()
    assert panel.size().width() == size[0]
    assert panel.size().height() == size[1]
    parts = [panel.bar, panel.setup, panel.figure.picture, panel.figure.output, panel.figure.sum, panel.figure.place]
    parts += [grid for place in panel.figure.rows.seen for grid in panel.figure.rows.rows[place]]
    for part in parts:
        corner = part.mapTo(panel, part.rect().topLeft())
        assert panel.rect().contains(part.rect().translated(corner)), part.accessibleName()
    for grid in parts[6:]:
        assert grid.cell_px * grid.values.shape[0] <= grid.height()
    panel.grab()


def test_settings_come_back(rig, panel, qtbot):
    turn(panel, size=5, dilation=2, tint=True, activation="tanh")
    panel._on_edited((1, np.arange(25.0).reshape(5, 5)))
    panel._go(3, 4)
    panel.bar.set_speed(64)
    panel.figure.rows.set_running(True)
    other = ConvolutionPanel(rig.studio)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    other.show()
    assert other.settings() == panel.settings()
    assert (output(other) == output(panel)).all()
    for broken in ({"values": {"size": 99, "stride": "x"}, "own": [[1]], "kernel": 7, "place": [1], "channel": -1}, {}):
        other.restore(broken)
    assert other.settings() == panel.settings() | {"running": False}

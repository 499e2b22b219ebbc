"""The strip of a network: which columns it has, where they lie, what its colours and its tips say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from cnnstudio.core.inside import PICTURE, LayerMaps, ReadMaps, Unit
from cnnstudio.core.network import NetworkSpec
from cnnstudio.networks import all_networks, spec_for
from cnnstudio.ui.theme import LIGHT, THEMES, value_map, weight_map
from cnnstudio.ui.widgets._inside_colour import image_of, network_scales, scale_of, short
from cnnstudio.ui.widgets._inside_layout import Room, lay_out
from cnnstudio.ui.widgets._inside_paint import line_px, paint_verdict, room_for
from cnnstudio.ui.widgets._inside_plan import MOST_BOXES, MOST_OPEN, Box, Fork, Span, boxes_of, plan
from cnnstudio.ui.widgets._inside_words import flat_place, same_place
from cnnstudio.ui.widgets.layer_strip import LayerStrip, Spot
from tests.inside_answers import read_maps
from tests.networks import language_examples as examples

SHAPE = (1, 28, 28)
HUE = QColor("#0072B2")


def published(name: str) -> NetworkSpec:
    return NetworkSpec(name, name, (3, 64, 64), 1_000, getattr(examples, name)())


PUBLISHED = {name: published(name) for name in ("resnet18", "googlenet", "densenet121", "mobilenet_v2", "resnet50")}
SPECS = {key: spec_for(key, SHAPE, 10) for key in all_networks()} | PUBLISHED

every_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))


@every_spec
@pytest.mark.parametrize("every", [False, True])
def test_every_step_stands_in_exactly_one_column(spec, every):
    made = plan(spec, every)
    names = [name for box in made.boxes for name in box.names]
    assert sorted(names) == sorted([PICTURE, *(step.name for step in spec.steps())])
    shapes = dict(zip([PICTURE, *(step.name for step in spec.steps())], spec.shapes(), strict=True))
    assert all(box.shape == shapes[box.shown] for box in made.boxes)
    assert sum(box.weights for box in made.boxes) == spec.parameters
    assert made.boxes[-1].shape == (spec.classes,)


def test_lenet_has_a_column_for_each_layer_and_shows_what_comes_out_after_its_activation():
    made = plan(spec_for("lenet5", SHAPE, 10))
    assert [(box.title, box.extra) for box in made.boxes] == [
        ("picture", ""), ("conv 5 x 5", ""), ("max pool 2 x 2", "relu"), ("conv 5 x 5", ""),
        ("max pool 2 x 2", "relu"), ("linear", "relu"), ("linear", "relu"), ("linear", ""),
    ]  # fmt: skip
    assert made.boxes[4].names == ("2_max_pool", "2_relu", "2_flatten")
    assert made.boxes[4].shape == (16, 5, 5), "flattened maps are drawn as maps"
    assert len(plan(spec_for("lenet5", SHAPE, 10), every=True).boxes) == 13


def test_long_networks_are_folded_and_open_where_one_clicks():
    spec = PUBLISHED["resnet18"]
    folded = plan(spec)
    assert len(folded.boxes) <= MOST_BOXES
    path = "4_repeat.1.1_residual"
    assert path in [box.folded for box in folded.boxes]
    opened = plan(spec, False, frozenset({path}))
    span = next(node for node in opened.nodes if isinstance(node, Span) and node.path == "4_repeat")
    fork = span.nodes[0]
    assert isinstance(fork, Fork)
    body, shortcut = fork.lanes
    assert [box.title for box in body] == ["conv 3 x 3", "conv 3 x 3"]
    assert [box.title for box in shortcut] == ["conv 1 x 1"]
    assert (fork.join.title, fork.join.extra) == ("add", "relu")
    assert isinstance(span.nodes[1], Box)
    assert span.nodes[1].folded == "4_repeat.2.1_residual"


def test_an_identity_is_an_empty_lane():
    fork = next(
        node for span in plan(PUBLISHED["resnet18"], False, frozenset({"3_repeat.1.1_residual"})).nodes
        if isinstance(span, Span) for node in span.nodes if isinstance(node, Fork)
    )  # fmt: skip
    assert [len(lane) for lane in fork.lanes] == [2, 0]


@every_spec
@pytest.mark.parametrize("size", [(560, 130), (745, 260), (1600, 400)])
@pytest.mark.parametrize("opened", [False, True])
def test_columns_do_not_overlap_and_lie_inside(qapp, spec, size, opened):
    made = plan(spec)
    flips = frozenset(box.folded for box in made.boxes if box.folded)
    made = plan(spec, False, flips) if opened else made
    layout = lay_out(made, *size, room_for(LIGHT, made, size[1]))
    assert len(layout.placed) == len(made.boxes)
    for one, box in zip(layout.placed, made.boxes, strict=True):
        assert one.count == (1 if box.shown == PICTURE else min(box.shape[0], 64))
        assert one.area.left() >= 0
        assert one.area.right() <= layout.width
        assert one.area.bottom() <= layout.height + 1
        assert one.tile_at(one.tile_rect(one.count - 1).center()) == one.count - 1
    blocks = [one.block for one in layout.placed]
    for number, block in enumerate(blocks):
        assert not any(block.intersects(other) for other in blocks[number + 1 :])
    assert layout.verdict.left() > max(block.right() for block in blocks)


def test_lenet_fits_the_smallest_window(qapp):
    for theme in ("light", "dark"):
        made = plan(spec_for("lenet5", SHAPE, 10))
        layout = lay_out(made, 695, 230, room_for(THEMES[theme], made, 230))
        assert layout.width <= 695


@given(
    hnp.arrays(np.float32, (3, 4, 5), elements=st.floats(-4, 4, width=32)),
    st.booleans(),
)
def test_colours_are_the_theme_maps(values, each):
    layer = LayerMaps("1_conv", "conv", (3, 4, 5), values, float(values.min()), float(values.max()))
    scale = scale_of(layer.lowest, layer.highest)
    image = image_of(layer, scale, each)
    assert (image.width(), image.height()) == (5, 12)
    table = weight_map() if scale.signed else value_map()
    for number, one in enumerate(values):
        top = float(np.abs(one).max()) if each else scale.highest
        share = one / top if top > 0 else np.zeros_like(one)
        place = 127.5 + 127.5 * share if scale.signed else 255 * share
        for row, column in ((0, 0), (3, 4)):
            colour = np.array(image.pixelColor(column, number * 4 + row).getRgb()[:3], int)
            near = [table[min(max(int(place[row, column]) + step, 0), 255)].astype(int) for step in (-1, 0, 1)]
            assert min(np.abs(colour - entry).max() for entry in near) <= 1


def test_zero_is_white_and_nan_is_nothing():
    values = np.array([[[-1.0, 0.0, np.nan, 1.0]]], np.float32)
    layer = LayerMaps("1_conv", "conv", (1, 1, 4), values, -1.0, 1.0)
    image = image_of(layer, scale_of(-1, 1), each=False)
    colours = [image.pixelColor(x, 0).name() for x in range(4)]
    assert colours == ["#762a83", "#ffffff", "#ffffff", "#1b7837"]


def test_one_scale_for_a_network():
    def maps(name, low, high):
        return LayerMaps(name, name, (1, 1, 1), np.zeros((1, 1, 1), np.float32), low, high)

    scales = network_scales([maps(PICTURE, -9, 30), maps("a", -3, 1), maps("b", 0, 2)])
    assert (scales["a"].lowest, scales["a"].highest, scales["a"].signed) == (-3, 3, True)
    assert (scales["b"].lowest, scales["b"].highest, scales["b"].signed) == (0, 3, False)
    assert scales["a"].words == "± 3.0"


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.1234, "0.123"), (-12.34, "-12.3"), (1234.5, "1234"), (0.0004, "4e-04")]
)
def test_short_numbers(value, text):
    assert short(value) == text


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 7), st.data())
def test_a_place_in_a_flattened_list(maps, rows, columns, data):
    index = data.draw(st.integers(0, maps * rows * columns - 1))
    assert flat_place(index, (maps, rows, columns)) == np.unravel_index(index, (maps, rows, columns))


def test_a_unit_is_found_in_the_column_of_its_layer():
    spec = spec_for("lenet5", SHAPE, 10)
    made = plan(spec)
    pool = made.boxes[4]
    assert same_place(spec, Unit("2_max_pool", 3, 2, 1), pool) == (3, 2, 1)
    assert same_place(spec, Unit("2_flatten", 3 * 25 + 2 * 5 + 1), pool) == (3, 2, 1)
    assert same_place(spec, Unit("no such layer", 0), pool) is None


@pytest.fixture
def strip(qtbot):
    made = LayerStrip(LIGHT, "Layers of lenet5")
    qtbot.addWidget(made)
    made.set_sight(QSize(780, 260))
    made.set_network(spec_for("lenet5", SHAPE, 10), False, frozenset(), HUE)
    pixels = np.zeros(SHAPE, np.uint8)
    pixels[0, 4:24, 10:14] = 255
    made.set_maps(read_maps(ReadMaps(pixels, "digits", ("lenet5",)))[0])
    made.show()
    return made


def test_the_arrow_keys_go_among_layers_and_maps(strip, qtbot):
    chosen, reached = [], []
    strip.layer_chosen.connect(chosen.append)
    strip.reached.connect(reached.append)
    strip.go_to("1_conv")
    qtbot.keyClick(strip, Qt.Key.Key_Down)
    qtbot.keyClick(strip, Qt.Key.Key_Down)
    assert strip.spot == Spot(1, 1)
    qtbot.keyClick(strip, Qt.Key.Key_Return)
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert strip.spot == Spot(2)
    qtbot.keyClick(strip, Qt.Key.Key_Up)
    assert strip.spot == Spot(2, 5), "up from the whole layer is its last map"
    for _ in range(20):
        qtbot.keyClick(strip, Qt.Key.Key_Left)
    assert strip.spot == Spot(0)
    qtbot.keyClick(strip, Qt.Key.Key_Return)
    assert chosen == [("1_conv", 1)], "the picture is no layer to go into"
    assert len(reached) >= 5


def test_a_click_goes_into_the_layer_and_hovering_tells_numbers(strip, qtbot):
    chosen = []
    strip.layer_chosen.connect(chosen.append)
    tile = strip.placed.placed[3].tile_rect(7)
    spot = strip.spot_at(QPointF(tile.left() + tile.width() * 0.35, tile.top() + tile.height() * 0.75))
    assert spot == Spot(3, 7, 7, 3)
    qtbot.mouseMove(strip, tile.center().toPoint())
    assert strip.spot is not None
    words = strip.words(spot)
    assert words.startswith("conv 5 x 5, map 8 of 16: from ")
    assert "At (7, 3): " in words
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=tile.center().toPoint())
    assert chosen == [("2_conv", 7)]
    flat = strip.placed.placed[5]
    assert strip.words(strip.spot_at(flat.tile_rect(3).center())).startswith("linear, then relu, unit 4 of 120: ")
    assert "the first 64 of 120" in strip.words(Spot(5))


def test_the_selected_unit_is_framed_in_yellow_and_its_field_on_the_picture(strip):
    def yellow():
        image = strip.grab().toImage()
        count = 0
        for x in range(image.width()):
            for y in range(image.height()):
                colour = image.pixelColor(x, y)
                count += colour.red() > 220 and 150 < colour.green() < 200 and colour.blue() < 60
        return count

    before = yellow()
    strip.set_unit(Unit("2_conv", 4, 6, 3))
    assert yellow() > before + 60
    strip.set_unit(None)
    assert yellow() == before


def test_the_verdict_is_the_softmax_of_the_last_layer(strip):
    logits = strip._maps["5_linear"].values.astype(np.float64)
    assert np.allclose(strip._shares, np.exp(logits) / np.exp(logits).sum())


def test_what_stands_still_is_painted_once(strip):
    strip.grab()
    pixmap = strip._still[1]
    pixels = np.full(SHAPE, 90, np.uint8)
    strip.set_maps(read_maps(ReadMaps(pixels, "digits", ("lenet5",)))[0])
    strip.grab()
    assert strip._still[1] is pixmap
    strip.set_theme(THEMES["dark"])
    strip.grab()
    assert strip._still[1] is not pixmap


def test_plus_opens_and_a_click_on_the_line_above_folds(qtbot):
    made = LayerStrip(LIGHT, "Layers of resnet18")
    qtbot.addWidget(made)
    made.set_sight(QSize(780, 300))
    spec, flipped = PUBLISHED["resnet18"], []
    made.set_network(spec, False, frozenset(), HUE)
    made.flipped.connect(flipped.append)
    made.show()
    made.go_to("3_repeat.1.1_residual.add")
    qtbot.keyClick(made, Qt.Key.Key_Plus)
    assert flipped == ["3_repeat.1.1_residual"]
    made.set_network(spec, False, frozenset(flipped), HUE)
    bracket = next(one for one in made.placed.brackets if one.path == flipped[0])
    qtbot.mouseClick(made, Qt.MouseButton.LeftButton, pos=bracket.area.center().toPoint())
    assert flipped == ["3_repeat.1.1_residual"] * 2
    assert [text for _, text in made.placed.notes] == ["shortcut"]


def test_boxes_come_in_the_order_of_the_plan():
    made = plan(PUBLISHED["googlenet"], False, frozenset({"7_branches"}))
    assert tuple(boxes_of(made.nodes)) == made.boxes


def test_long_names_of_classes_have_room_and_are_cut_before_the_strip_scrolls(qapp):
    made = plan(spec_for("lenet5", (3, 32, 32), 10))
    names = ("crescent", "triangle")
    room = room_for(LIGHT, made, 230, names)
    bold = QFontMetricsF(LIGHT.font("small", bold=True))
    wide = lay_out(made, 1200, 230, room)
    assert wide.verdict.width() > bold.horizontalAdvance("triangle") + bold.horizontalAdvance("100 %")
    least = min(lay_out(made, width, 230, room_for(LIGHT, made, 230)).width for width in range(500, 800, 20))
    assert lay_out(made, least, 230, room).width <= least


def test_of_several_residual_blocks_the_first_stands_open_as_an_example():
    spec = spec_for("small_resnet", SHAPE, 10)
    made = plan(spec)
    forks = [node for node in made.nodes if isinstance(node, Fork)]
    assert [fork.path for fork in forks] == ["3_residual"]
    assert [len(lane) for lane in forks[0].lanes] == [2, 0], "the shortcut is an empty lane"
    assert [box.folded for box in made.boxes if box.folded] == ["4_residual", "5_residual"]
    opened = plan(spec, False, frozenset({"4_residual", "3_residual"}))
    assert [node.path for node in opened.nodes if isinstance(node, Fork)] == ["4_residual"]
    assert [len(lane) for node in opened.nodes if isinstance(node, Fork) for lane in node.lanes] == [2, 1]
    assert len(plan(spec_for("small_resnet:blocks=2", SHAPE, 10)).boxes) <= MOST_OPEN


def test_branches_are_lanes_where_they_are_opened():
    spec = spec_for("small_inception", SHAPE, 10)
    assert [box.folded for box in plan(spec).boxes if box.folded] == ["2_branches", "3_branches"]
    fork = next(node for node in plan(spec, False, frozenset({"3_branches"})).nodes if isinstance(node, Fork))
    assert [[box.title for box in lane] for lane in fork.lanes] == [
        ["conv 1 x 1"], ["conv 1 x 1", "conv 3 x 3"], ["conv 1 x 1", "conv 5 x 5"], ["max pool 3 x 3", "conv 1 x 1"],
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["lenet5", "small_resnet", "small_inception"])
def test_two_strips_above_each_other_fit_a_window_of_the_usual_size(qapp, key):
    made = plan(spec_for(key, SHAPE, 10))
    assert lay_out(made, 783, 295, room_for(LIGHT, made, 295)).width <= 783


def test_a_strip_that_must_scroll_is_given_the_height_for_several_rows_of_maps(qapp):
    theme = THEMES["projector"]
    made = plan(spec_for("lenet5", SHAPE, 10))
    room = room_for(theme, made, 150)
    long, short = lay_out(made, 560, 150, room), lay_out(made, 2_000, 150, room)
    assert short.least_height < 150 < long.least_height
    assert long.height == long.least_height
    assert long.width < 2 * 560
    assert lay_out(made, 560, 400, room).least_height == long.least_height, "else the height would come and go"


def test_where_width_is_short_tiles_shrink_only_until_the_text_decides(qapp):
    made = plan(spec_for("small_resnet", SHAPE, 10))
    room = room_for(LIGHT, made, 295)
    layout = lay_out(made, 783, 295, room)
    for placed, box in zip(layout.placed, made.boxes, strict=True):
        if len(box.shape) == 3 and box.shape[1] > 1:
            assert placed.tile[0] >= 13
            assert placed.block.width() <= placed.area.width()
            assert placed.area.width() == pytest.approx(max(placed.block.width(), room.title_px(box)))


def test_beside_lanes_no_column_is_a_tower(qapp):
    spec = spec_for("small_inception", SHAPE, 10)
    made = plan(spec, False, frozenset({"2_branches"}))
    layout = lay_out(made, 783, 300, room_for(LIGHT, made, 300))
    assert layout.height > 600
    assert max(placed.block.height() for placed in layout.placed) < 260


class Writer(QPainter):
    """Keeps what is written."""

    def __init__(self, device):
        super().__init__(device)
        self.words = []

    def drawText(self, area, flags, text):
        self.words.append(text)


@pytest.mark.parametrize(("rows", "said"), [(10, None), (5, "6 more"), (2, "9 more")])
def test_classes_without_a_row_are_counted_and_their_shares_summed(rows, said):
    shares = np.array([0.02, 0.6, 0.01, 0.05, 0.04, 0.1, 0.05, 0.03, 0.06, 0.04])
    image = QImage(200, 600, QImage.Format.Format_RGB32)
    painter, room = Writer(image), Room(30.0, 0.0, 0.0, 0.0, 0.0, True, 200.0)
    area = QRectF(0, 0, 200, room.head_px + rows * line_px(LIGHT))
    paint_verdict(painter, LIGHT, area, room, shares, [*"abcdefghij"], QColor("#0072B2"))
    painter.end()
    names, told = painter.words[::2], painter.words[1::2]
    assert len(names) == rows
    assert "b" in names
    assert (names[-1] == said) == (said is not None)
    assert sum(float(text.removesuffix(" %")) for text in told) == pytest.approx(100, abs=1)

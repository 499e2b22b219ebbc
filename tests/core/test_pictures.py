"""Reading images: every kind of good and bad file, and finding the ink."""

from __future__ import annotations

import contextlib
import io
import os

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from sklearn.datasets import load_digits

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.core.framing import frame
from cnnstudio.core.pictures import as_ink, otsu, picture_size, read_picture


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def photo() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))


class TestGoodFiles:
    def test_png_is_read_as_it_is(self, photo, tmp_path):
        path = tmp_path / "ein schönes Bild.png"
        photo.save(path)
        read = read_picture(path)
        np.testing.assert_array_equal(read.rgb, np.asarray(photo))
        np.testing.assert_array_equal(read_picture(str(path)).rgb, read_picture(path.read_bytes()).rgb)
        assert read.notes == ()
        assert not read.rgb.flags.writeable

    @pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "I", "CMYK", "F"])
    def test_every_mode_gives_colour_bytes(self, photo, mode):
        kind = {"CMYK": "JPEG", "F": "TIFF", "I": "TIFF"}.get(mode, "PNG")
        image = photo.convert("L").convert(mode) if mode in ("I;16", "I", "F") else photo.convert(mode)
        read = read_picture(saved(image, kind))
        assert read.rgb.shape == (20, 30, 3)
        assert read.rgb.dtype == np.uint8

    def test_sixteen_bits_are_scaled_and_not_cut(self):
        ramp = np.linspace(0, 65_535, 256).astype(np.uint16).reshape(16, 16)
        read = read_picture(saved(Image.fromarray(ramp)))
        np.testing.assert_array_equal(read.rgb[..., 0].ravel(), np.arange(256))

    @pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.0, 255.0), (-3.0, 12.0)])
    def test_floats_use_the_whole_range(self, low, high):
        ramp = np.linspace(low, high, 64, dtype=np.float32).reshape(8, 8)
        ramp[0, 1] = np.nan
        grey = read_picture(saved(Image.fromarray(ramp), "TIFF")).rgb[..., 0]
        assert grey[0, 0] == 0
        assert grey[-1, -1] == 255

    def test_cmyk_keeps_its_colours(self):
        red = Image.new("RGB", (16, 16), (250, 10, 10)).convert("CMYK")
        read = read_picture(saved(red, "JPEG", quality=95))
        np.testing.assert_allclose(read.rgb[8, 8], (250, 10, 10), atol=12)

    def test_animation_gives_its_first_frame_and_says_so(self):
        frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "green", "blue")]
        read = read_picture(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
        np.testing.assert_array_equal(read.rgb[0, 0], (255, 0, 0))
        assert "first frame" in read.notes[0]

    def test_exif_orientation_is_followed(self, photo):
        exif = Image.Exif()
        exif[0x0112] = 6
        read = read_picture(saved(photo, "PNG", exif=exif))
        np.testing.assert_array_equal(read.rgb, np.rot90(np.asarray(photo), -1))

    def test_one_pixel(self):
        assert read_picture(saved(Image.new("L", (1, 1), 7))).rgb.tolist() == [[[7, 7, 7]]]

    def test_large_pictures_are_reduced(self, monkeypatch):
        monkeypatch.setattr(limits, "PICTURE_SIDE_PX", 40)
        tall = Image.new("RGB", (10, 400), "white")
        assert read_picture(saved(tall)).rgb.shape == (40, 1, 3)
        assert max(read_picture(saved(tall, "JPEG")).rgb.shape) <= 40

    def test_colour_is_seen(self, photo):
        assert read_picture(saved(photo)).colour
        assert not read_picture(saved(photo.convert("L"))).colour

    def test_header_tells_the_size(self, photo, tmp_path):
        path = tmp_path / "a.png"
        photo.save(path)
        assert picture_size(path) == (30, 20)
        path.write_text("no image")
        assert picture_size(path) is None


class TestTransparency:
    @pytest.mark.parametrize("pen", ["black", "white", "red"])
    def test_one_colour_on_nothing_becomes_black_ink(self, pen):
        image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
        ImageDraw.Draw(image).rectangle((5, 5, 14, 14), fill=pen)
        rgb = read_picture(saved(image)).rgb
        assert rgb[10, 10].tolist() == [0, 0, 0]
        assert rgb[0, 0].tolist() == [255, 255, 255]

    def test_dark_pictures_lie_on_white_and_light_ones_on_black(self):
        for strong, weak, paper in (((0, 0, 0), (90, 0, 0), 255), ((255, 255, 255), (220, 255, 220), 0)):
            image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
            draw = ImageDraw.Draw(image)
            draw.rectangle((5, 5, 14, 9), fill=strong)
            draw.rectangle((5, 10, 14, 14), fill=weak)
            rgb = read_picture(saved(image)).rgb
            assert rgb[0, 0].tolist() == [paper] * 3
            assert rgb[7, 7].tolist() == list(strong)

    def test_invisible_is_white_and_opaque_is_as_it_is(self):
        assert (read_picture(saved(Image.new("RGBA", (3, 3), (9, 9, 9, 0)))).rgb == 255).all()
        assert (read_picture(saved(Image.new("RGBA", (3, 3), (9, 9, 9, 255)))).rgb == 9).all()

    def test_a_palettes_transparent_colour(self):
        image = Image.new("P", (8, 8), 0)
        image.putpalette([0, 0, 0, 200, 30, 30, 20, 90, 20])
        image.putpixel((3, 3), 1)
        image.putpixel((4, 4), 2)
        rgb = read_picture(saved(image, "GIF", transparency=0)).rgb
        assert rgb[0, 0].tolist() == [255, 255, 255]
        assert rgb[3, 3].tolist() == [200, 30, 30]


class TestBadFiles:
    @pytest.mark.parametrize("contents", [b"just some text\n" * 50, b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff"])
    def test_what_is_no_image_gets_a_sentence(self, contents, tmp_path):
        path = tmp_path / "picture.png"
        path.write_bytes(contents)
        with pytest.raises(StudioError, match=r"picture\.png is (not an image|damaged)"):
            read_picture(path)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
    def test_cut_off_files(self, photo, kind):
        whole = saved(photo.resize((200, 150)), kind)
        for share in (0.1, 0.5, 0.9):
            with pytest.raises(StudioError, match=r"damaged|not an image"):
                read_picture(whole[: int(len(whole) * share)])

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
    def test_any_damage_is_a_picture_or_a_sentence(self, photo, kind):
        whole = bytearray(saved(photo, kind))
        rng = np.random.default_rng(0)
        for _ in range(60):
            broken = bytearray(whole)
            for place in rng.integers(0, len(broken), 4):
                broken[place] = int(rng.integers(0, 256))
            # Any other exception fails the test.
            with contextlib.suppress(StudioError):
                assert read_picture(bytes(broken)).rgb.shape[2] == 3

    def test_missing_folder_empty_and_impossible_names(self, tmp_path):
        empty = tmp_path / "empty.png"
        empty.touch()
        for source, words in (
            (tmp_path / "nowhere.png", "is not there"),
            (tmp_path, "is a folder"),
            (empty, "is empty"),
            (b"", "is empty"),
            ("a\0b.png", "."),
            ("x" * 5_000 + ".png", "."),
        ):
            with pytest.raises(StudioError, match=words):
                read_picture(source)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
    def test_a_pipe_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(StudioError, match="is not a file"):
            read_picture(tmp_path / "pipe.png")

    @pytest.mark.parametrize("height", [4_000, 9_000])
    def test_too_many_pixels_are_refused_before_unpacking(self, height):
        bomb = saved(Image.new("1", (20_000, height)))
        assert len(bomb) < 100_000
        with pytest.raises(StudioError, match="too many"):
            read_picture(bomb)


class TestInk:
    def test_a_picture_of_the_data_set_stays_as_it_is(self):
        digits = (load_digits().images[:20] * 15.9375).astype(np.uint8)
        for digit in digits:
            padded = np.pad(digit, 4)
            ink = as_ink(np.repeat(padded[..., None], 3, axis=2))
            np.testing.assert_allclose(ink, padded / padded.max(), atol=1e-5)

    def test_polarity_does_not_matter(self):
        digit = np.pad((load_digits().images[3] * 15.9375).astype(np.uint8), 4)
        light = np.repeat(digit[..., None], 3, axis=2)
        np.testing.assert_allclose(as_ink(light), as_ink(255 - light), atol=1e-5)

    def test_a_pale_pencil_is_stretched(self):
        paper = np.full((60, 60, 3), 250, np.uint8)
        paper[20:40, 28:32] = 190
        ink = as_ink(paper)
        assert ink[30, 30] == pytest.approx(1)
        assert ink[0, 0] == 0

    @pytest.mark.parametrize("value", [0, 128, 255])
    def test_blank_is_no_ink(self, value):
        assert not as_ink(np.full((30, 40, 3), value, np.uint8)).any()
        assert not as_ink(np.full((1, 1, 3), value, np.uint8)).any()

    @pytest.mark.parametrize("dark_ink", [True, False])
    def test_a_photograph_keeps_its_strokes_and_loses_its_shadow(self, dark_ink):
        size = 400
        truth = Image.new("L", (size, size), 0)
        ImageDraw.Draw(truth).line([(120, 100), (280, 100), (180, 310)], fill=255, width=22, joint="curve")
        stroke = np.asarray(truth.filter(ImageFilter.GaussianBlur(2))).astype(float) / 255
        rows, columns = np.mgrid[:size, :size] / size
        shadow = 0.55 + 0.35 * columns - 0.15 * rows
        noise = np.random.default_rng(0).normal(0, 0.015, (size, size))
        picture = shadow * (1 - 0.75 * stroke) + noise
        picture = picture if dark_ink else 1 - picture
        rgb = np.repeat((np.clip(picture, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)
        ink = as_ink(rgb)
        assert ink[stroke > 0.9].mean() > 0.85
        assert ink[stroke < 0.01].mean() < 0.02
        overlap = np.minimum(frame(ink), frame(stroke)).sum() / np.maximum(frame(ink), frame(stroke)).sum()
        assert overlap > 0.75

    def test_otsu_parts_two_groups(self):
        rng = np.random.default_rng(0)
        values = np.concatenate([rng.normal(0.2, 0.03, 900), rng.normal(0.8, 0.03, 100)]).astype(np.float32)
        assert 0.35 < otsu(values) < 0.65

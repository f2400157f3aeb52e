"""Pictures: made as small as models take them, in the colours and the way up that a person sees."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from bot.files.reader.trouble import Trouble

MOST_PIXELS = 100_000_000
"""A phone's largest photo; decoded it takes 300 MB."""

LONGEST_EDGE = 2048
"""Pixels. Vendors scale larger ones down themselves: Gemini into tiles of 768, Anthropic to 1,568, OpenAI to 2,048."""

QUALITY = 85

_PNG = b"\x89PNG\r\n\x1a\n"
_REMARKS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
"""Chunks of a PNG that are not the picture. Pillow refuses those that unpack to more than a megabyte."""

_IN_ITS_OWN_COLOURS = ("CMYK", "LAB")
_DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
"""Modes whose values go beyond 255, which converting cuts off: all becomes white."""


def shrink(path: Path, target: Path) -> tuple[int, int, int]:
    """Write the picture to `target` as a JPEG that any model takes; gives its width and height in pixels, and how many
    pictures the file has, one behind the other.

    Raises:
        Trouble: it cannot be read.
    """
    with _open(path) as picture:
        frames = int(getattr(picture, "n_frames", 1))
        shown = _shown(picture)
    shown.save(target, "JPEG", quality=QUALITY)
    return *shown.size, frames


def opened(path: Path) -> Image.Image:
    """The first picture in a file, upright, on white, no larger than models take it. Raises `Trouble`."""
    with _open(path) as picture:
        return _shown(picture)


def pages(path: Path, directory: Path, first: int, most: int) -> Iterator[dict[str, object]]:
    """The pages of a TIFF, of any other form its first picture, each as a file. Raises `Trouble`."""
    with _open(path) as picture:
        count = int(getattr(picture, "n_frames", 1)) if picture.format == "TIFF" else 1
        yield {"pages": count}
        for number in range(first, min(most, count) + 1):
            scan = directory / f"{number}.jpg"
            if count > 1:
                picture.seek(number - 1)
            _shown(picture).save(scan, "JPEG", quality=QUALITY)
            yield {"page": number, "scan": str(scan)}


def _open(path: Path) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # Counted here, before anything is decoded.
    with path.open("rb") as file:
        beginning = file.read(12)
    if beginning[4:8] == b"ftyp":
        # Loaded for those files alone.
        import pi_heif

        pi_heif.register_heif_opener(thumbnails=False)
    try:
        picture = Image.open(io.BytesIO(_without_remarks(path.read_bytes())) if beginning[:8] == _PNG else path)
    except UnidentifiedImageError:
        raise Trouble("unsupported" if beginning[4:8] != b"ftyp" else "broken") from None
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError) as error:
        raise Trouble("broken") from error
    if picture.width * picture.height > MOST_PIXELS:
        picture.close()
        raise Trouble("pixels", most=MOST_PIXELS // 1_000_000)
    return picture


def _shown(picture: Image.Image) -> Image.Image:
    try:
        if picture.width * picture.height > MOST_PIXELS:
            raise Trouble("pixels", most=MOST_PIXELS // 1_000_000)
        if picture.format == "JPEG":
            # A JPEG is decoded at a fraction of its size where that is enough.
            picture.draft("RGB" if picture.mode != "CMYK" else "CMYK", (LONGEST_EDGE, LONGEST_EDGE))
        plain = _in_eight_bits(picture) if picture.mode in _DEEP else picture.copy()
        plain.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
        return on_white(_in_rgb(ImageOps.exif_transpose(plain)))
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError, Image.DecompressionBombError) as error:
        raise Trouble("broken") from error


def on_white(picture: Image.Image) -> Image.Image:
    """The same in plain colours: what is transparent becomes white."""
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return picture.convert("RGB")


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Grey values of sixteen bits, or without any bound, as far from black and white as they are."""
    values = picture.convert("F" if picture.mode == "F" else "I")
    darkest, lightest = (float(end) for end in values.getextrema())  # type: ignore[arg-type]
    if picture.mode != "F" and darkest >= 0 and lightest <= 0xFFFF:
        darkest, lightest = 0.0, 65535.0 if lightest > 255 else 255.0
    scale = 255 / ((lightest - darkest) or 1.0)
    return values.point(lambda value: value * scale - darkest * scale).convert("L")


def _in_rgb(picture: Image.Image) -> Image.Image:
    """Printers' colours as a screen shows them: by the profile that says what they are, where there is one."""
    profile = picture.info.get("icc_profile")
    if picture.mode not in _IN_ITS_OWN_COLOURS or not profile:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB") or picture
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # A profile that cannot be used is as good as none.


def _without_remarks(data: bytes) -> bytes:
    """A PNG without its texts and profiles, however large they are."""
    kept = [_PNG]
    place = len(_PNG)
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        if kind not in _REMARKS:
            kept.append(data[place : place + length + 12])
        place += length + 12
    return b"".join(kept)

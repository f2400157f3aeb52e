"""Pictures: made as small as models take them, turned the way they are meant to stand."""

from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.files.reader.trouble import Trouble

MOST_PIXELS = 100_000_000
"""A phone's largest photo; decoded it takes 300 MB."""

LONGEST_EDGE = 2048
"""Pixels. Vendors scale larger ones down themselves: Gemini into tiles of 768, Anthropic to 1,568, OpenAI to 2,048."""

QUALITY = 85


def shrink(path: Path, target: Path) -> tuple[int, int]:
    """Write the picture to `target` as a JPEG that any model takes; gives its width and height in pixels.

    Raises:
        Trouble: it cannot be read.
    """
    picture = opened(path)
    picture.save(target, "JPEG", quality=QUALITY)
    return picture.size


def opened(path: Path) -> Image.Image:
    """The first picture in a file, upright, on white, no larger than models take it."""
    Image.MAX_IMAGE_PIXELS = None  # Counted here, before anything is decoded.
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Trouble("pixels", most=MOST_PIXELS // 1_000_000)
            # A JPEG is decoded at a fraction of its size where that is enough.
            picture.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
            upright = ImageOps.exif_transpose(picture)
            return on_white(upright)
    except UnidentifiedImageError:
        raise Trouble("unsupported") from None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise Trouble("broken") from error


def on_white(picture: Image.Image) -> Image.Image:
    """The same in plain colours: what is transparent becomes white."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return picture.convert("RGB")

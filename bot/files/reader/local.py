"""The local engine (the extra `ocr`): reads a picture of a page without any network.

PP-OCR's bundled models know Latin letters and Chinese; Cyrillic and Arabic are not among them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.files.reader.order import Line, in_order
from bot.files.reader.pictures import opened
from bot.files.reader.trouble import Trouble

SURE = 0.93
"""Mean confidence below which a page is tried the other way up as well."""


class Engine:
    """The models, loaded once."""

    def __init__(self) -> None:
        """Raises `Trouble`: it is not installed."""
        try:
            from rapidocr import RapidOCR
        except ImportError as error:
            raise Trouble("missing") from error
        params = {"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1}
        self._engine = RapidOCR(params=params)

    def read(self, path: Path) -> tuple[str, float]:
        """The text of a page and how sure the engine is of it, 0 to 1; it finds out which way is up.

        Raises:
            Trouble: the picture cannot be read.
        """
        picture = opened(path)
        best = self._lines(picture)
        if best and sum(line.height > line.width * 1.5 for line in best) * 2 > len(best):
            # The lines stand upright: the page lies on its side.
            best = max((self._lines(picture.rotate(turn, expand=True)) for turn in (90, 270)), key=_weight)
        elif best and _sureness(best) < SURE:
            best = max((best, self._lines(picture.rotate(180, expand=True))), key=_weight)
        return in_order(best), _sureness(best)

    def _lines(self, picture: Any) -> list[Line]:
        import numpy

        # It wants blue first. Its own classifier turns lines by themselves, which hides that the page is upside down.
        found: Any = self._engine(numpy.asarray(picture)[:, :, ::-1], use_cls=False)
        if found.txts is None or found.boxes is None:
            return []
        lines = []
        for text, score, box in zip(found.txts, found.scores, found.boxes, strict=True):
            left, top = box.min(axis=0)
            right, bottom = box.max(axis=0)
            lines.append(Line(text, float(score), float(left), float(top), float(right - left), float(bottom - top)))
        return lines


def _weight(lines: Sequence[Line]) -> float:
    return sum(len(line.text) * line.score**4 for line in lines)


def _sureness(lines: Sequence[Line]) -> float:
    characters = sum(len(line.text) for line in lines)
    return sum(len(line.text) * line.score for line in lines) / characters if characters else 0.0

"""Raised figures: what stands as 10³ on the page must not become 103, which is another figure."""

import re

_FIGURES = re.compile(r"[-+\u2212]?\d{1,6}")
_RAISED = str.maketrans("0123456789+-\u2212", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def raised(text: str, before: str) -> str:
    """A raised text behind another one: figures behind a figure in signs of their own, all else as it is."""
    behind_a_figure = before[-1:].isdecimal() and _FIGURES.fullmatch(text.strip()) is not None
    return text.translate(_RAISED) if behind_a_figure else text

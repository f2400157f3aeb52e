"""What a model writes into the arguments of a tool that makes something: anything, read without a fault."""

import pytest

from bot.domain.pictures import Format, PictureWish
from bot.turns import asker_tools


@pytest.mark.parametrize("shape", [None, 3, "round", ["tall"], {"a": 1}, True])
def test_a_shape_that_there_is_not_is_none(shape: object) -> None:
    assert asker_tools._wished({"description": " a cat ", "shape": shape}) == ("a cat", PictureWish())


@pytest.mark.parametrize("shape", list(Format))
def test_a_shape_that_there_is_is_taken(shape: Format) -> None:
    _, wish = asker_tools._wished({"description": "a cat", "shape": shape.value})
    assert wish == PictureWish(format=shape)

"""What the scenarios of files share: documents to send, and what the model was given."""

import base64
import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from tests.support.world import House

PDF = "application/pdf"
TIDES = "The tides are caused by the gravity of the moon.\nSpring tides come with full moon and new moon."
ROCKS = "Granite is an igneous rock.\nIt cools slowly below the surface."


def looks(house: House) -> dict[str, str]:
    """Settings with which Gemini looks at pictures and reads scans."""
    return {"gemini_api_key": "key-of-gemini", "gemini_base_url": house.model.url}


def last_request(house: House) -> Mapping[str, Any]:
    """What a model was asked last."""
    return house.model.requests[-1].body


def last_words(house: House) -> str:
    """What the last message of the last request says, without its pictures."""
    content = last_request(house)["messages"][-1]["content"]
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def last_pictures(house: House) -> list[Image.Image]:
    """The pictures of its last message."""
    content = last_request(house)["messages"][-1]["content"]
    urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    return [Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) for url in urls]


def gemini_requests(house: House) -> list[Mapping[str, Any]]:
    """What Gemini was asked."""
    return [request.body for request in house.model.requests if request.dialect == "gemini"]

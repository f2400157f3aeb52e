"""The pages within a page."""

import pytest

from bot.tools.frames import frames_in

HERE = "https://a.example/dir/page"


@pytest.mark.parametrize(
    ("page", "frames"),
    [
        (b"<frame src=one><IFRAME SRC='/two'>", ["https://a.example/dir/one", "https://a.example/two"]),
        (b"<base href=/other/><frame src=one>", ["https://a.example/other/one"]),
        (b'<iframe src="https://ads.example/x"><iframe src="one?a=1&amp;b=2">', ["https://a.example/dir/one?a=1&b=2"]),
        # What is no address takes no other frame with it.
        (b"<iframe src='http://['><iframe src=one>", ["https://a.example/dir/one"]),
        (b"<base href='http://['><iframe src=one>", ["https://a.example/dir/one"]),
        (b"<iframe></iframe><iframe src=page><iframe src=''>", []),
    ],
)
def test_frames_of_the_same_site_are_found(page: bytes, frames: list[str]) -> None:
    assert frames_in(page, HERE) == frames

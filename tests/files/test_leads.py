"""Where a page leads: as a browser would resolve it, what stands among its words before what stands around them."""

import pytest

from bot.files.reader.leads import MOST, MOST_AROUND, leads_of

HERE = "https://a.example/dir/page"


@pytest.mark.parametrize(
    ("page", "links"),
    [
        ("<a href=one>One</a> <a href='/two'>Two\n<b>b</b>ig</a>", [("One", "/dir/one"), ("Two big", "/two")]),
        (
            "<base href=/other/><a href=one>One</a><a href='?b=1&amp;c'>Q</a>",
            [("One", "/other/one"), ("Q", "/other/?b=1&c")],
        ),
        ("<base href='http://['><a href=one>One</a><a href='http://['>Nowhere</a>", [("One", "/dir/one")]),
        # Fragments: nothing of the page itself, and each other page once.
        ("<a href='#top'>¶</a><a href=page#a>A</a><a href=one#a>One</a><a href=one#b>Again</a>", [("One", "/dir/one")]),
        ("<a href='javascript:go()'>Go</a><a href='mailto:a@b.example'>Write</a><a href='data:,x'>X</a><a>No</a>", []),
        (
            "<a href=one></a><a href=two><img alt='The two'></a><a href='x y(z)\n'>Z</a>",
            [("The two", "/dir/two"), ("Z", "/dir/x%20y%28z%29")],
        ),
        ("<p hidden><a href=one>One</a></p><template><a href=b>B</a></template><script>'<a href=b>B</a>'</script>", []),
        (
            f"<map><area href=sea alt=Sea></map><a href='//b.example'>B</a><a href={'x' * 500}>L</a>",
            [("Sea", "/dir/sea"), ("B", "//b.example")],
        ),
    ],
)
def test_links_are_told_with_their_words(page: str, links: list[tuple[str, str]]) -> None:
    found = leads_of(page, HERE)
    assert found.links == [
        (words, f"https:{path}" if path.startswith("//") else f"https://a.example{path}") for words, path in links
    ]
    assert found.more == 0


def test_navigation_does_not_take_the_place_of_links_among_words() -> None:
    def some(kind: str, number: int) -> str:
        return "".join(f"<li><a href=/{kind}/{each:04}>{kind} {each:04}</a>" for each in range(number))

    page = (
        f"<nav><ul>{some('menu', 300)}</ul></nav><main>{some('text', 20)}</main><div role=navigation>{some('end', 9)}"
    )
    found = leads_of(page, HERE)
    words = [words for words, _ in found.links]
    assert [each for each in words if each.startswith("text")] == [f"text {each:04}" for each in range(20)]
    assert words[0] == "menu 0000", "told in the order of the page"
    assert sum(len(words) + len(address) for words, address in found.links) <= MOST_AROUND
    assert found.more == 329 - len(words)
    whole = leads_of(f"{some('text', 900)}<nav><a href=/nav>Nav</a></nav>", HERE)
    assert MOST - 50 < sum(len(words) + len(address) for words, address in whole.links) <= MOST
    # What the text names as well is of the text.
    both = leads_of(f"<nav>{some('text', 300)}</nav><p>{some('text', 60)}", HERE).links
    assert len(both) == 60


@pytest.mark.parametrize(
    ("page", "frames"),
    [
        ("<frameset><frame src=one></frameset>", ["https://a.example/dir/one"]),
        (
            "<base href=/other/><IFRAME SRC='/two'></IFRAME><iframe src=one>",
            ["https://a.example/two", "https://a.example/other/one"],
        ),
        (
            '<iframe src="https://ads.example/x"></iframe><iframe src="one?a=1&amp;b=2">',
            ["https://a.example/dir/one?a=1&b=2"],
        ),
        # What is no address takes no other frame with it.
        ("<iframe src='http://['></iframe><iframe src=one>", ["https://a.example/dir/one"]),
        ("<iframe></iframe><iframe src=page></iframe><iframe src=''>", []),
    ],
)
def test_frames_of_the_same_site_are_found(page: str, frames: list[str]) -> None:
    assert leads_of(page, HERE).frames == frames

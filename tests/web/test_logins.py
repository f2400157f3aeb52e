"""The page on which a login ends: it shows what is to be brought back, and whatever that holds does nothing there."""

from aiohttp import ClientSession

from bot.web.logins import login_routes
from bot.web.serving import serving

ROOT = "https://bot.example.org"


async def test_it_shows_what_it_was_given_as_words_and_says_who_we_are() -> None:
    async with serving(login_routes(ROOT), "127.0.0.1", 0) as port, ClientSession() as client:
        given = "code=a&state=b&iss=%3Cscript%3E&</textarea><script>x</script>=1"
        german = {"Accept-Language": "de-AT,en;q=0.5"}
        async with client.get(f"http://127.0.0.1:{port}/login?{given}", headers=german) as response:
            page = await response.text()
            assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "code=a&amp;state=b&amp;iss=" in page
        assert "<script>" not in page
        assert "Noch ein Schritt" in page
        async with client.get(f"http://127.0.0.1:{port}/login/client.json") as response:
            told = await response.json()
    assert (told["client_id"], told["redirect_uris"]) == (f"{ROOT}/login/client.json", [f"{ROOT}/login"])

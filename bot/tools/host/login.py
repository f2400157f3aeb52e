"""Logging in at a server by OAuth 2.1, in two steps that may lie minutes and a restart apart.

First everything is found out and a link is made, which the person opens in a browser; then what they bring back becomes
a token. What is needed for the second step is given away with the first, to be kept sealed. PKCE (S256) alone is
spoken; who we are is said by an address of our own where the server takes that, else by registering there.
"""

import base64
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2
from mcp.client.auth import OAuthFlowError, OAuthTokenError
from mcp.client.auth import utils as oauth
from mcp.client.auth.oauth2 import PKCEParameters, check_registration_usable
from mcp.shared.auth import (
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthMetadata,
    ProtectedResourceMetadata,
)
from mcp.shared.auth_utils import check_resource_allowed, resource_url_from_server_url

_HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "parley", "version": "1"},
    },
}
_GRANTS = ["authorization_code", "refresh_token"]
LONGEST_LINK = 1_500
"""Of a link: it has to fit into one message."""


async def begin(client: httpx2.AsyncClient, url: str, redirect: str, document: str) -> dict[str, Any]:
    """`link`, and `begun`, which `finish` needs. `document` is where it is said who we are; "" for nowhere.

    Raises:
        OAuthFlowError: the server wants no login, or none that we can give; or an error of `httpx2`.
    """
    challenge = await _challenge(client, url)
    resource = await _resource(client, url, oauth.extract_resource_metadata_from_www_auth(challenge))
    issuer = str(resource.authorization_servers[0]) if resource is not None else None
    known = await _metadata(client, url, issuer)
    if "S256" not in (known.code_challenge_methods_supported or ()):
        raise OAuthFlowError("It does not speak PKCE.")
    scope = oauth.get_client_metadata_scopes(oauth.extract_scope_from_www_auth(challenge), resource, known, _GRANTS)
    us = await _registered(client, known, redirect, document, scope)
    pkce, state = PKCEParameters.generate(), secrets.token_urlsafe(24)
    named = str(resource.resource) if resource is not None else resource_url_from_server_url(url)
    asked = {
        "response_type": "code",
        "client_id": us.client_id,
        "redirect_uri": redirect,
        "state": state,
        "code_challenge": pkce.code_challenge,
        "code_challenge_method": "S256",
        "resource": named,
        **({"scope": scope} if scope else {}),
        # OpenID Connect gives a token for later only to who has consented anew.
        **({"prompt": "consent"} if "offline_access" in (scope or "").split() else {}),
    }
    door = str(known.authorization_endpoint)
    link = f"{door}{'&' if urlsplit(door).query else '?'}{urlencode(asked)}"
    if urlsplit(link).scheme not in ("https", "http") or len(link) > LONGEST_LINK:
        raise OAuthFlowError("Its link cannot be shown.")
    return {
        "link": link,
        "begun": {
            "state": state,
            "verifier": pkce.code_verifier,
            "redirect": redirect,
            "issuer": str(known.issuer),
            "names_issuer": bool(known.authorization_response_iss_parameter_supported),
            "renewal": {
                "endpoint": str(known.token_endpoint),
                "client": us.client_id,
                "secret": us.client_secret or "",
                "method": us.token_endpoint_auth_method or "none",
                "resource": named,
            },
        },
    }


async def finish(client: httpx2.AsyncClient, begun: Mapping[str, Any], code: str, issuer: str) -> dict[str, Any]:
    """What a code that was brought back gives: `token`, `refresh`, `expires_in`, and `renewal` for `renew`.

    Raises:
        OAuthFlowError: it comes from another server than was asked, or that does not take it.
    """
    # RFC 9207: a code of another server's must not be sent to this one.
    if (issuer and issuer != begun["issuer"]) or (begun["names_issuer"] and not issuer):
        raise OAuthFlowError("This comes from another server.")
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": begun["redirect"],
        "code_verifier": begun["verifier"],
    }
    return await _token(client, begun["renewal"], asked, refresh="")


async def renew(client: httpx2.AsyncClient, renewal: Mapping[str, Any], refresh: str) -> dict[str, Any]:
    """The same as `finish`, by what an earlier login gave for that. Raises OAuthFlowError."""
    return await _token(client, renewal, {"grant_type": "refresh_token", "refresh_token": refresh}, refresh=refresh)


async def _challenge(client: httpx2.AsyncClient, url: str) -> httpx2.Response:
    """How the server refuses who does not say who they are."""
    headers = {"Accept": "application/json, text/event-stream"}
    async with client.stream("POST", url, json=_HELLO, headers=headers) as response:
        if response.status_code != httpx2.codes.UNAUTHORIZED:
            raise OAuthFlowError("It wants no login.")
        return response


async def _resource(client: httpx2.AsyncClient, url: str, named: str | None) -> ProtectedResourceMetadata | None:
    """What the server says of itself (RFC 9728); None if it says nothing, as before 2025-06."""
    for place in oauth.build_protected_resource_metadata_discovery_urls(named, url):
        response = await client.send(oauth.create_oauth_metadata_request(place))
        found = await oauth.handle_protected_resource_response(response)
        if found is not None:
            wanted = resource_url_from_server_url(url)
            if not check_resource_allowed(requested_resource=wanted, configured_resource=str(found.resource)):
                raise OAuthFlowError("It speaks for another server.")
            return found
    return None


async def _metadata(client: httpx2.AsyncClient, url: str, issuer: str | None) -> OAuthMetadata:
    """What the server that logs people in says of itself (RFC 8414)."""
    parts = urlsplit(url)
    expected = issuer or f"{parts.scheme}://{parts.netloc}"
    for place in oauth.build_oauth_authorization_server_metadata_discovery_urls(issuer, url):
        goes_on, found = await oauth.handle_auth_metadata_response(
            await client.send(oauth.create_oauth_metadata_request(place))
        )
        if found is not None:
            if not oauth.issuers_match(str(found.issuer), expected):
                raise OAuthFlowError("It speaks for another server.")
            return found
        if not goes_on:
            break
    raise OAuthFlowError("It does not say how to log in.")


async def _registered(
    client: httpx2.AsyncClient, known: OAuthMetadata, redirect: str, document: str, scope: str | None
) -> OAuthClientInformationFull:
    """Who we are there."""
    if oauth.should_use_client_metadata_url(known, document or None):
        return oauth.create_client_info_from_metadata_url(document)
    if known.registration_endpoint is None:
        raise OAuthFlowError("It takes only programs that it knows.")
    told = OAuthClientMetadata.model_validate(
        {
            "client_name": "Parley",
            "redirect_uris": [redirect],
            "grant_types": _GRANTS,
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": scope,
        }
    )
    response = await client.send(oauth.create_client_registration_request(known, told, ""))
    found = await oauth.handle_registration_response(response)
    check_registration_usable(found)
    return found


async def _token(
    client: httpx2.AsyncClient, renewal: Mapping[str, Any], asked: dict[str, str], refresh: str
) -> dict[str, Any]:
    headers = {"Accept": "application/json"}
    asked |= {"client_id": renewal["client"], "resource": renewal["resource"]}
    if renewal["method"] == "client_secret_basic":
        pair = f"{quote(renewal['client'], safe='')}:{quote(renewal['secret'], safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    elif renewal["method"] == "client_secret_post":
        asked["client_secret"] = renewal["secret"]
    response = await client.post(renewal["endpoint"], data=asked, headers=headers)
    if response.status_code != httpx2.codes.OK:
        raise OAuthTokenError(f"It gave no token ({response.status_code}).")
    found = await oauth.handle_token_response_scopes(response)
    return {
        "token": found.access_token,
        # Who is given none keeps the one that was used.
        "refresh": found.refresh_token or refresh,
        "expires_in": found.expires_in or 0,
        "renewal": dict(renewal),
    }

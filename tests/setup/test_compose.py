"""The compose files start what the settings know, and each service after what it needs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import Settings

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "docker").glob("compose*.yaml"))
PLACEHOLDER = re.compile(r"\$\{(\w+):\?\}")


def composed(path: Path) -> dict[str, Any]:
    """The file as compose reads it, each of the operator's own values being a long word."""
    read: dict[str, Any] = yaml.safe_load(PLACEHOLDER.sub("a-long-enough-word", path.read_text(encoding="utf-8")))
    return read


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_service_waits_for_what_it_needs_and_has_what_it_names(path: Path) -> None:
    file = composed(path)
    services = file["services"]
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[needed]
            else:
                assert how == {"condition": "service_completed_successfully"}
                assert "restart" not in services[needed]
        named = [volume.partition(":")[0] for volume in service.get("volumes", ())]
        assert set(named) <= file["volumes"].keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_gateways_settings_are_settings_and_fit(path: Path) -> None:
    gateway = composed(path)["services"]["parley"]
    values = {name.lower(): value for name, value in gateway["environment"].items()}
    assert values.keys() <= Settings.model_fields.keys()
    settings = Settings(**values)
    assert int(gateway["stop_grace_period"].removesuffix("s")) > settings.shutdown_grace_s
    assert gateway["read_only"]
    assert (gateway["cap_drop"], gateway["security_opt"]) == (["ALL"], ["no-new-privileges:true"])


def test_three_processes_share_a_database_a_bucket_and_a_secret() -> None:
    services = composed(ROOT / "docker" / "compose.processes.yaml")["services"]
    gateway, environment = services["parley"], services["parley"]["environment"]
    assert gateway["deploy"] == {"replicas": 3}
    assert "container_name" not in gateway
    assert "ports" not in gateway
    assert {"DATABASE_URL", "BLOBS_URL", "SECRET_KEY"} <= environment.keys()
    # Nothing is kept where the others do not see it.
    assert "volumes" not in gateway
    assert any(mount.startswith(f"{environment['DATA_DIR']}:") for mount in gateway["tmpfs"])
    settings = Settings(**{name.lower(): value for name, value in environment.items()})
    assert f"@{next(name for name in services if name == 'postgres')}/" in settings.database_address()
    assert settings.aws_endpoint_url == "http://objects:9000"
    assert "/readyz" in gateway["healthcheck"]["test"][-1]
    bucket = settings.blobs_url.removeprefix("s3://").split("/")[0] if settings.blobs_url else ""
    assert services["bucket"]["command"][0].endswith(f"it/{bucket}")

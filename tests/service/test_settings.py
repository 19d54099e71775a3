"""The environment is read strictly, and every refusal says what would do."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import Settings, SettingsError, variable

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "http.md"


def test_defaults() -> None:
    settings = Settings.from_environment({"PATH": "/bin"})
    assert settings.bind == "127.0.0.1:8000"
    assert settings.models.name == "models"
    assert settings.model == "default"
    assert 1 <= settings.workers <= (os.cpu_count() or 1)


def test_every_setting_is_read() -> None:
    given = {
        "host": "0.0.0.0",
        "port": "9000",
        "models": "/srv/models",
        "model": "reviews-en",
        "reload_seconds": "2.5",
        "auth": "auto",
        "api_keys": f"{'a' * 64}, {'b' * 64}",
        "admin_key": "c" * 64,
        "cors_origins": "https://example.org http://localhost:3000",
        "playground": "off",
        "workers": "3",
        "threads": "1",
        "max_body_bytes": "1000",
        "max_documents": "10",
        "max_characters": "500",
        "max_sentences": "50",
        "max_explained": "5",
        "max_concurrent_requests": "64",
        "graceful_seconds": "0",
        "drain_file": "/run/draining",
        "log_level": "WARNING",
    }
    settings = Settings.from_environment({variable(name): text for name, text in given.items()})
    assert set(given) == set(Settings.model_fields)
    assert settings.bind == "0.0.0.0:9000"
    assert settings.models == Path("/srv/models")
    assert settings.log_level == "warning"
    assert settings.reload_seconds == 2.5
    assert settings.api_keys == ("a" * 64, "b" * 64)
    assert settings.cors_origins == ("https://example.org", "http://localhost:3000")
    assert (settings.workers, settings.graceful_seconds) == (3, 0)


def test_an_ipv6_address_is_put_in_brackets() -> None:
    assert Settings.from_environment({"SENTIMENT_HOST": "::1"}).bind == "[::1]:8000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENTIMENT_PORT", "http"),
        ("SENTIMENT_PORT", "0"),
        ("SENTIMENT_PORT", ""),
        ("SENTIMENT_HOST", ""),
        ("SENTIMENT_HOST", "http://localhost"),
        ("SENTIMENT_MODEL", "../other"),
        ("SENTIMENT_WORKERS", "0"),
        ("SENTIMENT_THREADS", "1.5"),
        ("SENTIMENT_LOG_LEVEL", "loud"),
        ("SENTIMENT_RELOAD_SECONDS", "0"),
        ("SENTIMENT_RELOAD_SECONDS", "nan"),
        ("SENTIMENT_AUTH", "no"),
        ("SENTIMENT_CORS_ORIGINS", "example.org"),
        ("SENTIMENT_CORS_ORIGINS", "https://example.org/"),
        ("SENTIMENT_DRAIN_FILE", ""),
        ("SENTIMENT_DRAIN_FILE", "/"),
    ],
)
def test_a_bad_value_is_refused_with_what_would_do(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f'{name}: received "{value}"; it takes .+'):
        Settings.from_environment({name: value})


@pytest.mark.parametrize("name", ["SENTIMENT_API_KEYS", "SENTIMENT_ADMIN_KEY"])
@pytest.mark.parametrize("received", ["hunter2", "A" * 64, "a" * 63, f"{'a' * 64} hunter2"])
def test_a_key_in_place_of_its_hash_is_refused_and_not_shown(name: str, received: str) -> None:
    with pytest.raises(SettingsError, match="python -m service key") as caught:
        Settings.from_environment({name: received})
    assert str(caught.value).startswith(f"{name}: received something else; it takes ")
    assert received not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.org"])
def test_an_address_beyond_loopback_needs_keys_or_a_word(host: str) -> None:
    with pytest.raises(SettingsError, match="SENTIMENT_AUTH=off"):
        Settings.from_environment({"SENTIMENT_HOST": host})
    Settings.from_environment({"SENTIMENT_HOST": host, "SENTIMENT_AUTH": "off"})
    Settings.from_environment({"SENTIMENT_HOST": host, "SENTIMENT_API_KEYS": "a" * 64})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_loopback_needs_no_keys(host: str) -> None:
    assert Settings.from_environment({"SENTIMENT_HOST": host}).api_keys == ()


@pytest.mark.parametrize(
    ("name", "value"), [("SENTIMENT_AUTH", "off"), ("SENTIMENT_ADMIN_KEY", "a" * 64)]
)
def test_settings_that_contradict_the_keys_are_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is .* SENTIMENT_API_KEYS"):
        Settings.from_environment({"SENTIMENT_API_KEYS": "a" * 64, name: value})


def test_an_unknown_variable_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"SENTIMENT_PROT is not.* Did you mean SENTIMENT_PORT"):
        Settings.from_environment({"SENTIMENT_PROT": "8000"})
    with pytest.raises(SettingsError, match="The settings are SENTIMENT_HOST, "):
        Settings.from_environment({"SENTIMENT_QQQQQQQQQQQQ": ""})


def test_a_variable_of_training_is_none_of_the_service_s_business() -> None:
    assert Settings.from_environment({"SENTIMENT_CACHE": "/data/sets"}) == Settings()


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"SENTIMENT_PROT": "1", "SENTIMENT_WORKERS": "many"})
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENTIMENT_PORT", "tcp://10.0.0.1:8000"),
        ("SENTIMENT_SERVICE_HOST", "10.0.0.1"),
        ("SENTIMENT_PORT_8000_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_kubernetes_service_links_are_recognised(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match="enableServiceLinks: false"):
        Settings.from_environment({name: value})


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]


def test_every_variable_is_documented() -> None:
    text = DOCUMENTATION.read_text()
    assert [name for name in Settings.model_fields if f"`{variable(name)}`" not in text] == []

"""Settings come from the environment; a wrong one is named before anything starts."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from connectors.settings import MINIMUM_SECRET_LENGTH, PROJECT_ROOT, Settings, SettingsError, load_settings

KEY = "k" * MINIMUM_SECRET_LENGTH


@pytest.fixture(autouse=True)
def _only_this_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    monkeypatch.setenv("TWINOFFICE_DATA_DIR", str(tmp_path / "var"))


def test_without_any_setting_it_is_a_demo_on_loopback_and_sqlite(tmp_path: Path) -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.is_demo) == ("127.0.0.1", 8000, True)
    assert settings.database == f"sqlite:///{tmp_path / 'var' / 'twinoffice.sqlite'}"
    assert settings.rasa == "http://127.0.0.1:5005"
    assert settings.private_base_url == "http://127.0.0.1:8001"
    assert not settings.uses_secure_cookies
    assert (settings.proof_tries_per_hour, settings.proof_tries_per_hour_per_address) == (5, 50)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PORT", "http", "integer"),
        ("PORT", "0", "greater than or equal to 1"),
        ("PORT", "65536", "less than or equal to 65535"),
        ("PRIVATE_PORT", "8000", "must differ from TWINOFFICE_PORT"),
        ("SECRET_KEY", "too short", "openssl rand -hex 32"),
        ("DATABASE_URL", "mysql://localhost/shop", "postgresql://"),
        ("DATABASE_URL", "not a url", "postgresql://"),
        ("RASA_URL", "localhost:5005", "http://"),
        ("PROOF_TRIES_PER_HOUR", "0", "greater than or equal to 1"),
        ("DEMO", "perhaps", "boolean"),
        ("SMTP_PORT", "0", "greater than or equal to 1"),
        ("SMTP_SECURITY", "ssl", "'tls', 'starttls' or 'none'"),
        ("SMTP_PASSWORD", "hunter2", "needs TWINOFFICE_SMTP_USER"),
        ("MAIL_FROM", "Lumen & Oak", "must look like"),
        ("MAIL_FROM", "Shop <shop@example.com>\nBcc: everybody@example.com", "must look like"),
        ("MAIL_FROM", "shop@example.com, other@example.com", "must look like"),
        ("PUBLIC_URL", "shop.example.com", "https://"),
        ("TIME_ZONE", "Prague", "Europe/Prague"),
        ("HOLIDAY_COUNTRY", "Czechia", "pattern"),
        ("IDENTITY_KEYS", "a:short", "at least 32 characters"),
        ("IDENTITY_KEYS", f"a:{KEY},{KEY}", "id:secret"),
        ("IDENTITY_REQUIRED", "yes", "needs TWINOFFICE_IDENTITY_KEYS"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"TWINOFFICE_{name}", value)
    with pytest.raises(SettingsError, match=f"TWINOFFICE_{name}: .*{reason}"):
        load_settings()


def test_without_any_setting_mail_hours_and_identity_are_those_of_the_demo() -> None:
    settings = load_settings()
    assert (settings.smtp_host, settings.smtp_port, settings.smtp_security) == (None, 587, "starttls")
    assert settings.mail_from == "Lumen & Oak <help@lumen-oak.example>"
    assert (str(settings.zone), settings.holiday_country) == ("Europe/Prague", "CZ")
    assert (settings.identity_keys, settings.identity_required, settings.model_file) == (None, False, None)


def test_a_mail_server_needs_a_sender_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINOFFICE_SMTP_HOST", "mail.example.com")
    with pytest.raises(SettingsError, match=r"TWINOFFICE_MAIL_FROM: .*must be an address of yours"):
        load_settings()
    for sender in ("shop@example.com", "Obchod Žofie <shop@example.com>", "<shop@example.com>"):
        monkeypatch.setenv("TWINOFFICE_MAIL_FROM", sender)
        assert load_settings().mail_from == sender


def test_links_lead_where_customers_reach_us(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().public_base_url == "http://127.0.0.1:8000"
    monkeypatch.setenv("TWINOFFICE_PUBLIC_URL", "https://chat.example.com/")
    assert load_settings().public_base_url == "https://chat.example.com"


def test_several_identity_keys_may_be_in_use_and_none_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINOFFICE_IDENTITY_KEYS", f"2026b:{KEY}, 2026a:{KEY}x")
    monkeypatch.setenv("TWINOFFICE_IDENTITY_REQUIRED", "yes")
    settings = load_settings()
    assert settings.identity_required
    assert KEY not in repr(settings)
    monkeypatch.setenv("TWINOFFICE_IDENTITY_KEYS", "2026b:not long enough")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert "not long enough" not in str(raised.value)


def test_all_wrong_settings_are_named_at_once_and_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINOFFICE_PORT", "x")
    monkeypatch.setenv("TWINOFFICE_SECRET_KEY", "my short secret")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert "TWINOFFICE_PORT" in str(raised.value)
    assert "TWINOFFICE_SECRET_KEY" in str(raised.value)
    assert "my short secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("HOST", "0.0.0.0"), ("DATABASE_URL", "postgresql://db/twinoffice"), ("DEMO", "false")],  # noqa: S104
)
def test_a_real_installation_needs_a_secret_of_its_own(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"TWINOFFICE_{name}", value)
    with pytest.raises(SettingsError, match=r"TWINOFFICE_SECRET_KEY is not set.*openssl"):
        load_settings()
    monkeypatch.setenv("TWINOFFICE_SECRET_KEY", KEY)
    assert load_settings().secret == KEY
    assert not load_settings().is_demo


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINOFFICE_SECRET_KEY", "")
    monkeypatch.setenv("TWINOFFICE_PORT", "")
    assert load_settings().port == 8000


def test_the_demo_keeps_its_secret_where_only_we_can_read_it(tmp_path: Path) -> None:
    secret = load_settings().secret
    assert len(secret) >= MINIMUM_SECRET_LENGTH
    assert load_settings().secret == secret
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o077 == 0


def test_processes_that_start_together_agree_on_the_secret_or_say_so() -> None:
    start = Barrier(8)

    def load(_: int) -> str | None:
        start.wait()
        try:
            return load_settings().secret
        except SettingsError:
            return None

    with ThreadPoolExecutor(8) as threads:
        secrets = set(threads.map(load, range(8))) - {None}
    assert secrets == {load_settings().secret}


def test_a_secret_that_was_never_written_to_the_end_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret_key").touch()
    with pytest.raises(SettingsError, match="secret_key is incomplete; delete it"):
        load_settings()


def test_a_data_folder_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TWINOFFICE_DATA_DIR", str(tmp_path / "file"))
    with pytest.raises(SettingsError, match=r"TWINOFFICE_DATA_DIR: .*cannot be used"):
        load_settings()


def test_cookies_are_secure_except_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINOFFICE_SECRET_KEY", KEY)
    monkeypatch.setenv("TWINOFFICE_HOST", "0.0.0.0")  # noqa: S104
    assert load_settings().uses_secure_cookies
    monkeypatch.setenv("TWINOFFICE_SECURE_COOKIES", "false")
    assert not load_settings().uses_secure_cookies


def test_a_data_folder_is_absolute_wherever_the_process_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWINOFFICE_DATA_DIR", "here")
    assert load_settings().data_dir == tmp_path / "here"


def test_the_example_file_lists_every_setting_and_no_other() -> None:
    ours = {f"TWINOFFICE_{name.upper()}" for name in Settings.model_fields}
    of_compose = {"TWINOFFICE_DATABASE_PASSWORD", "TWINOFFICE_RASA_DATABASE_PASSWORD", "TWINOFFICE_PUBLISH"}
    listed = re.findall(r"^# (TWINOFFICE_[A-Z_]+)=", (PROJECT_ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(ours | of_compose)


def test_what_the_demo_keeps_is_readable_by_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    assert Settings(_env_file=None, data_dir=folder).secret
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "secret_key").stat().st_mode & 0o077 == 0

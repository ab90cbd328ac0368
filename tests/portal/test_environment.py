import pytest
from django.core.exceptions import ImproperlyConfigured

from credits_portal.environment import Environment

DEVELOPMENT = "b25seS1mb3ItdGhlLXRlc3RzLW9mLXNldHRpbmdzLTE="
KEY = "ZGV2ZWxvcG1lbnQtb25seS1rZXktMDAwMDAwMDAwMDA="


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Return a function that reads settings from exactly the given variables."""

    def read(**variables):
        monkeypatch.delenv("DEBUG", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Environment(tmp_path / "absent.env")

    return read


def test_a_missing_secret_stops_the_start_and_is_named(environment):
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY must be set when DEBUG is off"):
        environment().required("SECRET_KEY", "development")


def test_debug_falls_back_on_the_development_value(environment):
    assert environment(DEBUG="1").required("SECRET_KEY", "development") == "development"


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("flag", "maybe"),
        ("secret", "short"),
        ("secret", DEVELOPMENT),
        ("origin", "credits.example.com"),
        ("origin", "https://credits.example.com/portal"),
        ("origin", "https://user@credits.example.com"),
        ("origin", "https://credits.example.com:port"),
        ("origin", "https://credits.example.com#top"),
        ("origin", "http://credits.example.com"),
        ("origin", "https://elsewhere.example.com"),
        ("hosts", "*"),
        ("hosts", "https://credits.example.com"),
        ("hosts", "credits.example.com:443"),
        ("hosts", "credits.example.com,,x"),
        ("keys", DEVELOPMENT),
        ("address", "Training credits"),
        ("address", "credits@"),
        ("picture", "https://example.com/logo.svg"),
        ("picture", "//example.com/logo.svg"),
        ("picture", "logo.svg"),
        ("folder", "/dev/null/portal"),
        ("duration", "soon"),
        ("duration", "10s -c lock_timeout=0"),
        ("keys", "short"),
        ("keys", f"{KEY},short"),
        ("words", "one,,two"),
        ("zone", "Mars/Olympus"),
        ("database", "mysql://root@localhost/portal"),
        ("database", "postgres://localhost"),
        ("mail", "pigeon://roof"),
        ("mail", "smtp://"),
        ("mail", "smtp://host:port"),
        ("redis", "localhost:6379"),
        ("redis", "redis://"),
        ("redis", "redis://host:port/0"),
        ("number", "many"),
        ("number", "-1"),
        ("number", "²"),
        ("number", "100001"),
        ("number", "9" * 5000),
    ],
)
def test_a_wrong_value_stops_the_start_and_names_its_variable(environment, method, value):
    read = getattr(environment(SOME_VARIABLE=value), method)
    fallback = {"flag": [], "redis": [], "picture": [], "number": [1]}.get(method, [DEVELOPMENT])
    others = {"hosts": ["credits.example.com"]} if method == "origin" else {}
    with pytest.raises(ImproperlyConfigured, match="SOME_VARIABLE"):
        read("SOME_VARIABLE", *fallback, **others)


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("origin", "https://credits.example.com:8443/"),
        ("hosts", ".example.com,10.0.0.7,[::1]"),
        ("address", "Training credits <credits@example.com>"),
        ("picture", "/static/logo.svg"),
        ("picture", "data:image/svg+xml;base64,PHN2Zy8+"),
        ("duration", "500ms"),
        ("redis", "rediss://:password@host:6379/0"),
        ("redis", "unix:///run/redis.sock"),
        ("mail", "smtp+tls://user:password@host:587"),
        ("mail", "consolemail://"),
    ],
)
def test_a_right_value_is_taken(environment, method, value):
    read = getattr(environment(SOME_VARIABLE=value), method)
    fallback = [] if method in {"picture", "redis"} else [DEVELOPMENT]
    others = {"hosts": ["credits.example.com"]} if method == "origin" else {}
    assert read("SOME_VARIABLE", *fallback, **others)


def test_an_error_does_not_print_a_database_password(environment):
    with pytest.raises(ImproperlyConfigured) as error:
        environment(DATABASE_URL="mysql://root:hunter2@localhost/x").database("DATABASE_URL", "")
    assert "hunter2" not in str(error.value)


def test_half_of_a_pair_stops_the_start_and_names_both(environment):
    with pytest.raises(ImproperlyConfigured, match="STRIPE_A and STRIPE_B must be set together"):
        environment(STRIPE_A="sk_1").together(STRIPE_A=("sk_",), STRIPE_B=("whsec_",))


def test_two_keys_that_were_swapped_stop_the_start(environment):
    read = environment(STRIPE_A="whsec_1", STRIPE_B="sk_1").together
    with pytest.raises(ImproperlyConfigured, match="STRIPE_A must begin with sk_ or rk_"):
        read(STRIPE_A=("sk_", "rk_"), STRIPE_B=("whsec_",))


def test_the_file_is_read_beneath_the_environment(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("PORTAL_TEST_A=file\nPORTAL_TEST_B=file\n")
    monkeypatch.setenv("PORTAL_TEST_A", "environment")
    monkeypatch.delenv("PORTAL_TEST_B", raising=False)
    environment = Environment(tmp_path / ".env")
    monkeypatch.setenv("PORTAL_TEST_B", "file")  # so that it is taken away again
    assert [environment.text(f"PORTAL_TEST_{letter}") for letter in "AB"] == ["environment", "file"]

import pytest
from django.core.exceptions import ImproperlyConfigured

from credits_portal.environment import Environment

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
        ("origin", "credits.example.com"),
        ("origin", "https://credits.example.com/portal"),
        ("keys", "short"),
        ("keys", f"{KEY},short"),
        ("words", "one,,two"),
        ("zone", "Mars/Olympus"),
        ("database", "mysql://root@localhost/portal"),
        ("database", "postgres://localhost"),
        ("mail", "pigeon://roof"),
        ("redis", "localhost:6379"),
        ("number", "many"),
        ("number", "-1"),
        ("number", "²"),
    ],
)
def test_a_wrong_value_stops_the_start_and_names_its_variable(environment, method, value):
    read = getattr(environment(SOME_VARIABLE=value), method)
    fallback = {"flag": [], "redis": [], "number": [1]}.get(method, ["fallback"])
    with pytest.raises(ImproperlyConfigured, match="SOME_VARIABLE"):
        read("SOME_VARIABLE", *fallback)


def test_an_error_does_not_print_a_database_password(environment):
    with pytest.raises(ImproperlyConfigured) as error:
        environment(DATABASE_URL="mysql://root:hunter2@localhost/x").database("DATABASE_URL", "")
    assert "hunter2" not in str(error.value)


def test_half_of_a_pair_stops_the_start_and_names_both(environment):
    with pytest.raises(ImproperlyConfigured, match="STRIPE_A and STRIPE_B must be set together"):
        environment(STRIPE_A="sk").together("STRIPE_A", "STRIPE_B")


def test_the_file_is_read_beneath_the_environment(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("PORTAL_TEST_A=file\nPORTAL_TEST_B=file\n")
    monkeypatch.setenv("PORTAL_TEST_A", "environment")
    monkeypatch.delenv("PORTAL_TEST_B", raising=False)
    environment = Environment(tmp_path / ".env")
    monkeypatch.setenv("PORTAL_TEST_B", "file")  # so that it is taken away again
    assert [environment.text(f"PORTAL_TEST_{letter}") for letter in "AB"] == ["environment", "file"]

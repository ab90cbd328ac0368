import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from credits_portal import urls as portal_urls


class Trouble:
    """What the view of these tests meets."""

    error: Exception


def view(request):
    """Fail as told."""
    if Trouble.error:
        raise Trouble.error
    return HttpResponse(f"{len(request.GET)} {len(request.POST)}")


class LateMiddleware:
    """Fails outside any view, as the session's middleware does when the database is away."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        raise Trouble.error


urlpatterns = [path("trouble/", view), path("admin/trouble/", view), *portal_urls.urlpatterns]
handler400 = "credits_portal.lib.errors.bad_request"
handler500 = "credits_portal.errors.server_error"


def locked():
    """Return the error of a row that somebody held for longer than lock_timeout."""
    error = OperationalError("canceling statement due to lock timeout")
    error.__cause__ = psycopg.errors.LockNotAvailable()
    return error


@pytest.fixture(autouse=True)
def addresses(settings):
    settings.ROOT_URLCONF = __name__
    Trouble.error = None


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (OperationalError("connection refused"), "30"),
        (InterfaceError("connection already closed"), "30"),
        (locked(), "5"),
    ],
)
def test_a_database_in_trouble_is_a_503_that_says_when_to_come_back(visitor, error, wait):
    Trouble.error = error
    answer = visitor.get("/trouble/")
    assert (answer.status_code, answer["Retry-After"]) == (503, wait)


def test_trouble_outside_a_view_is_a_503_too(visitor, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.LateMiddleware"]
    Trouble.error = OperationalError("server closed the connection unexpectedly")
    assert visitor.get("/trouble/").status_code == 503


def test_another_error_is_no_503(visitor):
    Trouble.error = DatabaseError("syntax error")
    assert visitor.get("/trouble/").status_code == 500


@override_settings(DEBUG=False)
def test_nothing_of_the_error_is_shown(visitor):
    Trouble.error = OperationalError("password authentication failed for user hunter2")
    assert b"hunter2" not in visitor.get("/trouble/").content


@pytest.mark.parametrize(
    "address",
    [
        "/trouble/?q=%00",
        "/trouble/?q=a%00b",
        "/trouble/?q=%2500&%00=1",
        "/trouble/?page=1&page=2",
        "/trouble/%00",
        "/trouble/?" + "&".join(f"f{number}=1" for number in range(1001)),
    ],
)
def test_an_address_that_nobody_types_is_refused(visitor, address):
    assert 400 <= visitor.get(address).status_code < 500


def test_an_ordinary_query_passes(visitor):
    assert visitor.get("/trouble/?q=caf%C3%A9&page=2&empty=").content == b"3 0"


def test_the_admin_may_repeat_a_parameter(visitor):
    assert visitor.get("/admin/trouble/?id=1&id=2").status_code == 200


def test_a_form_of_1001_fields_is_refused(visitor):
    fields = {f"f{number}": "1" for number in range(1001)}
    assert visitor.post("/trouble/", fields).status_code == 400


def test_a_doubled_field_of_a_form_is_refused(visitor):
    assert visitor.post("/trouble/", {"credits": ["5", "5000"]}).status_code == 400


def test_a_doubled_parameter_of_a_forms_address_is_refused(visitor):
    assert visitor.post("/trouble/?next=/&next=//evil.example").status_code == 400


def test_the_admin_may_repeat_a_field(visitor):
    assert visitor.post("/admin/trouble/", {"attended": ["1", "2"]}).status_code == 200


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "raw_unicode_escape"])
def test_a_form_in_another_encoding_is_refused(visitor, charset):
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\\ud800\r\n--x--\r\n'
    assert visitor.generic("POST", "/trouble/", body, kind).status_code == 400


def test_a_form_in_utf_8_passes(visitor):
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    assert visitor.generic("POST", "/trouble/", b"a=1", kind).content == b"0 1"


def test_a_dead_link_is_explained_in_development_too(client, settings):
    settings.DEBUG = True
    Trouble.error = Http404("no such link")
    answer = client.get("/trouble/")
    assert (answer.status_code, "look for a later mail" in answer.content.decode()) == (404, True)


def test_a_forged_host_is_refused():
    assert Client(HTTP_HOST="evil.example").get("/").status_code == 400


@pytest.mark.django_db
def test_a_forwarded_host_leads_nowhere():
    answer = Client(headers={"X-Forwarded-Host": "evil.example"}).get("/accounts/", follow=True)
    assert "evil.example" not in answer.text
    assert [url for url, _status in answer.redirect_chain if "evil" in url] == []

"""Somebody at the portal behind its proxy, with cookies, forms and no browser."""

import html
import re
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import NamedTuple
from urllib.parse import urlencode

from .production import PRODUCTION

ORIGIN, HOST = PRODUCTION["BASE_URL"], PRODUCTION["ALLOWED_HOSTS"]
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str


class Visitor:
    """Asks the web on `port` as the TLS proxy passes it on; keeps cookies and hidden fields."""

    def __init__(self, port):
        self.port = port
        self.cookies = {}
        self.hidden = {}

    def get(self, path, **headers):
        """Open a page."""
        return self._ask("GET", path, None, headers)

    def post(self, path, fields=(), **headers):
        """Send a form with the hidden fields, token included, of the page that was opened last."""
        body = urlencode(self.hidden | dict(fields))
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": ORIGIN} | headers
        return self._ask("POST", path, body, headers)

    def _ask(self, method, path, body, headers):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Host": HOST, "X-Forwarded-Proto": "https", "Cookie": cookies} | headers
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        if method == "GET" and answer.status == 200:
            self.hidden = {name: html.unescape(value) for name, value in HIDDEN.findall(text)}
        connection.close()
        return Answer(answer.status, dict(answer.headers), text)

"""The fake's HTTP: Stripe's addresses, keys that make a call happen once, and its bad days."""

import copy
import html
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from stripe import params
from stripe.params import checkout

from .shapes import UnknownParameter, check_parameters
from .world import Refusal, World

# Address -> the parameters that the library publishes for it.
POSTS = {
    "checkout/sessions": checkout.SessionCreateParams,
    "checkout/sessions/*/expire": checkout.SessionExpireParams,
    "payment_intents": params.PaymentIntentCreateParams,
    "refunds": params.RefundCreateParams,
}
GETS = {
    "checkout/sessions": checkout.SessionListParams,
    "checkout/sessions/*": checkout.SessionRetrieveParams,
    "payment_intents/*": params.PaymentIntentRetrieveParams,
    "refunds": params.RefundListParams,
    "refunds/*": params.RefundRetrieveParams,
    "disputes/*": params.DisputeRetrieveParams,
}
PREFIXES = {"checkout/sessions": "cs_test", "payment_intents": "pi", "refunds": "re"}
PREFIXES["disputes"] = "dp"
EXPANDED = {"payment_intent": "pi", "latest_charge": "ch", "charge": "ch"}


class FakeStripe(World):
    """The fake as a server on a port of its own. A context manager."""

    def __init__(self, *, webhook_url=""):
        super().__init__()
        self.webhook_url = webhook_url
        self.requests = []
        self._known = {}
        self._running = set()
        self._troubles = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.stripe = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()

    def trouble(self, kind, *, times=1, seconds=0.0):
        """Make the next calls go wrong; the library tries each call twice.

        `error`: 500 and nothing done. `lost`: done, but the answer never comes. `slow`: answered
        after `seconds`. `limit`: 429. `busy`: 409, as if the same key were under way.
        """
        self._troubles.extend([(kind, seconds)] * times)

    def told(self, event):
        """Send the event to `webhook_url`, if there is one, as Stripe would: soon, from outside."""
        if self.webhook_url:
            threading.Thread(target=self.send, args=[event], daemon=True).start()

    def send(self, event, *, patience=20):
        """Post an event to the webhook until it says 200; return the statuses."""
        body, signature = self.signed(event)
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        statuses = []
        for _ in range(patience):
            request = urllib.request.Request(self.webhook_url, body.encode(), headers)
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return [*statuses, answer.status]
            except urllib.error.HTTPError as error:
                statuses.append(error.code)
            except OSError:
                statuses.append(0)
            time.sleep(0.3)
        return statuses

    # --- One call of the API -------------------------------------------------------------------
    def answer(self, method, path, given, headers):
        """Return status, headers and JSON for a call; None if the line is cut."""
        self.requests.append((method, path, given, dict(headers)))
        kind, seconds = self._troubles.popleft() if self._troubles else ("", 0.0)
        time.sleep(seconds)
        if kind == "error":
            return problem(500, "An error of Stripe's own.", kind="api_error")
        if kind == "limit":
            return problem(429, "Too many requests.", code="rate_limit")
        if kind == "busy":
            return in_progress()
        answered = self._once(method, path, given, headers)
        return None if kind == "lost" else answered

    def _once(self, method, path, given, headers):
        """Do a call, or repeat what the same key was answered before."""
        key = headers.get("Idempotency-Key")
        if method != "POST" or not key:
            return self._try(method, path, given)
        call = (path, json.dumps(given, sort_keys=True))
        with self.guard:
            if key in self._running:
                return in_progress()
            if key in self._known:
                first, answered = self._known[key]
                return replayed(answered) if first == call else other_parameters(key)
            self._running.add(key)
        try:
            answered = self._try(method, path, given)
        finally:
            with self.guard:
                self._running.discard(key)
        self._known[key] = (call, answered)
        return answered

    def _try(self, method, path, given):
        try:
            return 200, {}, self._do(method, path, given)
        except UnknownParameter as unknown:
            said = f"Received unknown parameter: {unknown}"
            return problem(400, said, code="parameter_unknown", param=str(unknown))
        except Refusal as refusal:
            return refusal.status, {}, {"error": refusal.error}

    def _do(self, method, path, given):
        """Do one call: look its address up, check its parameters, act, expand."""
        address, number = split(path)
        published = (POSTS if method == "POST" else GETS).get(address)
        if published is None:
            raise Refusal(404, f"Unrecognized request URL ({method}: {path}).")
        check_parameters(published, given)
        act = self._posted if method == "POST" else self._read
        made = copy.deepcopy(act(address, number, given))
        for steps in given.get("expand", []):
            self._expand(made, steps.split("."))
        return made

    def _posted(self, address, number, given):
        if address == "checkout/sessions":
            return self.create_session(given)
        if address == "checkout/sessions/*/expire":
            return self.expire_session(number)
        return (
            self.create_payment(given)
            if address == "payment_intents"
            else self.create_refund(given)
        )

    def _read(self, address, number, given):
        prefix = PREFIXES[address.removesuffix("/*")]
        if number:
            return self.get(prefix, number)
        wanted = {name: given[name] for name in ("payment_intent", "status") if name in given}
        found = self.find(prefix, **wanted)
        most = int(given.get("limit", 10))
        return {
            "object": "list",
            "url": f"/v1/{address}",
            "has_more": len(found) > most,
            "data": found[:most],
        }

    def _expand(self, made, steps):
        """Put the object itself where its id stands."""
        if not steps or made is None:
            return
        if steps[0] == "data":
            for each in made["data"]:
                self._expand(each, steps[1:])
            return
        if steps[0] not in EXPANDED:
            raise Refusal(400, f"This property cannot be expanded ({steps[0]}).")
        if isinstance(made[steps[0]], str):
            made[steps[0]] = copy.deepcopy(self.get(EXPANDED[steps[0]], made[steps[0]]))
        self._expand(made[steps[0]], steps[1:])


def split(path):
    """Return an address with * for the object's id, and that id."""
    parts = path.removeprefix("/v1/").split("/")
    size = 2 if parts[0] == "checkout" else 1
    if len(parts) == size:
        return "/".join(parts), ""
    return "/".join([*parts[:size], "*", *parts[size + 1 :]]), parts[size]


def problem(status, message, *, kind="invalid_request_error", **more):
    return status, {}, {"error": {"type": kind, "message": message, **more}}


def in_progress():
    return problem(409, "Another call with this key is under way.", code="idempotency_key_in_use")


def replayed(answered):
    status, _headers, body = answered
    return status, {"Idempotent-Replayed": "true"}, body


def other_parameters(key):
    said = "Keys for idempotent requests can only be used with the same parameters"
    return problem(400, f"{said} they were first used with ('{key}').", kind="idempotency_error")


def decoded(text):
    """Return the parameters of a form such as `a[b][0][c]=1`."""
    root = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        steps = name.replace("]", "").split("[")
        place = root
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        place[steps[-1]] = value
    return listed(root)


def listed(value):
    """Turn dictionaries whose names are 0, 1, 2, ... into lists."""
    if not isinstance(value, dict):
        return value
    inner = {name: listed(each) for name, each in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


PAGE = """<!doctype html><html lang="en"><title>Checkout</title><h1>Pay {amount} {currency}</h1>
<form method="post"><button name="outcome" value="pay">Pay</button>
<button name="outcome" value="decline">Pay with a card that is declined</button></form>
<p>{said}</p><p><a href="{back}">Back to the seller</a></p></html>"""


class Handler(BaseHTTPRequestHandler):
    """Reads a request and writes the answer; connections are kept, as Stripe keeps them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self._handle("GET")

    def do_POST(self):
        self._handle("POST")

    def _handle(self, method):
        stripe = self.server.stripe
        address = urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size).decode()
        if address.path.startswith("/c/pay/"):
            return self._checkout(method, address.path.removeprefix("/c/pay/"), decoded(body))
        if self.headers.get("Authorization") != f"Bearer {stripe.secret_key}":
            return self._write(*problem(401, "Invalid API Key provided."))
        given = decoded(body if method == "POST" else address.query)
        answered = stripe.answer(method, address.path, given, self.headers)
        if answered is None:
            self.close_connection = True
            return self.connection.close()
        return self._write(*answered)

    def _checkout(self, method, number, given):
        """The page on which a buyer pays, for a browser."""
        stripe = self.server.stripe
        try:
            session, said = stripe.get("cs_test", number), ""
            if method == "POST" and given.get("outcome") == "pay":
                stripe.pay(number)
                return self._redirect(session["success_url"])
            if method == "POST":
                stripe.decline(number)
                said = "Your card was declined."
        except Refusal as refusal:
            return self._send(refusal.status, str(refusal).encode(), "text/plain")
        page = PAGE.format(
            amount=session["amount_total"] / 100,
            currency=session["currency"],
            said=said,
            back=html.escape(session["cancel_url"] or ""),
        )
        return self._send(200, page.encode(), "text/html; charset=utf-8")

    def _redirect(self, address):
        self.send_response(303)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _write(self, status, headers, body):
        self._send(status, json.dumps(body).encode(), "application/json", headers)

    def _send(self, status, body, kind, headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Request-Id", f"req_{secrets.token_hex(7)}")
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        """Stay quiet."""

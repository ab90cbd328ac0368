"""A TLS proxy as small as it can be: what stands in front of the portal in production."""

import datetime
import ssl
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.portal.production import free_port

# What belongs to one connection and not to the request or answer that it carries.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


class TlsProxy:
    """Speaks HTTPS on a free port and passes each request on to a port of this machine."""

    def __init__(self, *, to, host, folder):
        self.port = free_port()
        handler = type("Handler", (Forwarder,), {"to": to})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(host, folder))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()


class Forwarder(BaseHTTPRequestHandler):
    """Passes a request on and says, as a proxy must, whence and how it came."""

    def do_GET(self):
        """Pass the request on."""
        length = int(self.headers.get("Content-Length", 0))
        behind = HTTPConnection("127.0.0.1", self.to, timeout=30)
        behind.request(self.command, self.path, self.rfile.read(length), self._told())
        answer = behind.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        behind.close()

    do_POST = do_HEAD = do_GET  # noqa: N815

    def _told(self):
        kept = {name: self.headers[name] for name in self.headers if name.lower() not in HOP_BY_HOP}
        source = self.client_address[0]
        return {**kept, "X-Forwarded-For": source, "X-Forwarded-Proto": "https"}

    def log_message(self, *words):
        """Keep quiet."""


def certificate(host, folder):
    """Make a certificate for `host` that nobody vouches for; return its file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "proxy.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file

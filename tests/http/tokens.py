"""An issuer of tokens: keys, a loopback server that publishes them, tokens of any kind."""

import base64
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

ISSUER, AUDIENCE = "https://issuer.test", "mushrooms"
SECRET = "0123456789abcdef0123456789abcdef"


def rsa(kid=None):
    return RSAKey.generate_key(2048, {"kid": kid} if kid else None)


def elliptic(kid, curve="P-256"):
    return ECKey.generate_key(curve, {"kid": kid})


def edwards(kid):
    return OKPKey.generate_key("Ed25519", {"kid": kid})


def published(*keys):
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


def claims(**changed):
    """Return the claims of a good token; those changed to None are left out."""
    now = int(time.time())
    found = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "alice",
        "exp": now + 300,
        "iat": now,
    }
    found.update(changed)
    return {name: value for name, value in found.items() if value is not None}


def segment(value):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(key, payload=None, algorithm="RS256", **header):
    """Return a token; what is signed may be no claims at all."""
    known = {"kid": key.kid} if key.kid else {}
    head = segment({"alg": algorithm, **known, **header})
    content = f"{head}.{segment(payload or claims())}"
    model = jws.JWSRegistry.algorithms[algorithm]
    return f"{content}.{segment(model.sign(content.encode(), key))}"


def hashed(secret, payload=None):
    """Return a token with an HMAC by any bytes: the library takes no public key."""
    header = {"alg": "HS256", "kid": "first"}
    content = f"{segment(header)}.{segment(payload or claims())}"
    digest = hmac.digest(secret, content.encode(), "sha256")
    return f"{content}.{segment(digest)}"


class Issuer:
    """Publishes keys; counts how often they are fetched.

    Attributes:
        content: What is answered, with the status.
        gate: Fetches wait until it is open.
    """

    def __init__(self, *keys):
        self.content, self.status = published(*keys), 200
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Event()
        self.fetches = 0
        numbers = count(1)
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.fetches = next(numbers)
                issuer.asked.set()
                issuer.gate.wait(60)
                self.send_response(issuer.status)
                if issuer.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(issuer.content)))
                self.end_headers()
                self.wfile.write(issuer.content)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/keys"

    def publish(self, *keys):
        self.content = published(*keys)

    def stop(self):
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

"""A mail server (aiosmtpd) and a receiver of webhooks (the standard library), each writing what it got as JSON into a folder.

usage: receiver.py FOLDER CERTIFICATE KEY SECRET SMTP-PORT SMTPS-PORT HTTPS-PORT

A file `busy` in the folder makes either say "later" once, and goes away by that.
"""

import hashlib
import hmac
import http.server
import json
import os
import ssl
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

folder, certificate, key, secret = sys.argv[1:5]
starttls_port, implicit_port, https_port = map(int, sys.argv[5:8])


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made


def busy():
    try:
        os.remove(os.path.join(folder, "busy"))
        return True
    except FileNotFoundError:
        return False


def write(kind, what):
    name = os.path.join(folder, f"{kind}-{time.time_ns()}.json")
    with open(name + ".part", "w") as file:
        json.dump(what, file)
    os.rename(name + ".part", name)


class Mails:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if busy():
            return "451 later, please"
        write("mail", {
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "text": envelope.content.decode(),
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "account": session.auth_data.login.decode() if session.auth_data else None,
        })
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b"kor-node" and data.password == b"between us two"
    return AuthResult(success=good, handled=good, auth_data=data if good else None)


class Hooks(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parts = dict(part.split("=", 1) for part in self.headers["Entente-Signature"].split(","))
        expected = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        good = hmac.compare_digest(expected, parts["v1"]) and abs(time.time() - int(parts["t"])) < 60
        later = busy()
        if not later:
            write("hook", {"good": good, "body": json.loads(body), "key": self.headers["Idempotency-Key"]})
        self.send_response(503 if later else 204 if good else 403)
        self.end_headers()

    def log_message(self, *_):
        pass


common = {"hostname": "127.0.0.1", "authenticator": authenticate, "auth_required": True}
Controller(Mails(), port=starttls_port, tls_context=context(), require_starttls=True, **common).start()
# Behind TLS from the first byte on, which the library does not count as such when it asks for a password.
Controller(Mails(), port=implicit_port, ssl_context=context(), auth_require_tls=False, **common).start()
hooks = http.server.ThreadingHTTPServer(("127.0.0.1", https_port), Hooks)
hooks.socket = context().wrap_socket(hooks.socket, server_side=True)
hooks.serve_forever()

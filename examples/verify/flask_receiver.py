"""A receiver in Flask that believes only requests of Bugle.

    BUGLE_SECRET=whsec_... flask --app examples/verify/flask_receiver.py run --port 4000

(Not named flask.py: then `import flask` would import this file.)
"""

import base64
import hashlib
import hmac
import os
import re
import time

from flask import Flask, request

TOLERANCE_SECONDS = 5 * 60


def verify_signature(secret, signed, headers):
    """The `Signature` header alone: lower-case hex; the key is the secret as it was shown."""
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return is_same(expected, headers.get("signature"))


def verify_standard_webhook(secret, signed, headers, now=None):
    """Standard Webhooks: also refuses old requests, and goes on working while the secret is rotated."""
    webhook_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not webhook_id or not re.fullmatch("[0-9]{1,12}", timestamp):
        return False
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    content = f"{webhook_id}.{timestamp}.".encode() + signed
    digest = hmac.new(standard_key(secret), content, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    # One signature, or two while a secret is rotated.
    return any(is_same(expected, given) for given in headers.get("webhook-signature", "").split(" "))


def standard_key(secret):
    if secret.startswith("whsec_"):
        return base64.b64decode(secret[len("whsec_") :])
    return secret.encode()


def is_same(expected, given):
    return hmac.compare_digest(expected.encode(), (given or "").encode())


def signed_bytes():
    """What Bugle signed: the body as it arrived; with GET, the query string as it arrived."""
    return request.query_string if request.method == "GET" else request.get_data()


app = Flask(__name__)
secret = os.environ["BUGLE_SECRET"]


@app.route("/hook", methods=["GET", "POST"])
def hook():
    if not verify_standard_webhook(secret, signed_bytes(), request.headers):
        return "", 401
    # The same webhook-id may come again: do the work for it once, and answer before long work begins.
    return "", 204


@app.route("/hook/signature", methods=["GET", "POST"])
def hook_with_signature():
    genuine = verify_signature(secret, signed_bytes(), request.headers)
    return "", 204 if genuine else 401

"""What Rasa and we tell each other; runs in our environment and in Rasa's own."""

import hashlib
import hmac


def rasa_secret(secret_key: str) -> str:
    """Derived from TWINOFFICE_SECRET_KEY, so that one secret is enough to configure."""
    return hmac.new(secret_key.encode(), b"rasa", hashlib.sha256).hexdigest()

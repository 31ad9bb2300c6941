"""The five ways in which a connected system can fail, whatever the vendor calls them."""


class ConnectorError(Exception):
    """A connected system did not do what was asked; `reason` is a sentence for a person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(ConnectorError):
    """The system cannot be reached or is broken for now; trying again later may help."""


class RateLimited(ConnectorError):
    """The system asks for patience of `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: float) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class AuthFailed(ConnectorError):
    """The credentials of the connection are wrong or may not do this."""


class NotFound(ConnectorError):
    """The system has no such record."""


class Rejected(ConnectorError):
    """The system understood the request and refuses it; sending it again will not help."""

"""What is counted about requests to connected systems; labels hold names of connections, never addresses."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter(
    "twinoffice_connector_requests",
    "Requests sent to connected systems, by how they ended: ok, or the name of the connector error.",
    ["connection", "outcome"],
)
RETRIES = Counter("twinoffice_connector_retries", "Requests to connected systems that were sent again.", ["connection"])
SECONDS = Histogram(
    "twinoffice_connector_request_seconds", "How long one request to a connected system took.", ["connection"]
)
OPEN_CIRCUIT = Gauge(
    "twinoffice_connector_circuit_open", "1 while a connection is left alone because it kept failing.", ["connection"]
)

# The application: the services web and worker. Rasa needs another Python and has its own, Dockerfile.rasa.
FROM python:3.11.15-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /app
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --frozen --no-dev --no-install-project
COPY connectors ./connectors
COPY automations ./automations
COPY bot ./bot
RUN uv sync --frozen --no-dev && .venv/bin/python -m compileall -q connectors automations bot

FROM python:3.11.15-slim-bookworm
# The volume takes its owner from this folder.
RUN useradd --system --uid 10001 --no-create-home twinoffice && install -d -o twinoffice /data
WORKDIR /app
COPY --from=build /app ./
COPY data ./data
ENV PATH=/app/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp \
    TWINOFFICE_DATA_DIR=/data TWINOFFICE_HOST=0.0.0.0 TWINOFFICE_PORT=8000
USER twinoffice
VOLUME /data
EXPOSE 8000
# The worker, which has no address to ask, brings a command and a check of its own in docker-compose.yml.
CMD ["twinoffice", "web"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['TWINOFFICE_PORT'] + '/readyz', timeout=4)"]

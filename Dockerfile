# syntax=docker/dockerfile:1
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock ./
RUN python -m venv /opt/wirewatch && /opt/wirewatch/bin/pip install -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
RUN /opt/wirewatch/bin/pip install --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
# One user without a home or a shell; only the data folder is theirs.
RUN useradd --system --no-create-home --uid 10001 wirewatch \
    && install -d -o wirewatch -g wirewatch /var/lib/wirewatch
COPY --from=build /opt/wirewatch /opt/wirewatch
WORKDIR /srv/wirewatch
COPY rules ./rules
COPY fixtures ./fixtures
ENV PATH=/opt/wirewatch/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WIREWATCH_DATA=/var/lib/wirewatch \
    WIREWATCH_RULES=/srv/wirewatch/rules \
    WIREWATCH_LOG=json
USER 10001
VOLUME /var/lib/wirewatch
EXPOSE 9404
# The console answers as long as the process turns and Redis answers it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9404/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["wirewatch"]
CMD ["run"]

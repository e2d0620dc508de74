# Any Python from 3.11 on with pip and venv, the same in both stages; a digest here pins it for good.
ARG PYTHON_IMAGE=python:3.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# A slim image holds no compiler: every package must come as a wheel.
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/wirewatch \
    && pip --python /opt/wirewatch/bin/python install --only-binary=:all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
# What only building needs goes again; `pip check` says whether anything that stays wanted it.
RUN pip --python /opt/wirewatch/bin/python install --no-deps --no-build-isolation . \
    && pip --python /opt/wirewatch/bin/python uninstall --yes \
        editables hatchling packaging pathspec pluggy tomlkit trove-classifiers \
    && pip --python /opt/wirewatch/bin/python check
# The rules that ship with it, and the demo's recorded wire: readable by anyone, whatever the checkout's umask was.
WORKDIR /srv/wirewatch
COPY rules ./rules
COPY fixtures/wire ./fixtures/wire
RUN chmod -R a+rX .

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="Wirewatch" \
      org.opencontainers.image.description="Watches Telegram channels and news feeds for storylines, and keeps one living, sourced alert per event." \
      org.opencontainers.image.licenses="Apache-2.0"
# One user without a home or a shell; only the data folder is theirs, and the image runs on a read-only root.
RUN groupadd --gid 10001 wirewatch \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin wirewatch \
    && install -d -m 0700 -o wirewatch -g wirewatch /var/lib/wirewatch
COPY --from=build /opt/wirewatch /opt/wirewatch
COPY --from=build /srv/wirewatch /srv/wirewatch
WORKDIR /srv/wirewatch
ENV PATH=/opt/wirewatch/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WIREWATCH_CONSOLE=0.0.0.0:9404 \
    WIREWATCH_DATA=/var/lib/wirewatch \
    WIREWATCH_RULES=/srv/wirewatch/rules \
    WIREWATCH_LOG=json
USER 10001:10001
VOLUME /var/lib/wirewatch
EXPOSE 9404
# The console answers as long as the process turns and Redis answers it. Without a console there is nothing to ask.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as web; port = os.environ.get('WIREWATCH_CONSOLE', ':9404').rpartition(':')[2].strip(); port and web.urlopen(f'http://127.0.0.1:{port}/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["wirewatch"]
CMD ["run"]

# syntax=docker/dockerfile:1
# The hub and the simulated town in one image. Build arguments:
#   IMAGE_PREFIX   a registry mirror, with its last slash; empty = the default registry
#   PIP_INDEX_URL  a package index mirror; empty = pip's own
ARG IMAGE_PREFIX=
FROM ${IMAGE_PREFIX}library/python:3.13-slim AS build
ARG PIP_INDEX_URL=
WORKDIR /src
RUN python -m venv /opt/carehub
COPY pyproject.toml README.md LICENSE ./
COPY rules rules
COPY gateway gateway
COPY firmware_sim firmware_sim
COPY dashboards dashboards
# pip ignores PIP_INDEX_URL when it is empty. The cache stays outside the image.
RUN --mount=type=cache,target=/root/.cache/pip \
    PIP_INDEX_URL="${PIP_INDEX_URL}" /opt/carehub/bin/pip install .

FROM ${IMAGE_PREFIX}library/python:3.13-slim
# Pango and a Chinese font: reports as PDF.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
# 10001: a user of no host, so that a file of the volume belongs to nobody else. HUB_UID in docker-compose.yml.
RUN groupadd --gid 10001 carehub \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/carehub --shell /usr/sbin/nologin carehub \
    && install -d -o carehub -g carehub -m 0700 /var/lib/carehub
COPY --from=build /opt/carehub /opt/carehub
ENV PATH=/opt/carehub/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LANG=C.UTF-8 \
    CAREHUB_HUB__DATA=/var/lib/carehub
USER carehub
WORKDIR /var/lib/carehub
VOLUME /var/lib/carehub
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4).close()"]
CMD ["carehub", "run"]

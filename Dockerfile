# The service; `--target training` is what makes its models.
#
#   buildah build --format docker --tag sentiment .
#   buildah build --format docker --target training --tag sentiment-training .
#
# docker and podman build it too. The OCI format has no HEALTHCHECK, hence `--format docker`.
ARG PYTHON=docker.io/library/python:3.11-slim-bookworm

# What both images have in common: a user without a name, a place for models, and no root's rights.
FROM ${PYTHON} AS base
RUN mkdir --mode 0755 /models && chown 10001:10001 /models
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SENTIMENT_MODELS=/models
LABEL org.opencontainers.image.title="sentiment" \
      org.opencontainers.image.description="A sentiment classification service that its user owns" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim-bookworm"

# What is installed is what the pinned file names, by its hashes: wheels alone, so no compiler is
# needed, and pip comes from outside of the environment. Bytecode is made here, since nobody can
# write it later; it never looks at its source.
FROM base AS libraries
RUN python -m venv --without-pip /opt/venv
COPY requirements-serve.txt /opt/
RUN --mount=type=cache,target=/var/cache/pip \
    /usr/local/bin/python -m pip --cache-dir /var/cache/pip --python /opt/venv/bin/python install --no-compile \
      --only-binary :all: --require-hashes --requirement /opt/requirements-serve.txt \
    && /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv

FROM libraries AS training-libraries
COPY requirements-training.txt /opt/
RUN --mount=type=cache,target=/var/cache/pip \
    /usr/local/bin/python -m pip --cache-dir /var/cache/pip --python /opt/venv/bin/python install --no-compile \
      --only-binary :all: --require-hashes --requirement /opt/requirements-training.txt \
    && /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv

FROM ${PYTHON} AS code
COPY sentiment /app/sentiment
COPY service /app/service
COPY models /app/models
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /app

FROM code AS training-code
COPY training /app/training
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /app/training

# The libraries are not copied out of their stage: those of training are 2 GB.
FROM training-libraries AS training
COPY --from=training-code /app /app
# Plots and downloads are cached here; the rest of the file system may be read-only.
ENV HOME=/tmp SENTIMENT_CACHE=/tmp/cache
USER 10001:10001
ENTRYPOINT ["python", "-m", "training"]
CMD ["--help"]

FROM libraries AS serving
COPY --from=code /app /app
# Heartbeats, metrics and the mark of a drain are kept in memory, which every engine mounts there.
ENV TMPDIR=/dev/shm \
    SENTIMENT_HOST=0.0.0.0 \
    SENTIMENT_PORT=8000 \
    SENTIMENT_DRAIN_FILE=/dev/shm/draining
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "-I", "-c", "import os, sys, http.client; \
c = http.client.HTTPConnection('localhost', int(os.environ['SENTIMENT_PORT']), timeout=4); \
c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "-m", "gunicorn", "--config", "service/gunicorn_conf.py"]

# syntax=docker/dockerfile:1
# Two stages: wheels are installed in the first, only the virtual environment goes into the second. No compiler in either.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md .constraints.txt ./
COPY audio audio
COPY models models
COPY service service
# What the service needs beside the base; "postgres,oidc,s3" adds recordings in an object store.
ARG EXTRAS="postgres,oidc"
RUN python -m venv /opt/timbre \
 && /opt/timbre/bin/python -m pip install --no-cache-dir --only-binary=:all: -c .constraints.txt ".[$EXTRAS]"

# Weights are mounted at /models, or fetched while the image is built: --build-arg MODEL=small
ARG MODEL=""
ENV TIMBRE_MODELS_DIR=/models
RUN mkdir -p /models /data && if [ -n "$MODEL" ]; then /opt/timbre/bin/timbre models fetch "$MODEL"; fi

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 timbre
COPY NOTICE /usr/share/doc/timbre/NOTICE
COPY --from=build /opt/timbre /opt/timbre
COPY --from=build --chown=timbre:timbre /models /models
COPY --from=build --chown=timbre:timbre --chmod=700 /data /data
ENV PATH=/opt/timbre/bin:$PATH TIMBRE_MODELS_DIR=/models TIMBRE_DATA_DIR=/data OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
USER timbre
WORKDIR /calls
# The root file system may be read-only: /data (a volume) and /tmp (a tmpfs) are all that is written.
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Of the web side; a worker alone turns it off.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["timbre"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]

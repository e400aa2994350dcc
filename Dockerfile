# syntax=docker/dockerfile:1
# Two stages: wheels are built and installed in the first, only the virtual environment goes into the second.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md .constraints.txt ./
COPY audio audio
COPY models models
COPY service service
RUN python -m venv /opt/timbre \
 && /opt/timbre/bin/python -m pip install --no-cache-dir --only-binary=:all: -c .constraints.txt .

# Weights are mounted at /models, or fetched while the image is built: --build-arg MODEL=small
ARG MODEL=""
ENV TIMBRE_MODELS_DIR=/models
RUN mkdir -p /models && if [ -n "$MODEL" ]; then /opt/timbre/bin/timbre models fetch "$MODEL"; fi

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 timbre
COPY --from=build /opt/timbre /opt/timbre
COPY --from=build --chown=timbre:timbre /models /models
ENV PATH=/opt/timbre/bin:$PATH TIMBRE_MODELS_DIR=/models OMP_NUM_THREADS=1
USER timbre
WORKDIR /calls
# The root file system may be read-only: only /tmp is written (decoded sound, removed at the end of each call).
ENTRYPOINT ["timbre"]
CMD ["--help"]

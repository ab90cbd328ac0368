# One image for web, worker and beat; docker-compose.yml says which of them a container is.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/portal

COPY requirements-production.lock .
RUN pip install --require-hashes --requirement requirements-production.lock

COPY . .
# Collecting static files asks for no secret: these stand in for this one step.
RUN SECRET_KEY=only-for-this-build-step-that-collects-static-files PASSKEY_KEYS=YnVpbGQtc3RlcC1vbmx5LWtleS0wMDAwMDAwMDAwMDA= \
    BASE_URL=https://build.invalid ALLOWED_HOSTS=build.invalid DATABASE_URL=sqlite:////tmp/build.sqlite3 \
    EMAIL_URL=dummymail:// DEFAULT_FROM_EMAIL=build@build.invalid SUPPORT_EMAIL=build@build.invalid \
    VAR_DIR=/tmp/build python manage.py collectstatic --noinput

RUN useradd --system --home-dir /var/lib/portal --create-home portal
USER portal
ENV VAR_DIR=/var/lib/portal PORT=8000
EXPOSE 8000
CMD ["gunicorn", "--config", "python:credits_portal.serving"]

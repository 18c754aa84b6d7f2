"""django-data-shape's own example (its README, "Invariants"), with the columns that the text names; run by seeding.py.

    python django_peer.py URL PARENTS CHILDREN

Prints the seconds that building took, without Django's start and without making the tables.
"""

import datetime
import sys
import time
from urllib.parse import urlsplit

import django
from django.conf import settings

url = urlsplit(sys.argv[1])
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.path[1:],
            "HOST": url.hostname,
            "PORT": url.port,
            "USER": url.username,
        }
    },
    INSTALLED_APPS=[],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from django.db import connection, models  # noqa: E402
from django_data_shape import Constant, FanOut, PerParent, Sequential, Shape, Table, Zipf, build  # noqa: E402


class Company(models.Model):
    name = models.TextField()

    class Meta:
        app_label = "peer"
        db_table = "company"


class Project(models.Model):
    company = models.ForeignKey(Company, on_delete=models.CASCADE)
    name = models.TextField()
    created_at = models.DateTimeField()
    status = models.TextField()

    class Meta:
        app_label = "peer"
        db_table = "project"
        constraints = [  # noqa: RUF012 - Django's own way
            models.UniqueConstraint(
                fields=["company"], condition=models.Q(status="ACTIVE"), name="one_active_project_per_company"
            )
        ]


with connection.schema_editor() as editor:
    editor.create_model(Company)
    editor.create_model(Project)

start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
shape = Shape(
    Table(Company, rows=int(sys.argv[2]), name=Constant("acme")),
    Table(
        Project,
        rows=int(sys.argv[3]),
        company=FanOut(Zipf(1.2)),
        name=Constant("project"),
        created_at=Sequential(start, datetime.timedelta(minutes=1)),
        status=PerParent("company", last="ACTIVE", rest="COMPLETE"),
    ),
    seed=1234,
)
began = time.perf_counter()
build(shape)
print(time.perf_counter() - began)

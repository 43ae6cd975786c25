"""A peer: Django REST framework, as its documentation advises, for production.

A connection that is kept, JSON only, no sessions, no debugging. It runs in an
environment of its own, see benchmarks/peers.py.
"""

import hashlib
import hmac
import os
import time
import uuid
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.urls import include, path

database = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    DEBUG=False,
    SECRET_KEY="secret",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": database.hostname,
            "PORT": database.port,
            "USER": database.username,
            "NAME": database.path.removeprefix("/"),
            "CONN_MAX_AGE": None,
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "UNAUTHENTICATED_USER": None,
    },
    USE_I18N=False,
    LOGGING_CONFIG=None,
)
django.setup()

from rest_framework import pagination, routers, serializers, viewsets  # noqa: E402
from rest_framework.authentication import BasicAuthentication  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class User:
    """Any pair of name and password is a user, as with Cliquet's default."""

    is_authenticated = True

    def __init__(self, name, password):
        pair = f"{name}:{password}".encode()
        self.id = hmac.new(b"secret", pair, hashlib.sha256).hexdigest()


class BasicAuth(BasicAuthentication):
    def authenticate_credentials(self, userid, password, request=None):
        return User(userid, password), None


def now():
    return int(time.time() * 1000)


class Item(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner = models.CharField(max_length=64)
    last_modified = models.BigIntegerField(default=now)
    data = models.JSONField()

    class Meta:
        app_label = "bench"
        db_table = "peer_django"
        indexes = (
            models.Index(fields=("owner", "-last_modified"), name="django_by_time"),
        )

    def __str__(self):
        return str(self.id)


class Fields(serializers.Serializer):
    name = serializers.CharField()
    kind = serializers.IntegerField(required=False)


class ItemSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    last_modified = serializers.IntegerField(read_only=True)
    data = Fields()

    def create(self, validated_data):
        return Item.objects.create(**validated_data)

    def update(self, instance, validated_data):
        old = instance.data if self.partial else {}
        instance.data = {**old, **validated_data["data"]}
        instance.last_modified = now()
        instance.save(update_fields=["data", "last_modified"])
        return instance


class Pages(pagination.LimitOffsetPagination):
    limit_query_param = "_limit"
    default_limit = max_limit = 10_000

    def get_paginated_response(self, data):
        return Response({"data": data}, headers={"Total-Records": str(self.count)})


class Items(viewsets.ModelViewSet):
    authentication_classes = (BasicAuth,)
    pagination_class = Pages
    serializer_class = ItemSerializer

    def get_queryset(self):
        items = Item.objects.filter(owner=self.request.user.id)
        kind = self.request.query_params.get("kind")
        if kind is not None:
            try:
                items = items.filter(data__kind=int(kind))
            except ValueError as error:
                raise serializers.ValidationError({"kind": str(error)}) from error
        return items.order_by("-last_modified")

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user.id)


class Hello(APIView):
    authentication_classes = (BasicAuth,)

    def get(self, request):
        return Response({"project_name": "bench", "user": {"id": request.user.id}})


router = routers.SimpleRouter(trailing_slash=False)
router.register("items", Items, basename="item")
urlpatterns = [path("v1/", Hello.as_view()), path("v1/", include(router.urls))]

with connection.schema_editor() as editor:
    editor.create_model(Item)
application = get_wsgi_application()

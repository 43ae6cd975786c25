"""A peer: FastAPI and SQLAlchemy, as their documentation advises, for production.

Functions that wait for the database are plain ones, which FastAPI calls in threads;
the others are coroutines. It runs in an environment of its own, see
benchmarks/peers.py.
"""

import hashlib
import hmac
import os
import time
import uuid
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from pydantic import BaseModel, ConfigDict
from sqlalchemy import BigInteger, Index, create_engine, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    sessionmaker,
)

URL = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg2:")
engine = create_engine(URL)
# What was committed is answered: it need not be read again.
Sessions = sessionmaker(engine, expire_on_commit=False)


def now():
    return int(time.time() * 1000)


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "peer_fastapi"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    owner: Mapped[str]
    last_modified: Mapped[int] = mapped_column(BigInteger, default=now)
    data: Mapped[dict] = mapped_column(JSONB)


Index("fastapi_by_time", Item.owner, Item.last_modified.desc())


class Fields(BaseModel):
    name: str
    kind: int | None = None


class Changes(BaseModel):
    name: str = ""
    kind: int | None = None


class Body(BaseModel):
    data: Fields


class ChangesBody(BaseModel):
    data: Changes


class Record(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    last_modified: int
    data: Fields


class Page(BaseModel):
    data: list[Record]


async def user_of(credentials: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]):
    """Any pair of name and password is a user, as with Cliquet's default."""
    pair = f"{credentials.username}:{credentials.password}".encode()
    return hmac.new(b"secret", pair, hashlib.sha256).hexdigest()


def session_of():
    with Sessions() as session:
        yield session


User = Annotated[str, Depends(user_of)]
Database = Annotated[Session, Depends(session_of)]

application = FastAPI()


def find(session, user, item_id):
    item = session.get(Item, item_id)
    if item is None or item.owner != user:
        raise HTTPException(404)
    return item


@application.get("/v1/")
async def hello(user: User):
    return {"project_name": "bench", "user": {"id": user}}


@application.get("/v1/items")
def listed(
    session: Database,
    user: User,
    response: Response,
    limit: Annotated[int, Query(alias="_limit", ge=1, le=10_000)] = 10_000,
    kind: int | None = None,
) -> Page:
    items = select(Item).where(Item.owner == user)
    if kind is not None:
        items = items.where(Item.data["kind"].as_integer() == kind)
    total = session.scalar(select(func.count()).select_from(items.subquery()))
    response.headers["Total-Records"] = str(total)
    page = session.scalars(items.order_by(Item.last_modified.desc()).limit(limit))
    return {"data": page.all()}


@application.post("/v1/items", status_code=201)
def create(session: Database, user: User, body: Body) -> Record:
    item = Item(owner=user, data=body.data.model_dump(exclude_unset=True))
    session.add(item)
    session.commit()
    return item


@application.get("/v1/items/{item_id}")
def get(session: Database, user: User, item_id: uuid.UUID) -> Record:
    return find(session, user, item_id)


def changed(session, item, data):
    item.data, item.last_modified = data, now()
    session.commit()
    return item


@application.put("/v1/items/{item_id}")
def put(session: Database, user: User, item_id: uuid.UUID, body: Body) -> Record:
    item = find(session, user, item_id)
    return changed(session, item, body.data.model_dump(exclude_unset=True))


@application.patch("/v1/items/{item_id}")
def patch(
    session: Database, user: User, item_id: uuid.UUID, body: ChangesBody
) -> Record:
    item = find(session, user, item_id)
    changes = body.data.model_dump(exclude_unset=True)
    return changed(session, item, {**item.data, **changes})


@application.delete("/v1/items/{item_id}", status_code=204)
def delete(session: Database, user: User, item_id: uuid.UUID) -> None:
    session.delete(find(session, user, item_id))
    session.commit()


Base.metadata.create_all(engine)

from mushrooms import AuthenticatedClient
from mushrooms.api.mushroom import (
    get_mushroom_collection,
    patch_mushroom_record,
    post_mushroom_collection,
    put_mushroom_record,
)
from mushrooms.models import (
    Error,
    GetMushroomCollectionResponse200,
    Mushroom,
    MushroomChanges,
    MushroomNew,
    MushroomReplacement,
    PatchMushroomRecordJsonBody,
    PatchMushroomRecordResponse200,
    PostMushroomCollectionBody,
    PostMushroomCollectionResponse201,
    PutMushroomRecordBody,
)

URL = "http://127.0.0.1:8888/v1"
TOKEN = "YWxpY2U6c2VjcmV0"  # alice:secret
client = AuthenticatedClient(base_url=URL, token=TOKEN, prefix="Basic")

morel = PostMushroomCollectionBody(data=MushroomNew(name="Morel", rating=3))
created = post_mushroom_collection.sync_detailed(client=client, body=morel)
assert isinstance(created.parsed, PostMushroomCollectionResponse201)
record, etag = created.parsed.data, created.headers["ETag"]

listed = get_mushroom_collection.sync(
    client=client, min_rating=2, field_sort=["-rating"]
)
assert isinstance(listed, GetMushroomCollectionResponse200)
print([each.name for each in listed.data if isinstance(each, Mushroom)])

# Two write the same record: the second one is told what is there now.
for name in ("Black morel", "White morel"):
    body = PutMushroomRecordBody(data=MushroomReplacement(name=name))
    answer = put_mushroom_record.sync_detailed(
        record.id, client=client, body=body, if_match=etag
    )
    errno = [answer.parsed.errno] if isinstance(answer.parsed, Error) else []
    print(answer.status_code.value, *errno)

changes = PatchMushroomRecordJsonBody(data=MushroomChanges(rating=5))
patched = patch_mushroom_record.sync(record.id, client=client, body=changes)
assert isinstance(patched, PatchMushroomRecordResponse200)
print(patched.data.name, patched.data.rating)

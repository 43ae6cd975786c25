"""Records that one user shares with another, for tests of lists."""

ALICE = {"Authorization": "Basic YWxpY2U6"}
BOB = {"Authorization": "Basic Ym9iOg=="}


def share_some(app):
    """Make ten records of Alice's; half of them, whose ids are returned, Bob may read."""
    bob = app.get("/v0/", headers=BOB).json["user"]["id"]
    ids = []
    for number in range(10):
        body = {"data": {"name": f"n{number}"}}
        if number % 2:
            body["permissions"] = {"read": [bob]}
        answer = app.post_json("/v0/toadstools", body, headers=ALICE)
        ids.append(answer.json["data"]["id"])
    return ids[1::2]


def ids_of(answer):
    return [record["id"] for record in answer.json["data"]]

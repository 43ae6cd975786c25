from requests import Session


def merge(base, mine, theirs):
    return {**theirs, **{key: mine[key] for key in mine if mine[key] != base.get(key)}}


class Collection:
    def __init__(self, url, auth=None):
        self.url, self.etag, self.records, self.pending = url, "", {}, {}
        self.session = Session()
        self.session.auth = auth

    def change(self, id, data):  # None deletes
        base = self.pending[id][0] if id in self.pending else self.records.get(id, {})
        self.pending[id] = (base, data)

    def send(self, method, url, **options):
        response = self.session.request(method, url, timeout=30, **options)
        if response.status_code not in (404, 412):
            response.raise_for_status()
        return response

    def pull(self):
        etag, url, since = None, self.url, {"_since": self.etag} if self.etag else None
        while url:
            page = self.send("GET", url, params=since)
            etag = etag or page.headers["ETag"]  # that of the first page
            self.records |= {each["id"]: each for each in page.json()["data"]}
            url, since = page.headers.get("Next-Page"), None
        self.etag, records = etag, self.records.items()
        self.records = {id: each for id, each in records if "deleted" not in each}

    def push(self, id, base, data):
        last = base and f'"{base["last_modified"]}"'
        version = {"If-Match": last} if base else {"If-None-Match": "*"}
        method, body = ("DELETE", None) if data is None else ("PUT", {"data": data})
        response = self.send(method, f"{self.url}/{id}", headers=version, json=body)
        del self.pending[id]
        if not response.ok and data is not None:
            theirs = response.json().get("details", {}).get("existing", {})
            self.pending[id] = (theirs, merge(base, data, theirs))

    def sync(self):
        self.pull()
        while self.pending:
            for id, change in list(self.pending.items()):
                self.push(id, *change)
        self.pull()

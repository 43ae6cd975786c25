from requests import Session


def merge(base, mine, theirs):
    changed = {key: mine[key] for key in mine if mine[key] != base.get(key)}
    return {**theirs, **changed}


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
            response = self.send("GET", url, params=since)
            etag = etag or response.headers["ETag"]  # that of the first page
            for record in response.json()["data"]:
                self.keep(record["id"], record)
            url, since = response.headers.get("Next-Page"), None
        self.etag = etag

    def keep(self, id, record):
        self.records.pop(id, None)
        if record and not record.get("deleted"):
            self.records[id] = record

    def push(self, id):
        base, data = self.pending[id]
        version = {"If-None-Match": "*"}
        if base:
            version = {"If-Match": f'"{base["last_modified"]}"'}
        method, body = ("DELETE", None) if data is None else ("PUT", {"data": data})
        response = self.send(method, f"{self.url}/{id}", headers=version, json=body)
        answer = response.json()
        record = answer.get("data") or answer.get("details", {}).get("existing", {})
        del self.pending[id]
        if not response.ok and data is not None:
            self.pending[id] = (record, merge(base, data, record))
        self.keep(id, record)

    def sync(self):
        self.pull()
        while self.pending:
            for id in list(self.pending):
                self.push(id)

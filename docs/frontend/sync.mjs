const merge = (base, mine, theirs) => {
  const changed = Object.entries(mine).filter(([key, value]) => value !== base?.[key]);
  return { ...theirs, ...Object.fromEntries(changed) };
};

export class Collection {
  constructor(url, headers) {
    Object.assign(this, { url, headers, etag: "", records: new Map(), pending: new Map() });
  }
  change(id, data) { // null deletes
    this.pending.set(id, { base: this.records.get(id), ...this.pending.get(id), data });
  }
  async send(method, url, headers = {}, data = undefined) {
    const body = data && JSON.stringify({ data });
    const type = body ? { "Content-Type": "application/json" } : {};
    const response = await fetch(url, { method, body, headers: { ...this.headers, ...type, ...headers } });
    if (response.ok || [404, 412].includes(response.status)) return response;
    throw Object.assign(new Error(await response.text()), { response });
  }
  async pull() {
    let etag, next = this.etag ? `${this.url}?_since=${encodeURIComponent(this.etag)}` : this.url;
    for (let response; next; next = response.headers.get("Next-Page")) {
      response = await this.send("GET", next);
      etag ??= response.headers.get("ETag"); // that of the first page
      for (const record of (await response.json()).data)
        this.keep(record.id, record);
    }
    this.etag = etag;
  }
  keep(id, record) {
    record && !record.deleted ? this.records.set(id, record) : this.records.delete(id);
  }
  async push(id, change) {
    const { base, data } = change;
    const known = base ? { "If-Match": `"${base.last_modified}"` } : { "If-None-Match": "*" };
    const response = await this.send(data ? "PUT" : "DELETE", `${this.url}/${id}`, known, data);
    const answer = await response.json();
    const record = response.ok ? answer.data : answer.details?.existing;
    const latest = this.pending.get(id); // the user may go on while we wait
    if (latest === change && (response.ok || !data)) this.pending.delete(id);
    else if (response.ok || !latest.data) this.pending.set(id, { base: record, data: latest.data });
    else this.pending.set(id, { base: record, data: merge(latest.base, latest.data, record) });
    this.keep(id, record);
  }
  async sync() {
    await this.pull();
    while (this.pending.size) for (const [id, change] of [...this.pending]) await this.push(id, change);
  }
}

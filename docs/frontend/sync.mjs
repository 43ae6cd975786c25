const merge = (base, mine, theirs) => ({ ...theirs, ...Object.fromEntries(
  Object.entries(mine).filter(([key, value]) => value !== base?.[key]),
) });

export class Collection {
  constructor(url, headers) {
    Object.assign(this, { url, headers, etag: "", records: new Map(), pending: new Map() });
  }
  change(id, data) { // null deletes
    this.pending.set(id, { base: this.records.get(id), ...this.pending.get(id), data });
  }
  async send(method, url, version = {}, data = null) {
    const headers = { "Content-Type": "application/json", ...this.headers, ...version };
    const response = await fetch(url, { method, headers, body: data && JSON.stringify({ data }) });
    if (response.ok || [404, 412].includes(response.status)) return response;
    throw Object.assign(new Error(await response.text()), { response });
  }
  async pull() {
    let etag, next = this.etag ? `${this.url}?_since=${encodeURIComponent(this.etag)}` : this.url;
    for (let page; next; next = page.headers.get("Next-Page")) {
      page = await this.send("GET", next);
      etag ??= page.headers.get("ETag"); // that of the first page
      for (const each of (await page.json()).data)
        each.deleted ? this.records.delete(each.id) : this.records.set(each.id, each);
    }
    this.etag = etag;
  }
  async push(id, change, { base, data } = change) {
    const version = base ? { "If-Match": `"${base.last_modified}"` } : { "If-None-Match": "*" };
    const response = await this.send(data ? "PUT" : "DELETE", `${this.url}/${id}`, version, data);
    const answer = await response.json(), latest = this.pending.get(id); // the user may go on
    const theirs = response.ok && data ? answer.data : answer.details?.existing;
    if (latest === change && (response.ok || !data)) this.pending.delete(id);
    else this.pending.set(id, { base: theirs, data: latest.data && merge(latest.base, latest.data, theirs) });
  }
  async sync() {
    await this.pull();
    while (this.pending.size) for (const each of [...this.pending]) await this.push(...each);
    await this.pull();
  }
}

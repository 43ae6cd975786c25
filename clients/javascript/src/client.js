// A service and its collections.
import { Batch } from "./batch.js";
import * as calls from "./calls.js";
import { Follower } from "./following.js";
import { LocalCollection } from "./local/copy.js";
import { openStore } from "./local/store.js";
import { queryString } from "./queries.js";
import { timestampOf } from "./record.js";
import { Session } from "./session.js";

/** One service, as one user. */
export class Client {
  constructor(url, options) {
    this.session = new Session(url, options);
  }

  get url() {
    return this.session.url;
  }

  info() {
    return this.session.info();
  }

  collection(path) {
    return new Collection(this.session, calls.collectionPath(path));
  }

  /**
   * Collect calls in a function, and send them when it is done.
   *
   * Throws an `AggregateError` if some were refused; the others are done.
   */
  async batch(collect) {
    const batch = new Batch(this.session);
    const returned = await collect(batch);
    const sent = await batch.send();
    const errors = sent.map(({ error }) => error).filter(Boolean);
    if (errors.length) {
      const message = `${errors.length} of ${sent.length} requests of the batch were refused`;
      throw new AggregateError(errors, message);
    }
    return returned;
  }
}

/** The records of one collection on the server. */
export class Collection {
  constructor(session, path) {
    this.session = session;
    this.path = path;
    this.timestamp = null;
    this.horizon = 0;
  }

  /** Iterate over the records of all pages; each is asked for when it is reached. */
  async *list({ filters, sort, fields, since, limit } = {}) {
    const reached = since === undefined ? undefined : timestampOf(since);
    const query = queryString({ filters, sort, fields, since: reached, limit });
    let page = await this.run(calls.readPage(this.path + query));
    Object.assign(this, { timestamp: page.timestamp, horizon: page.horizon });
    yield* page.records;
    while (page.next) {
      page = await this.run(calls.readPage(page.next));
      this.horizon = Math.max(this.horizon, page.horizon);
      yield* page.records;
    }
  }

  get(id) {
    return this.run(calls.get(this.path, id));
  }

  create(data, options) {
    return this.run(calls.create(this.path, data, options));
  }

  replace(id, data, options) {
    return this.run(calls.replace(this.path, id, data, options));
  }

  update(id, changes, options) {
    return this.run(calls.update(this.path, id, changes, options));
  }

  delete(id, options) {
    return this.run(calls.remove(this.path, id, options));
  }

  deleteAll({ filters, ifMatch } = {}) {
    return this.run(calls.removeAll(this.path, queryString({ filters }), { ifMatch }));
  }

  /** Follow the collection: records and tombstones as they change, until it is left. */
  changes({ since, wait = 20, filters } = {}) {
    const reached = since === undefined ? undefined : timestampOf(since);
    return new Follower(this.session, this.path, { since: reached, wait, filters }).changes();
  }

  /**
   * Open a copy of the collection that works offline: in IndexedDB under a name, or in
   * memory where there is none.
   */
  async local(name = "cliquet", { memory = false } = {}) {
    const store = await openStore(name, this.session.url + this.path, { memory });
    return new LocalCollection(this.session, this.path, store);
  }

  async run({ request, settle }) {
    return settle(await this.session.send(request));
  }
}

// The copy of a collection as applications use it.
import { synchronise } from "./syncing.js";

export class LocalCollection {
  constructor(session, path, store) {
    this.session = session;
    this.path = path;
    this.store = store;
  }

  close() {
    this.store.close();
  }

  /** Return the records, in the order of their ids. */
  list() {
    return this.store.records();
  }

  /** Return a record, null if it is not there. */
  get(id) {
    return this.store.get(id);
  }

  /** Keep a record, new or changed; the next synchronisation pushes it. */
  async put(data) {
    const record = { id: crypto.randomUUID(), ...data };
    await this.store.put(record.id, record);
    return this.store.get(record.id);
  }

  /** Delete a record, here and by the next synchronisation on the server. */
  delete(id) {
    return this.store.put(id, null);
  }

  /** Return the number of changes that the server does not have yet. */
  async pending() {
    return (await this.store.changes()).length;
  }

  /** Push what was changed here, pull what was changed elsewhere. */
  sync({ strategy = "server" } = {}) {
    return synchronise(this.session, this.path, this.store, strategy);
  }
}

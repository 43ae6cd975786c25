// What a copy keeps: records, what is not pushed yet, how far it is.
//
// Every method is one transaction: whenever the program ends, the copy is whole.
//
// A row of `records` has `data`, the record as it is here, null if it was deleted here;
// `base`, what the server had when both were the same, null for what it never had; `edit`,
// the number of its last change here, null when it was pushed; `sent`, the versions that
// pushes may have left on the server; `walk`, the last reading of the collection that saw it,
// negative if it was pushed during that one and not seen.
import { Record, same } from "../record.js";
import { openIndexed } from "./indexed.js";
import { openMemory } from "./memory.js";

// Versions of one record whose answers were all lost.
const VERSIONS = 50;
const POSITION = { since: null, walk: 1, reached: null, next: null, edits: 0 };

export async function openStore(name, collection, { memory = false } = {}) {
  const isMemory = memory || typeof indexedDB === "undefined";
  return new Store(isMemory ? openMemory(name) : await openIndexed(name), collection);
}

export class Store {
  constructor(database, collection) {
    this.database = database;
    this.collection = collection;
  }

  close() {
    this.database.close();
  }

  // --- For the application ---------------------------------------------------------

  records() {
    return this.#run(async (tx) =>
      (await tx.rows()).filter(({ data }) => data !== null).map(({ data }) => new Record(data)),
    );
  }

  get(id) {
    return this.#run(async (tx) => {
      const row = await tx.row(id);
      return row?.data ? new Record(row.data) : null;
    });
  }

  /** Note that a record was changed here, or deleted (null). */
  put(id, data) {
    return this.#run(async (tx) => {
      const row = await tx.row(id);
      if (data === null && (!row || (row.base === null && row.sent === null))) {
        // What the server cannot have is forgotten.
        return tx.deleteRow(id);
      }
      const position = await tx.position();
      const edit = position.edits + 1;
      await tx.setPosition({ ...position, edits: edit });
      const before = row ?? { id, base: null, sent: null, walk: 0 };
      return tx.setRow({ ...before, data: data && plain(data), edit });
    });
  }

  // --- For pushing -----------------------------------------------------------------

  /** Return what the server does not have yet, in the order of the changes. */
  changes() {
    return this.#run(async (tx) =>
      (await tx.rows())
        .filter(({ edit }) => edit !== null)
        .sort((one, other) => one.edit - other.edit)
        .map(({ id, data, base, sent, edit }) => ({
          id, data, edit, base: base && new Record(base), sent: sent ?? [], isContested: false,
        })),
    );
  }

  /** Note, before they are sent, that the server may have these from now on. */
  noteSent(changes) {
    return this.#run(async (tx) => {
      for (const change of changes.filter(({ data, isContested }) => data && !isContested)) {
        const row = await tx.row(change.id);
        const data = plain(change.data);
        const others = change.sent.filter((version) => !same(version, data)).slice(-VERSIONS);
        if (row) await tx.setRow({ ...row, sent: [...others, data] });
      }
    });
  }

  /**
   * Note what the server has after a change was pushed, null if nothing.
   *
   * A change that was made here meanwhile stays. It was made from what was pushed, unless
   * that is what a conflict was decided to be: then it meets the conflict too.
   */
  settle(change, record) {
    return this.#run(async (tx) => {
      const row = await tx.row(change.id);
      if (!row) return;
      const isChanged = row.edit !== change.edit;
      if (isChanged && change.isContested) return;
      const base = record && plain(record);
      const { walk } = await tx.position();
      const settled = { ...row, base, sent: null, walk: row.walk === walk ? walk : -walk };
      if (!isChanged) Object.assign(settled, { data: base, edit: null });
      if (settled.edit === null && base === null) await tx.deleteRow(change.id);
      else await tx.setRow(settled);
    });
  }

  /** Keep a conflict, before it is decided. */
  noteConflict(found) {
    const key = [this.collection, found.id, JSON.stringify(found.local)];
    return this.#run((tx) =>
      tx.put("conflicts", key, { ...found, remote: found.remote && plain(found.remote) }),
    );
  }

  /** Return the conflicts that nobody was told of, and forget them. */
  takeConflicts() {
    return this.#run(async (tx) => {
      const rows = await tx.all("conflicts", this.collection);
      for (const found of rows) {
        await tx.delete("conflicts", [this.collection, found.id, JSON.stringify(found.local)]);
      }
      return rows.map((found) => ({ ...found, remote: found.remote && new Record(found.remote) }));
    });
  }

  // --- For pulling -----------------------------------------------------------------

  position() {
    return this.#run((tx) => tx.position());
  }

  /** Return the latest timestamp of the server's versions, null if it has none. */
  newest() {
    return this.#run(async (tx) =>
      (await tx.rows()).reduce(
        (found, { base }) => (base ? Math.max(found, base.last_modified) : found),
        null,
      ),
    );
  }

  /**
   * Keep a page, and where the next one is; return how many were news.
   *
   * What was changed here is left: the next push finds the conflict.
   */
  keep(records, next, reached) {
    return this.#run(async (tx) => {
      const position = await tx.position();
      let news = 0;
      for (const record of records) news += await keepOne(tx, record, position.walk);
      if (next) {
        await tx.setPosition({ ...position, next, reached });
        return news;
      }
      if (position.since === null) news += await dropUnseen(tx, position.walk, reached);
      await tx.setPosition({ ...position, since: reached, reached: null, next: null });
      return news;
    });
  }

  /** Forget how far the copy is: the next reading is of the whole collection. */
  restart() {
    return this.#run(async (tx) => {
      const { edits, walk } = await tx.position();
      await tx.setPosition({ ...POSITION, edits, walk: walk + 1 });
    });
  }

  #run(work) {
    return this.database.transaction((tx) => work(new Rows(tx, this.collection)));
  }
}

/** The rows of one collection, in a transaction. */
class Rows {
  constructor(tx, collection) {
    this.tx = tx;
    this.collection = collection;
  }

  row(id) {
    return this.tx.get("records", [this.collection, id]);
  }

  setRow(row) {
    return this.tx.put("records", [this.collection, row.id], row);
  }

  deleteRow(id) {
    return this.tx.delete("records", [this.collection, id]);
  }

  rows() {
    return this.tx.all("records", this.collection);
  }

  async position() {
    return { ...POSITION, ...(await this.tx.get("positions", [this.collection])) };
  }

  setPosition(position) {
    return this.tx.put("positions", [this.collection], position);
  }

  all(table, first) {
    return this.tx.all(table, first);
  }

  put(table, key, row) {
    return this.tx.put(table, key, row);
  }

  delete(table, key) {
    return this.tx.delete(table, key);
  }
}

async function keepOne(tx, record, walk) {
  const row = await tx.row(record.id);
  const base = row?.base ?? null;
  const isKnown = base === null ? record.deleted === true : same(base, plain(record));
  if ((row && row.edit !== null) || isKnown) {
    if (row) await tx.setRow({ ...row, walk });
    return 0;
  }
  if (record.deleted === true) await tx.deleteRow(record.id);
  else {
    const data = plain(record);
    await tx.setRow({ id: record.id, data, base: data, edit: null, sent: null, walk });
  }
  return 1;
}

/** Drop what a whole reading did not find, unless it was pushed since; return how many. */
async function dropUnseen(tx, walk, reached) {
  const isGone = ({ edit, base, walk: seen }) =>
    edit === null && (Math.abs(seen) < walk || (seen < 0 && base.last_modified <= reached));
  const gone = (await tx.rows()).filter(isGone);
  for (const { id } of gone) await tx.deleteRow(id);
  return gone.length;
}

/** Return what JSON makes of a value, as it is kept. */
function plain(data) {
  return JSON.parse(JSON.stringify(data));
}

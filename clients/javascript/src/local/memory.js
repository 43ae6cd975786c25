// Transactions over maps, one after the other: what a store needs where nothing is kept.

const databases = new Map();

/** Return a database; those of one name are the same as long as the program runs. */
export function openMemory(name) {
  if (!databases.has(name)) databases.set(name, new Database());
  return databases.get(name);
}

class Database {
  constructor() {
    this.tables = { records: new Map(), positions: new Map(), conflicts: new Map() };
    this.last = Promise.resolve();
  }

  transaction(work) {
    const result = this.last.then(async () => {
      const before = Object.entries(this.tables).map(([name, rows]) => [name, new Map(rows)]);
      try {
        return await work(new Transaction(this.tables));
      } catch (error) {
        this.tables = Object.fromEntries(before);
        throw error;
      }
    });
    this.last = result.catch(() => {});
    return result;
  }

  close() {}
}

class Transaction {
  constructor(tables) {
    this.tables = tables;
  }

  async get(table, key) {
    const row = this.tables[table].get(JSON.stringify(key));
    return row && structuredClone(row);
  }

  async put(table, key, row) {
    this.tables[table].set(JSON.stringify(key), structuredClone(row));
  }

  async delete(table, key) {
    this.tables[table].delete(JSON.stringify(key));
  }

  /** Return the rows whose key begins with a text, in the order of keys. */
  async all(table, first) {
    return [...this.tables[table]]
      .map(([key, row]) => [JSON.parse(key), row])
      .filter(([key]) => key[0] === first)
      .sort(([one], [other]) => compare(one, other))
      .map(([, row]) => structuredClone(row));
  }
}

function compare(one, other) {
  const index = one.findIndex((part, at) => part !== other[at]);
  return index < 0 ? 0 : one[index] < other[index] ? -1 : 1;
}

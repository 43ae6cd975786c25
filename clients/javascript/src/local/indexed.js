// Transactions of IndexedDB: what a store needs in a browser.

const TABLES = ["records", "positions", "conflicts"];

/** Open the database of a name, made if it is not there. */
export async function openIndexed(name) {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    for (const table of TABLES) opening.result.createObjectStore(table);
  };
  return new Database(await done(opening));
}

class Database {
  constructor(database) {
    this.database = database;
    // Another tab may delete the database, or bring a later version.
    database.onversionchange = () => database.close();
  }

  async transaction(work) {
    const transaction = this.database.transaction(TABLES, "readwrite");
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("Aborted"));
    });
    try {
      const result = await work(new Transaction(transaction));
      await ended;
      return result;
    } catch (error) {
      ended.catch(() => {});
      try {
        transaction.abort();
      } catch {
        // It ended by itself.
      }
      throw error;
    }
  }

  close() {
    this.database.close();
  }
}

class Transaction {
  constructor(transaction) {
    this.transaction = transaction;
  }

  get(table, key) {
    return done(this.transaction.objectStore(table).get(key));
  }

  put(table, key, row) {
    return done(this.transaction.objectStore(table).put(row, key));
  }

  delete(table, key) {
    return done(this.transaction.objectStore(table).delete(key));
  }

  all(table, first) {
    // An array sorts after every text.
    const range = IDBKeyRange.bound([first], [first, []]);
    return done(this.transaction.objectStore(table).getAll(range));
  }
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

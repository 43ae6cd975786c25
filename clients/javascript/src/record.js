// Records and tombstones as the server has them.

/** A record: an object of its fields, with what the server tells about it. */
export class Record {
  constructor(data, permissions = null) {
    // Fields may have any name, that of a getter or `__proto__` included.
    for (const [name, value] of Object.entries(data)) {
      Object.defineProperty(this, name, {
        value, enumerable: true, writable: true, configurable: true,
      });
    }
    if (!Object.hasOwn(data, "permissions")) {
      Object.defineProperty(this, "permissions", { value: permissions });
    }
  }

  /** Time of the last change, in milliseconds. */
  get timestamp() {
    return this.last_modified;
  }

  /** The entity tag that conditions are made of. */
  get etag() {
    return `"${this.last_modified}"`;
  }
}

/** Return whether there is no record: none that can be seen, or a tombstone. */
export function isGone(record) {
  return record === null || record.deleted === true;
}

/** Return an entity tag, of a record, a timestamp, or a tag. */
export function entityTag(version) {
  if (typeof version === "object") return `"${version.last_modified}"`;
  return typeof version === "number" ? `"${version}"` : version;
}

export function timestampOf(version) {
  return Number(entityTag(version).replace(/^W\//, "").replaceAll('"', ""));
}

/** Return whether two values of JSON are the same. */
export function same(one, other) {
  if (one === other) return true;
  if (!one || !other || typeof one !== "object" || typeof other !== "object") return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && same(one[name], other[name]))
  );
}

/**
 * Return whether a record is what a replacement made of it.
 *
 * The server may have added fields to the data that was sent, not changed any; fields of
 * the base, which was replaced, that are no longer in the data are gone.
 */
export function holds(record, data, base = {}) {
  const value = (of, name) => (Object.hasOwn(of, name) ? of[name] : null);
  return [...new Set([...Object.keys(base ?? {}), ...Object.keys(data)])].every(
    (name) => name === "last_modified" || same(value(record, name), value(data, name)),
  );
}

// Query strings of lists: values are written so that the server reads them as they are.

const PLAIN = /^[\p{L}_][\p{L}\p{N}_.:/-]*$/u;
const LITERALS = /^(on|off|true|false|yes|no|none)$/i;

/** Return a query string with its question mark, or nothing. */
export function queryString({ filters = {}, sort, fields, ...others } = {}) {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) pairs.append(name, text(name, value));
  if (sort) pairs.append("_sort", sort);
  if (fields) pairs.append("_fields", fields.join(","));
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined && value !== null) pairs.append(`_${name}`, String(value));
  }
  return pairs.size ? `?${pairs}` : "";
}

function text(name, value) {
  if (Array.isArray(value)) return value.map(member).join(",");
  // It is text for the server, whatever it looks like.
  if (name.startsWith("like_")) return String(value);
  return /^(in|exclude|contains|contains_any)_/.test(name) ? member(value) : scalar(value);
}

function member(value) {
  const written = scalar(value);
  if (written.includes(",")) {
    throw new RangeError(`A value of several cannot have a comma: ${written}`);
  }
  return written;
}

function scalar(value) {
  if (value === null) return "None";
  if (typeof value !== "string") return JSON.stringify(value);
  return PLAIN.test(value) && !LITERALS.test(value) ? value : JSON.stringify(value);
}

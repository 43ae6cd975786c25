// What calls throw: refusals of the server, answers that never came.
import { Record } from "./record.js";

export class ClientError extends Error {
  get name() {
    return this.constructor.name;
  }
}

/** No answer came, after all attempts: it is not known whether it was done. */
export class UnreachableError extends ClientError {}

/** The server refused. */
export class ProtocolError extends ClientError {
  constructor({ status, headers, body }) {
    const told = body && typeof body === "object" ? body : {};
    const message = String(told.message || told.error || "");
    super(`${status}${told.errno ? `, errno ${told.errno}` : ""}: ${message}`);
    this.status = status;
    this.headers = headers;
    this.errno = told.errno ?? null;
    this.details = told.details ?? null;
  }
}

/** The record was changed meanwhile, or exists already: 409 or 412. */
export class Conflict extends ProtocolError {
  constructor(answer) {
    super(answer);
    const existing = this.details?.existing;
    this.existing = existing ? new Record(existing) : null;
  }
}

const HISTORY_FORGOTTEN = 123;

/** Not all deletions are known that one asked for: read the whole list anew. */
export class HistoryForgotten extends ProtocolError {
  constructor(answer) {
    super(answer);
    this.horizon = Number((answer.headers.get("Horizon") ?? "0").replaceAll('"', ""));
  }

  /** Return the error of an answer that is none of refusal, but tells the same. */
  static upTo(horizon) {
    const message = `Not all deletions up to ${horizon} are known.`;
    const headers = new Headers({ Horizon: `"${horizon}"` });
    return new this({ status: 200, headers, body: { errno: HISTORY_FORGOTTEN, message } });
  }
}

/** Return the answer, unless it is a refusal. */
export function checked(answer) {
  const { status } = answer;
  if ((status >= 200 && status < 300) || status === 304) return answer;
  throw new (kindOf(answer))(answer);
}

function kindOf({ status, body }) {
  if (status === 409 || status === 412) return Conflict;
  return body?.errno === HISTORY_FORGOTTEN ? HistoryForgotten : ProtocolError;
}

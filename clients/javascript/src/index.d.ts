/** What JSON can say. */
export type Data = { [name: string]: unknown };
export type Permissions = { [permission: string]: string[] };
/** A version of a record: itself, its timestamp, or an entity tag; `"*"` is any. */
export type Version = Record | { last_modified: number } | number | string;

export interface Alert {
  code?: string;
  message: string;
  url?: string;
}

export interface Options {
  /** Name and password of Basic authentication. */
  auth?: [user: string, password: string];
  /** Sent with every request: `{ Authorization: "Bearer …" }`. */
  headers?: { [name: string]: string };
  /** Seconds after which an answer is lost; 30. */
  timeout?: number;
  /** How often a request is sent again; 4. */
  retries?: number;
  /** Seconds that are waited at once; 60. Who asks for more is told to you by the error. */
  longestWait?: number;
  /** Seconds of silence after which a stream of changes is lost; 45. */
  longestSilence?: number;
  fetch?: typeof fetch;
  sleep?: (seconds: number) => Promise<void>;
  now?: () => number;
  random?: () => number;
  /** Called once, when the service announces its end. */
  onAlert?: (alert: Alert) => void;
}

/** A record, with its fields; or a tombstone, of which `deleted` is true. */
export class Record {
  [field: string]: any;
  readonly id: string;
  readonly last_modified: number;
  readonly deleted?: boolean;
  readonly permissions: Permissions | null;
  readonly timestamp: number;
  readonly etag: string;
}

export class ClientError extends Error {}
export class UnreachableError extends ClientError {}
export class ProtocolError extends ClientError {
  readonly status: number;
  readonly errno: number | null;
  readonly details: any;
  readonly headers: Headers;
}
export class Conflict extends ProtocolError {
  readonly existing: Record | null;
}
export class HistoryForgotten extends ProtocolError {
  readonly horizon: number;
}

export interface ListOptions {
  /** Values by parameter: `{ min_rank: 3, in_status: [1, 2] }`. */
  filters?: { [parameter: string]: unknown };
  /** Names of fields, with a minus for descending: `"-rank,title"`. */
  sort?: string;
  fields?: string[];
  /** Only what was changed after it, tombstones included. */
  since?: Version;
  limit?: number;
}

export interface WriteOptions {
  permissions?: Permissions;
  /** Only if it is still this version; a conflict otherwise. */
  ifMatch?: Version;
}

export interface ReplaceOptions extends WriteOptions {
  /** `"*"` only creates. */
  ifNoneMatch?: Version;
}

/** The result of a call in a batch, once the batch was sent. */
export interface Deferred<Result> {
  /** Return it, or throw what the call was refused for. */
  result(): Result;
}

export interface BatchCollection {
  get(id: string): Deferred<Record>;
  create(data: Data, options?: Pick<WriteOptions, "permissions">): Deferred<Record>;
  replace(id: string, data: Data, options?: ReplaceOptions): Deferred<Record>;
  update(id: string, changes: Data, options?: WriteOptions): Deferred<Record>;
  delete(id: string, options?: Pick<WriteOptions, "ifMatch">): Deferred<Record>;
}

export interface Batch {
  collection(path: string): BatchCollection;
}

/** One service, as one user. */
export class Client {
  constructor(url: string, options?: Options);
  readonly url: string;
  /** Return the hello page. */
  info(): Promise<any>;
  collection(path: string): Collection;
  /**
   * Collect calls in a function, and send them when it is done.
   *
   * Throws an `AggregateError` if some were refused; the others are done.
   */
  batch<Result>(collect: (batch: Batch) => Result | Promise<Result>): Promise<Result>;
}

/** The records of one collection on the server. */
export class Collection {
  readonly path: string;
  /** That of the last list. */
  readonly timestamp: number | null;
  /** Up to when deletions may be missing in the last list, else 0. */
  readonly horizon: number;
  /** Iterate over the records of all pages; each is asked for when it is reached. */
  list(options?: ListOptions): AsyncIterable<Record>;
  get(id: string): Promise<Record>;
  create(data: Data, options?: Pick<WriteOptions, "permissions">): Promise<Record>;
  replace(id: string, data: Data, options?: ReplaceOptions): Promise<Record>;
  update(id: string, changes: Data, options?: WriteOptions): Promise<Record>;
  delete(id: string, options?: Pick<WriteOptions, "ifMatch">): Promise<Record>;
  deleteAll(options?: Pick<ListOptions, "filters"> & Pick<WriteOptions, "ifMatch">): Promise<Record[]>;
  /**
   * Follow the collection: records and tombstones as they change, until it is left.
   * Throws HistoryForgotten where not all deletions since then are known any more.
   */
  changes(options?: {
    since?: Version;
    /** Seconds between two looks where the server has no live changes; 20. */
    wait?: number;
    filters?: ListOptions["filters"];
  }): AsyncIterableIterator<Record>;
  /** Open a copy that works offline: in IndexedDB, or in memory where there is none. */
  local(name?: string, options?: { memory?: boolean }): Promise<LocalCollection>;
}

/** A record that was changed here and on the server. */
export interface Found {
  id: string;
  /** What it is here, null if it was deleted. */
  local: Data | null;
  /** What it is on the server: a record, a tombstone, null if it cannot be read. */
  remote: Record | null;
  /** What it was when both were the same, null if it was made here. */
  base: Data | null;
}

/** Who wins a conflict: the server, the client, or what a function returns, null for deleted. */
export type Strategy = "server" | "client" | ((found: Found) => Data | null);

export interface Result {
  /** Number of local changes that the server has now. */
  pushed: number;
  /** Number of records that others changed or deleted. */
  pulled: number;
  /** What was changed on both sides; the strategy decided. */
  conflicts: Found[];
  /** What the server does not take; it is kept here, and tried again. */
  refused: { id: string; error: ProtocolError }[];
}

/** A copy of a collection: it is read and changed offline. */
export class LocalCollection {
  list(): Promise<Record[]>;
  /** Return a record, null if it is not there. */
  get(id: string): Promise<Record | null>;
  /** Keep a record, new or changed; the next synchronisation pushes it. */
  put(data: Data): Promise<Record>;
  delete(id: string): Promise<void>;
  /** Return the number of changes that the server does not have yet. */
  pending(): Promise<number>;
  /** Push what was changed here, pull what was changed elsewhere. */
  sync(options?: { strategy?: Strategy }): Promise<Result>;
  close(): void;
}

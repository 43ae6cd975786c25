export { Client, Collection } from "./client.js";
export { ClientError, Conflict, HistoryForgotten, ProtocolError, UnreachableError } from "./errors.js";
export { LocalCollection } from "./local/copy.js";
export { Record } from "./record.js";

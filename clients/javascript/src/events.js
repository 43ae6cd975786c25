// Server-sent events, read as the HTML Living Standard says (9.2.6).

export const MEDIA_TYPE = "text/event-stream";

/** The reader of one stream, which comes in chunks that may end anywhere. */
export class EventReader {
  constructor() {
    // Of the last event that is complete, or of what has an id alone.
    this.lastId = "";
    // Seconds that the server wants clients to be away; null if it tells none.
    this.retry = null;
    // They show that the connection lives.
    this.comments = 0;
    this.decoder = new TextDecoder();
    this.line = [];
    this.isAfterCr = false;
    this.type = "";
    this.data = [];
    this.id = "";
  }

  /** Return the events that a chunk completes: `{ type, data, id }`. */
  feed(chunk) {
    let text = this.decoder.decode(chunk, { stream: true });
    if (this.isAfterCr && text) {
      // The line has ended, by the first half of what ends it.
      if (text[0] === "\n") text = text.slice(1);
      this.isAfterCr = false;
    }
    if (!text) return [];
    this.isAfterCr = text.endsWith("\r");
    const lines = text.split(/\r\n|\r|\n/);
    const rest = lines.pop();
    if (lines.length) {
      lines[0] = this.line.join("") + lines[0];
      this.line = [];
    }
    this.line.push(rest);
    return lines.map((line) => this.read(line)).filter(Boolean);
  }

  read(line) {
    if (!line) return this.dispatch();
    const [, name, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
    this.keep(name, value ?? "");
    return null;
  }

  keep(name, value) {
    if (!name) this.comments += 1;
    else if (name === "data") this.data.push(value);
    else if (name === "event") this.type = value;
    else if (name === "id" && !value.includes("\0")) this.id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) this.retry = Number(value) / 1000;
  }

  dispatch() {
    this.lastId = this.id;
    const { data, type } = this;
    Object.assign(this, { data: [], type: "" });
    return data.length ? { type: type || "message", data: data.join("\n"), id: this.id } : null;
  }
}

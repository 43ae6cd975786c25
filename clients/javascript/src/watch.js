// How long the connection of a stream is kept.
import { MEDIA_TYPE } from "./events.js";

/** What cuts a stream after seconds of silence, or when whoever follows it has left. */
export class Watch {
  constructor(seconds, left) {
    const controller = new AbortController();
    this.cut = () => controller.abort();
    Object.assign(this, { seconds, left, signal: controller.signal });
    left.addEventListener("abort", this.cut);
    if (left.aborted) this.cut();
    this.listen();
  }

  listen() {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.cut, this.seconds * 1000);
  }

  /** Iterate over chunks, until the stream ends or is cut, which is the same. */
  async *chunks(body) {
    const reader = body.getReader();
    try {
      while (true) {
        this.listen();
        const { done, value } = await reader.read().catch(() => ({ done: true }));
        // Whoever takes what came may take long.
        clearTimeout(this.timer);
        if (done) return;
        yield value;
      }
    } finally {
      this.end();
    }
  }

  /** Close the connection. */
  end() {
    clearTimeout(this.timer);
    this.left.removeEventListener("abort", this.cut);
    this.cut();
  }
}

/** Return whether the body of a response is events, which do not end. */
export function isStream({ status, headers, body }) {
  const type = (headers.get("Content-Type") ?? "").split(";")[0].trim().toLowerCase();
  return status === 200 && type === MEDIA_TYPE && body !== null;
}

// Following a collection: what was changed, in order, over and over.
//
// By a stream where the server has such; else by lists that it answers when there is
// something new; else by lists, now and then. Each goes on where the one before ended.
import { readPage } from "./calls.js";
import { HistoryForgotten, checked } from "./errors.js";
import { EventReader, MEDIA_TYPE } from "./events.js";
import { queryString } from "./queries.js";
import { Record } from "./record.js";
import { isBusy, secondsOf } from "./session.js";

// Seconds, below those in which clients expect an answer.
const LONGEST_POLL = 25;
// Answers of servers, or of what is in front of them, that have no streams.
const HAS_NO_STREAMS = [405, 406, 501];
// Streams in a row that were cut before they said anything: something holds them back.
const MUTE_STREAMS = 3;

/** Where one is in the changes of a collection. */
export class Follower {
  constructor(session, path, { since, wait, filters }) {
    Object.assign(this, { session, path, since, wait, filters });
    this.next = null;
    this.reached = 0;
    this.isResumed = false;
    this.hasStreams = true;
    this.wantsList = false;
    this.vain = 0;
    this.mute = 0;
    this.left = new AbortController();
  }

  /** Iterate over changes, for ever; who leaves a stream closes its connection at once. */
  changes() {
    const found = this.follow();
    const leave = (value) => {
      // It may wait for a change that does not come.
      this.left.abort();
      return found.return(value);
    };
    return {
      next: () => found.next(),
      return: leave,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async *follow() {
    while (!this.left.signal.aborted) {
      const { records = [], pause = 0, stream } = await this.look();
      yield* records;
      let seconds = pause;
      if (stream) {
        yield* this.told(stream);
        seconds = this.end();
      }
      if (seconds && !this.left.signal.aborted) await this.session.sleep(seconds);
    }
  }

  /** Look once: open a stream, or read the page of a list. */
  async look() {
    this.since ??= (await this.run(readPage(`${this.path}?_limit=1`))).timestamp;
    const { capabilities = {} } = await this.session.knownInfo();
    const isLive = "stream" in capabilities;
    // Who waits for less than a second looks again by itself, not over and over.
    if (!isLive || !this.hasStreams) return this.list(isLive && this.wait >= 1);
    if (!this.next && !this.wantsList) return this.open();
    this.wantsList = false;
    const { records } = await this.list(false);
    return { records };
  }

  async open() {
    const headers = { Accept: MEDIA_TYPE };
    if (this.isResumed) headers["Last-Event-ID"] = String(this.since);
    const path = this.path + queryString({ filters: this.filters, since: this.since });
    const answer = await this.session.open({ method: "GET", path, headers }, this.left.signal);
    if (answer.error) {
      this.mute += 1;
      return { pause: this.retreat(answer) };
    }
    if (answer.chunks) {
      Object.assign(this, { reader: new EventReader(), hasTold: false });
      return { stream: answer.chunks };
    }
    const asked = secondsOf(answer.headers, "Retry-After");
    if (isBusy(answer) && asked <= this.session.longestWait) return { pause: this.retreat(answer) };
    if (!HAS_NO_STREAMS.includes(answer.status)) checked(answer);
    this.hasStreams = false;
    return {};
  }

  /** Iterate over the changes that a stream tells. */
  async *told(stream) {
    for await (const chunk of stream) {
      const read = this.reader.feed(chunk);
      const horizon = read.find(({ type }) => type === "horizon");
      if (horizon) throw HistoryForgotten.upTo(Number(horizon.data));
      const events = read.filter(({ type }) => type === "message");
      if (/^\d+$/.test(this.reader.lastId)) {
        Object.assign(this, { since: Number(this.reader.lastId), isResumed: true });
      }
      if (events.length) this.hasTold = true;
      yield* events.map(({ data }) => new Record(JSON.parse(data)));
    }
  }

  /** Note that the stream ended; return seconds until the next look. */
  end() {
    const { reader, session } = this;
    const retry = Math.min(reader.retry ?? 0, session.longestWait);
    this.mute = reader.lastId ? 0 : this.mute + 1;
    if (!this.hasTold && !reader.comments) return retry + this.retreat(null);
    this.vain = 0;
    return retry + session.delay(null, 0);
  }

  /** Return seconds until a look at a list, which may do where streams do not. */
  retreat(answer) {
    this.vain += 1;
    this.wantsList = true;
    this.hasStreams = this.mute < MUTE_STREAMS;
    return this.session.delay(answer, this.vain);
  }

  async list(waits) {
    const isFirst = !this.next;
    const query = queryString({
      filters: this.filters, sort: "last_modified", since: this.since,
      wait: waits ? Math.min(Math.floor(this.wait), LONGEST_POLL) : undefined,
    });
    const ifNoneMatch = isFirst && !waits ? this.since : undefined;
    const page = await this.run(readPage(this.next ?? this.path + query, { ifNoneMatch }));
    // On a later page as well: what was not read yet may be forgotten meanwhile.
    if (page.horizon > this.since) throw HistoryForgotten.upTo(page.horizon);
    if (isFirst) this.reached = page.timestamp;
    this.next = page.next;
    // What is newer than the first page, and was not read with the others, is news for the
    // next look.
    const newest = page.records.at(-1)?.last_modified ?? 0;
    if (!page.next) this.since = Math.max(this.reached, newest);
    const atOnce = waits || page.next || page.records.length;
    return { records: page.records, pause: atOnce ? 0 : this.wait };
  }

  async run({ request, settle }) {
    return settle(await this.session.send(request));
  }
}

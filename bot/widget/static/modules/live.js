/* Keeps one conversation up to date: event stream, else long poll, slow poll while the tab is hidden. */

import { ApiError } from "./api.js";
import { readEvents } from "./events.js";
import { backoffDelay } from "./patience.js";

const LONG_POLL_SECONDS = 25;
// A browser opens six HTTP/1.1 connections to a host for all tabs together: hidden tabs give theirs back.
const HIDDEN_GRACE_MS = 5_000;
const HIDDEN_POLL_MS = 15_000;
const SILENCE_MS = 45_000; // the server sends at least a comment every 15 s
const FIRST_BYTE_MS = 20_000; // later means that a proxy on the way collects the stream
const STREAM_ATTEMPTS = 2;

export class Live {
  #api;
  #listener;
  #following = null;
  #interrupt = () => {};
  #streamTroubles = 0;
  #hiddenTimer;

  /** listener: lastSeq(), received(messages), ownerIs(answer), readUpTo(seq), typing(...), connection(state), unknownToken(token) */
  constructor(api, listener, signal) {
    this.#api = api;
    this.#listener = listener;
    window.addEventListener("online", () => this.nudge(), { signal });
    window.addEventListener("offline", () => this.nudge(), { signal });
    document.addEventListener("visibilitychange", () => this.#visibilityChanged(), { signal });
  }

  follow(token) {
    this.stop();
    const following = { token };
    this.#following = following;
    this.#listener.connection("connecting");
    void this.#loop(following);
  }

  stop() {
    this.#following = null;
    this.#interrupt();
  }

  /** Ends the current wait or stream: the loop looks again at once. */
  nudge() {
    this.#interrupt();
  }

  #visibilityChanged() {
    clearTimeout(this.#hiddenTimer);
    if (document.hidden) this.#hiddenTimer = setTimeout(() => this.#interrupt(), HIDDEN_GRACE_MS);
    else this.nudge();
  }

  async #loop(following) {
    let failures = 0;
    while (this.#following === following) {
      try {
        await this.#poll(following, 0);
        failures = 0;
        await this.#staySynchronised(following);
      } catch (error) {
        if (this.#following !== following) return;
        if (error.isUnknownToken) return void this.#listener.unknownToken(following.token);
        if (!(error instanceof ApiError)) reportError(error); // a fault of ours: shown, and the chat goes on
        failures += 1;
        this.#listener.connection("reconnecting");
        await this.#pause(backoffDelay(failures, error.retryAfterSeconds ?? null));
      }
    }
  }

  async #staySynchronised(following) {
    if (document.hidden) {
      this.#listener.connection("polling");
      await this.#pause(HIDDEN_POLL_MS);
    } else if (this.#streamTroubles < STREAM_ATTEMPTS) {
      await this.#stream(following);
    } else {
      this.#listener.connection("polling");
      while (this.#following === following && !document.hidden) await this.#poll(following, LONG_POLL_SECONDS);
    }
  }

  async #poll(following, waitSeconds) {
    await this.#interruptible(async (signal) => {
      const answer = await this.#api.messagesAfter(following.token, this.#listener.lastSeq(), waitSeconds, signal);
      if (this.#following !== following) return;
      this.#listener.received(answer.messages);
      this.#listener.readUpTo(answer.read_seq ?? 0);
      this.#listener.ownerIs(answer);
    });
  }

  async #stream(following) {
    const silence = { timer: 0, isHeard: false, isTooLong: false };
    const wasInterrupted = await this.#interruptible(async (signal, interrupt) => {
      const expectBytes = (patience) => {
        clearTimeout(silence.timer);
        silence.timer = setTimeout(() => {
          silence.isTooLong = true;
          interrupt();
        }, patience);
      };
      const onBytes = () => {
        silence.isHeard = true;
        expectBytes(SILENCE_MS);
      };
      expectBytes(FIRST_BYTE_MS);
      await this.#readStream(following, signal, onBytes);
    }).finally(() => clearTimeout(silence.timer));
    if (silence.isHeard) this.#streamTroubles = 0;
    else if (!wasInterrupted || silence.isTooLong) this.#streamTroubles += 1;
    if (!wasInterrupted) await this.#pause(500); // the server ended it, as when it restarts
  }

  async #readStream(following, signal, onBytes) {
    const body = await this.#openStream(following, signal);
    if (!body) return;
    for await (const event of readEvents(body, onBytes)) {
      if (this.#following !== following) return;
      this.#dispatch(event);
    }
  }

  async #openStream(following, signal) {
    try {
      const response = await this.#api.openEvents(following.token, this.#listener.lastSeq(), signal);
      const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
      if (isStream && response.body && this.#following === following) {
        this.#listener.connection("live");
        return response.body;
      }
      this.#streamTroubles = STREAM_ATTEMPTS;
    } catch (error) {
      if (error.isUnknownToken || error.isPassing) throw error;
      this.#streamTroubles = STREAM_ATTEMPTS; // this server or a proxy before it has no streams
    }
    return null;
  }

  #dispatch({ event, data }) {
    const value = JSON.parse(data);
    if (event === "message") this.#listener.received([value]);
    else if (event === "owner") this.#listener.ownerIs(value);
    else if (event === "read") this.#listener.readUpTo(value.seq);
    else if (event === "typing") this.#listener.typing(value);
  }

  /** Runs work; true when it was interrupted. Only an interruption because the network went away is an error. */
  async #interruptible(work) {
    const controller = new AbortController();
    const interrupt = () => controller.abort();
    this.#interrupt = interrupt;
    try {
      await work(controller.signal, interrupt);
    } catch (error) {
      if (!controller.signal.aborted || !(error instanceof ApiError)) throw error;
      if (!navigator.onLine) throw new ApiError(0, "offline");
    }
    return controller.signal.aborted;
  }

  #pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

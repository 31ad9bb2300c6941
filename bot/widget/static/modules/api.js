/* The chat API over HTTP: each call answers data or throws ApiError; nothing here knows the page. */

const REQUEST_TIMEOUT_MS = 20_000;

/** status 0 means that the server was not reached. */
export class ApiError extends Error {
  constructor(status, code, retryAfterSeconds = null) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get isUnknownToken() {
    return (this.status === 401 && !this.isAboutIdentity) || this.code === "identity_required";
  }

  /** Who the customer is was not said, or not as agreed. */
  get isAboutIdentity() {
    return this.code.startsWith("identity_");
  }

  /** The same request may succeed later; any other refusal is final. */
  get isPassing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export class Api {
  #base;

  constructor(base) {
    this.#base = new URL("api/chat/", base);
  }

  async startSession(language, identity) {
    const body = {};
    if (language) body.language = language;
    if (identity) body.identity = identity;
    return readJson(await this.#call("sessions", { method: "POST", body }));
  }

  async signIn(token, identity) {
    await this.#call("identity", { method: "POST", token, body: { identity } });
  }

  async send(token, { clientMessageId, text, buttonId }) {
    const body = { text, client_message_id: clientMessageId };
    if (buttonId) body.button_id = buttonId;
    return readJson(await this.#call("messages", { method: "POST", token, body }));
  }

  async messagesAfter(token, seq, waitSeconds, signal) {
    const path = `messages?after=${seq}&wait=${waitSeconds}`;
    const timeout = REQUEST_TIMEOUT_MS + waitSeconds * 1000;
    return readJson(await this.#call(path, { token, signal, timeout }));
  }

  /** An open response whose body is the event stream; the caller ends it through the signal. */
  openEvents(token, seq, signal) {
    const headers = { Accept: "text/event-stream", "Last-Event-ID": String(seq) };
    return this.#call(`events?after=${seq}`, { token, signal, headers });
  }

  async reportTyping(token) {
    await this.#call("typing", { method: "POST", token });
  }

  async #call(path, { method = "GET", token, body, headers = {}, signal, timeout = REQUEST_TIMEOUT_MS }) {
    const controller = new AbortController();
    const cancel = () => controller.abort();
    const timer = setTimeout(cancel, timeout);
    signal?.addEventListener("abort", cancel, { once: true });
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    try {
      const response = await fetch(new URL(path, this.#base), {
        method,
        headers,
        cache: "no-store",
        credentials: "omit",
        signal: controller.signal,
        body: body && JSON.stringify(body),
      });
      if (!response.ok) throw await refusal(response);
      return response;
    } catch (error) {
      throw error instanceof ApiError ? error : new ApiError(0, "unreachable");
    } finally {
      clearTimeout(timer);
    }
  }
}

async function readJson(response) {
  try {
    return await response.json();
  } catch {
    throw new ApiError(0, "broken_off");
  }
}

async function refusal(response) {
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const answer = await response.json().catch(() => null);
  const code = answer?.detail?.code ?? "refused";
  return new ApiError(response.status, code, Number.isFinite(retryAfter) ? retryAfter : null);
}

/**
 * Server-sent events of a fetch body, as the standard reads them: {id, event, data}. EventSource cannot
 * send the Authorization header. onBytes is called for every piece that arrives, comments included.
 */
export async function* readEvents(body, onBytes) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = { event: "message", data: [] };
  try {
    for (;;) {
      const { value, done } = await reader.read().catch(() => {
        throw new ApiError(0, "broken_off");
      });
      if (done) return;
      onBytes();
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (event.data.length) yield { ...event, data: event.data.join("\n") };
          event = { event: "message", data: [] };
        } else {
          readField(event, line);
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {}); // the stream may be broken already: that is why we leave
  }
}

function readField(event, line) {
  const colon = line.indexOf(":");
  if (colon === 0) return;
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (name === "data") event.data.push(value);
  else if (name === "event" || name === "id") event[name] = value;
}

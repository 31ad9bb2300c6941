/* The chat API over HTTP: each call answers data or throws ApiError; nothing here knows the page. */

const REQUEST_TIMEOUT_MS = 20_000;

/** status 0 means that the server was not reached; fields are what is wrong with each answer of a form. */
export class ApiError extends Error {
  constructor(status, code, retryAfterSeconds = null, fields = {}) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.fields = fields;
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

  async get(path, token) {
    return readJson(await this.#call(path, { token }));
  }

  /** What the server answers; null where it has nothing to say. */
  async post(path, body, token, options = {}) {
    const response = await this.#call(path, { method: "POST", token, body, ...options });
    return response.status === 204 ? null : readJson(response);
  }

  /** What everybody may see and browsers may keep. */
  async config(language, path) {
    const query = new URLSearchParams({ language, path });
    return readJson(await this.#call(`config?${query}`, { cache: "no-cache" }));
  }

  async blob(path, token) {
    return (await this.#call(path, { token })).blob();
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

  /** Sends a file; XMLHttpRequest, because fetch does not tell how far it is. */
  upload(file, token, progressed, signal) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", new URL(`attachments?${new URLSearchParams({ name: file.name })}`, this.#base));
      request.responseType = "json";
      request.setRequestHeader("Authorization", `Bearer ${token}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = (event) => progressed(event.loaded / event.total);
      request.onload = () => {
        if (request.status < 300 && request.response) resolve(request.response);
        else reject(refusalOf(request.status, request.response, request.getResponseHeader("Retry-After")));
      };
      request.onerror = () => reject(new ApiError(0, "unreachable"));
      signal.addEventListener("abort", () => request.abort(), { once: true });
      request.send(file);
    });
  }

  async #call(path, { method = "GET", token, body, headers = {}, signal, timeout = REQUEST_TIMEOUT_MS, cache, keepalive }) {
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
        cache: cache ?? "no-store",
        keepalive,
        credentials: "omit",
        signal: controller.signal,
        body: body && JSON.stringify(body),
      });
      if (response.ok) return response;
      const answer = await response.json().catch(() => null);
      throw refusalOf(response.status, answer, response.headers.get("Retry-After"));
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

function refusalOf(status, answer, retryAfter) {
  const seconds = Number.parseInt(retryAfter ?? "", 10);
  const { code = "refused", fields = {} } = answer?.detail ?? {};
  return new ApiError(status, code, Number.isFinite(seconds) ? seconds : null, fields);
}

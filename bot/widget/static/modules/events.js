/* Server-sent events of a fetch body: EventSource cannot send the Authorization header. */

import { ApiError } from "./api.js";

/** Yields {id, event, data} as the standard reads them; onBytes is called for every piece, comments included. */
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

/* Getting a session: the one that another tab began meanwhile, or a new one, tried until the server answers. */

import { subjectOf } from "./identity.js";
import { backoffDelay, pauseUntilOnline } from "./patience.js";

/**
 * A session in place of the one with oldToken. request() gives {body, token}: what the customer is known by, and the
 * token of an earlier conversation of theirs. Throws ApiError when it is for the customer to do something: to sign in,
 * or to fill in the form before the chat.
 */
export function establish(api, store, oldToken, request, troubled) {
  return store.alone(async () => {
    const stored = store.session();
    if (stored && stored.token !== oldToken) return stored;
    for (let failures = 1; ; failures += 1) {
      const { body, token } = request();
      const signedAs = subjectOf(body.identity) ?? (token && stored?.signed_as); // a proof goes on with the token
      try {
        store.saveSession(await api.post("sessions", body, token), signedAs);
        return store.session();
      } catch (error) {
        if (error.isPassing === undefined || isForCustomer(error)) throw error;
        troubled(error);
        if (!error.isUnknownToken) await pauseUntilOnline(backoffDelay(failures, error.retryAfterSeconds));
      }
    }
  });
}

function isForCustomer(error) {
  return error.isAboutIdentity || error.code === "pre_chat_invalid";
}

/** What a new conversation begins with, as far as it is known. */
export function requestOf(wishes) {
  const answers = wishes.answers();
  const identity = wishes.identity();
  return {
    language: wishes.language(),
    path: location.pathname.slice(0, 200),
    ...(identity && { identity }),
    ...(Object.keys(answers).length && { pre_chat: answers }),
  };
}

/** Says whose the conversation is, and keeps the token by which it is theirs alone; the code of what hindered, or null. */
export function signIn(api, store, identity) {
  return store.alone(async () => {
    const before = store.session();
    if (!before) return null; // another tab was left meanwhile, and this one will find out
    try {
      const session = await api.post("identity", { identity }, before.token);
      store.saveSession({ ...before, ...session }, subjectOf(identity));
      return null;
    } catch (error) {
      if (error.isPassing === undefined) throw error;
      return error.code;
    }
  });
}

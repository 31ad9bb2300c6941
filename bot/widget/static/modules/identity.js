/* Whom the token names that the shop's server signed. */

/** The shop's own id of the customer; null for no token, or one that our server will refuse. */
export function subjectOf(identity) {
  try {
    return JSON.parse(atob(identity.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub;
  } catch {
    return null;
  }
}

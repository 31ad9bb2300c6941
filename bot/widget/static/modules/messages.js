/*
 * The messages of one conversation, in order, each once: by its number, or by the id that its sender gave it.
 *
 * A message: {author, text, buttons, attachments, at, status, isRead, seq?, clientMessageId?}; the same object from
 * the moment the customer sends it until the server has it.
 */

export class Messages {
  #list = [];
  #readUpTo = 0;
  lastSeq = 0;

  /** listener: messageAdded(message), messageChanged(message) */
  constructor(outbox, listener) {
    this.outbox = outbox;
    this.listener = listener;
  }

  get hasCustomerWritten() {
    return this.#list.some((message) => message.author === "customer");
  }

  clear() {
    this.outbox.leave();
    this.#list = [];
    this.#readUpTo = this.lastSeq = 0;
  }

  /** What the customer wrote and the server has not got yet. */
  queue(kept) {
    if (this.#list.some((message) => message.clientMessageId === kept.clientMessageId)) return;
    const message = { ...kept, author: "customer", buttons: [], status: "sending", isRead: false };
    this.#list.push(message);
    this.outbox.add(message);
    this.listener.messageAdded(message);
  }

  /** The message if it is new here, else null. */
  receive({ client_message_id: clientMessageId, ...answer }) {
    this.lastSeq = Math.max(this.lastSeq, answer.seq);
    const known =
      this.#list.find((message) => message.seq === answer.seq) ??
      this.#list.find((message) => clientMessageId && message.clientMessageId === clientMessageId);
    if (known) {
      this.confirm(known, answer);
      return null;
    }
    const isRead = answer.seq <= this.#readUpTo;
    const message = { buttons: [], attachments: [], ...answer, clientMessageId, status: "sent", isRead };
    this.#list.push(message);
    this.listener.messageAdded(message);
    return message;
  }

  /** The server has a message of the customer. */
  confirm(message, fromServer) {
    if (message.status === "sent") return;
    Object.assign(message, fromServer, { status: "sent" });
    message.isRead ||= message.seq <= this.#readUpTo;
    this.outbox.remove(message);
    this.listener.messageChanged(message);
  }

  /** Somebody of ours has seen the customer's messages up to this number. */
  readUpTo(seq) {
    this.#readUpTo = Math.max(this.#readUpTo, seq);
    for (const message of this.#list) {
      if (message.author !== "customer" || message.isRead || !(message.seq <= seq)) continue;
      message.isRead = true;
      this.listener.messageChanged(message);
    }
  }

  unreadAfter(seq) {
    const isOurs = ({ author }) => author === "bot" || author === "agent";
    return this.#list.filter((message) => message.seq > seq && isOurs(message)).length;
  }
}

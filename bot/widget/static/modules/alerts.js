/* New messages that nobody is looking at: a number in the tab's title, and a sound for those who want it. */

const CHIME = [
  [880, 0],
  [1174.7, 0.13],
];

export class Alerts {
  #store;
  #title = null; // the page's own, while ours stands in front
  #audio = null;

  constructor(store) {
    this.#store = store;
  }

  get isSoundOn() {
    return this.#store.choice("sound") === true;
  }

  /** Browsers let a page sound only after the visitor did something: turning it on is that. */
  turnSound(isOn) {
    this.#store.choose("sound", isOn || null);
    if (isOn) this.chime();
  }

  chime() {
    if (!this.isSoundOn || !("AudioContext" in window)) return;
    this.#audio ??= new AudioContext();
    void this.#audio.resume();
    for (const [frequency, delay] of CHIME) this.#tone(frequency, this.#audio.currentTime + delay);
  }

  #tone(frequency, start) {
    const tone = this.#audio.createOscillator();
    const volume = this.#audio.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.12, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.35);
    tone.connect(volume).connect(this.#audio.destination);
    tone.start(start);
    tone.stop(start + 0.35);
  }

  /** The page may change its title meanwhile: then that is its own from now on. */
  showUnread(count) {
    const isOurs = this.#title !== null && document.title.endsWith(this.#title) && document.title.startsWith("(");
    const own = isOurs ? this.#title : document.title;
    this.#title = count ? own : null;
    const wanted = count ? `(${count}) ${own}` : own;
    if (document.title !== wanted) document.title = wanted;
  }
}

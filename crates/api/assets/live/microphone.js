// @ts-check
/**
 * A microphone and the way of its sound to the service. Every chunk stays here until the service says that it is on
 * disk; when the connection breaks, sending goes on where the service says. Events: `change`, `level`, `trouble`.
 *
 * @typedef {{ type: "ready", resume_from: number } | { type: "ack", sequence: number } |
 *   { type: "error", code: string, detail: string, resume_from: number } | { type: "ended", job: string | null }} Message
 */

/** Samples a second that the service takes. */
const RATE = 16_000;
/** Seconds of one chunk. */
export const CHUNK_SECONDS = 0.1;
/** Bytes of the number in front of the sound. */
const NUMBER_BYTES = 8;
/** Waits before the next attempt to connect, milliseconds. */
const WAITS = [500, 1000, 2000, 5000, 10_000];

export class Microphone extends EventTarget {
  /** What is not known to be on disk. @type {ArrayBuffer[]} */
  #kept = [];
  /** Number of the first that is kept; unknown before the service has said where to go on. @type {number | null} */
  #first = null;
  /** How many of the kept ones went out on this connection. */
  #sent = 0;
  /** @type {WebSocket | null} */
  #socket = null;
  #isReady = false;
  #attempts = 0;
  #retry = 0;
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {MediaStream | null} */
  #stream = null;
  /** Whether no sound may go out any more. */
  #isOver = false;
  trouble = "";

  /** @param {string} session */
  constructor(session) {
    super();
    this.session = session;
  }

  /** Whether the microphone is open. */
  get isOn() {
    return this.#stream !== null;
  }

  /** Whether sound goes out. */
  get isConnected() {
    return this.#isReady;
  }

  /** Seconds of sound that only this page has. */
  get unsaved() {
    return this.#kept.length * CHUNK_SECONDS;
  }

  /** Opens the microphone. */
  async start() {
    if (this.isOn || this.#isOver) return;
    if (!navigator.mediaDevices) {
      return this.#say("このアドレスではマイクを使えません。https で始まるアドレスで開き直してください。");
    }
    try {
      const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true };
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio });
      // The browser brings the sound to the rate of the context.
      this.#context = new AudioContext({ sampleRate: RATE });
      await this.#context.audioWorklet.addModule(new URL("./sound.js", import.meta.url));
      const chunks = new AudioWorkletNode(this.#context, "chunks", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
      chunks.port.addEventListener("message", (event) => this.#take(event.data));
      chunks.port.start();
      this.#context.createMediaStreamSource(this.#stream).connect(chunks);
      await this.#context.resume();
      for (const track of this.#stream.getTracks()) {
        track.addEventListener("ended", () => {
          this.stop();
          this.#say("マイクが外れました。つなぎ直して、もう一度始めてください。ここまでの録音は残っています。");
        });
      }
      this.#say("");
      this.#connect();
    } catch (error) {
      this.stop();
      const isRefused = error instanceof DOMException && error.name === "NotAllowedError";
      this.#say(
        isRefused
          ? "マイクの使用が許可されていません。アドレス欄の左にある錠前の印から、マイクを許可してください。"
          : "マイクを開けません。マイクがつながっているか、ほかのソフトが使っていないかを確かめてください。",
      );
    }
    this.#changed();
  }

  /** Closes the microphone; what is kept still goes out. */
  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    void this.#context?.close();
    this.#context = null;
    this.#changed();
  }

  /** Ends for good: nothing goes out any more. */
  close() {
    this.#isOver = true;
    this.stop();
    clearTimeout(this.#retry);
    this.#socket?.close();
  }

  /** Resolves when everything is on disk. */
  async saved() {
    while (this.#kept.length && !this.#isOver) {
      await new Promise((done) => this.addEventListener("change", done, { once: true }));
    }
  }

  /** @param {{ sound: ArrayBuffer, peak: number }} chunk */
  #take({ sound, peak }) {
    this.#kept.push(sound);
    this.dispatchEvent(new CustomEvent("level", { detail: peak }));
    this.#send();
    this.#changed();
  }

  #connect() {
    if (this.#socket || this.#isOver) return;
    const place = new URL(`/v1/live/${this.session}/audio`, location.href);
    place.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(place);
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.#hear(JSON.parse(event.data)));
    socket.addEventListener("close", () => this.#lost());
  }

  #lost() {
    this.#socket = null;
    this.#isReady = false;
    this.#changed();
    if (this.#isOver || (!this.isOn && !this.#kept.length)) return;
    const wait = WAITS[Math.min(this.#attempts, WAITS.length - 1)];
    this.#attempts += 1;
    if (this.#attempts > 1) {
      this.#say("サーバーにつながりません。音はこの画面に残っていて、つながると送られます。この画面を閉じないでください。");
    }
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), wait);
  }

  /** @param {Message} message */
  #hear(message) {
    if (message.type === "ready") this.#goOn(message.resume_from);
    else if (message.type === "ack") this.#forget(message.sequence + 1);
    else if (message.type === "ended") this.close();
    else if (message.code === "conflict") {
      // Ended, or somebody else sends: what this page would send now is not wanted.
      this.close();
      this.#say(message.detail);
    } else this.#say(message.detail);
  }

  /** @param {number} next Number that the service waits for. */
  #goOn(next) {
    this.#first ??= next;
    this.#forget(next);
    this.#first = next;
    this.#sent = 0;
    this.#attempts = 0;
    this.#isReady = true;
    this.#say("");
    this.#send();
    this.#changed();
  }

  /** What comes before this number is on disk. @param {number} next */
  #forget(next) {
    if (this.#first === null) return;
    const safe = Math.min(Math.max(0, next - this.#first), this.#kept.length);
    this.#kept.splice(0, safe);
    this.#sent = Math.max(0, this.#sent - safe);
    this.#first += safe;
    this.#changed();
  }

  #send() {
    while (this.#isReady && this.#first !== null && this.#sent < this.#kept.length) {
      const sound = this.#kept[this.#sent];
      if (!sound) return;
      const message = new Uint8Array(NUMBER_BYTES + sound.byteLength);
      new DataView(message.buffer).setBigUint64(0, BigInt(this.#first + this.#sent), true);
      message.set(new Uint8Array(sound), NUMBER_BYTES);
      this.#socket?.send(message);
      this.#sent += 1;
    }
  }

  /** @param {string} sentence */
  #say(sentence) {
    if (this.trouble === sentence) return;
    this.trouble = sentence;
    this.dispatchEvent(new Event("trouble"));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

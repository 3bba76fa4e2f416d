// @ts-check
/** The microphone's samples as little-endian `i16`, a tenth of a second at a time (an audio worklet). */

// What a worklet's scope has and the page's has not.
const scope = /** @type {any} */ (globalThis);
/** Samples of a chunk at 16 kHz. */
const CHUNK = 1600;

class Chunks extends scope.AudioWorkletProcessor {
  #chunk = new Int16Array(CHUNK);
  #filled = 0;
  #peak = 0;

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    for (const sample of inputs[0]?.[0] ?? []) {
      const within = Math.max(-1, Math.min(1, sample));
      this.#peak = Math.max(this.#peak, Math.abs(within));
      this.#chunk[this.#filled] = Math.round(within * 32767);
      this.#filled += 1;
      if (this.#filled === CHUNK) this.#pass();
    }
    return true;
  }

  #pass() {
    const { buffer } = this.#chunk;
    this["port"].postMessage({ sound: buffer, peak: this.#peak }, [buffer]);
    this.#chunk = new Int16Array(CHUNK);
    this.#filled = 0;
    this.#peak = 0;
  }
}

scope.registerProcessor("chunks", Chunks);

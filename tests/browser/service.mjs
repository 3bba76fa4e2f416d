// @ts-check
/**
 * A real `shoki serve` on a free loopback port with an office in it: two 課, people with passwords, a token.
 *
 * The binary is `SHOKI_BINARY` or the one of the dev build; the models are `SHOKI_TEST_MODELS`, as in `tests/it`.
 */

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer as createWebServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const ROOT = resolve(import.meta.dirname, "../..");
const TARGET = process.env["CARGO_TARGET_DIR"] ?? join(ROOT, "target");
const BINARY = process.env["SHOKI_BINARY"] ?? join(TARGET, "debug/shoki");
const MODELS = process.env["SHOKI_TEST_MODELS"] ?? join(TARGET, "models");
/** Longest wait for the service, milliseconds. */
const PATIENCE = 120_000;

export const PASSWORD = "春の桜と秋の紅葉 2026";
export const SHOTS = join(TARGET, "browser/screens");

export class Office {
  /** @type {import("node:child_process").ChildProcess | null} */
  #server = null;
  #home = mkdtempSync(join(tmpdir(), "shoki-browser-"));
  /** @type {import("node:http").Server | null} */
  #drafter = null;
  /** What the operator's model says; nothing: it fails. @type {unknown} */
  drafted = null;
  base = "";
  token = "";

  /** An office with its law desk filled. */
  static async open() {
    const office = new Office();
    const [port, drafts] = [await freePort(), await office.#startDrafter()];
    office.base = `http://127.0.0.1:${port}`;
    office.#env = {
      ...office.#env,
      SHOKI_SERVER__LISTEN: `127.0.0.1:${port}`,
      SHOKI_STORAGE__DATA_DIR: join(office.#home, "data"),
      SHOKI_DRAFTING__BASE_URL: `http://127.0.0.1:${drafts}/v1`,
      SHOKI_DRAFTING__MODEL: "made-for-tests",
    };
    for (const department of ["市民税課", "福祉課"]) office.#run(["admin", "department", "add", department]);
    for (const [department, name] of [["市民税課", "佐藤"], ["市民税課", "鈴木"], ["福祉課", "田中"], ["福祉課", "佐藤"]]) {
      office.#run(["admin", "user", "add", "--department", department ?? "", "--role", "clerk", name ?? ""]);
    }
    office.#run(["admin", "user", "add", "--department", "市民税課", "--role", "department_admin", "渡辺"]);
    for (const [department, name] of [["市民税課", "佐藤"], ["市民税課", "鈴木"], ["市民税課", "渡辺"], ["福祉課", "田中"]]) {
      office.#run(["admin", "account", "add", "--department", department ?? "", "--user", name ?? ""], `${PASSWORD}\n`);
    }
    office.#run(["admin", "account", "join", "--department", "福祉課", "--user", "佐藤", "佐藤"]);
    const created = ["admin", "token", "create", "--department", "市民税課", "--user", "佐藤", "--label", "test"];
    office.token = office.#run(created).trim();
    office.#run(["corpus", "import", "--department", "市民税課", join(ROOT, "pipelines/corpora/asahino.toml")]);
    await office.start();
    return office;
  }

  /**
   * An office with two 課, 佐藤's account, and further settings; the law desk is empty.
   * @param {(office: { base: string, home: string }) => Record<string, string>} settings
   */
  static async bare(settings) {
    const office = new Office();
    const port = await freePort();
    office.base = `http://127.0.0.1:${port}`;
    office.#env = {
      ...office.#env,
      SHOKI_SERVER__LISTEN: `127.0.0.1:${port}`,
      SHOKI_STORAGE__DATA_DIR: join(office.#home, "data"),
      ...settings({ base: office.base, home: office.#home }),
    };
    for (const department of ["市民税課", "福祉課"]) office.#run(["admin", "department", "add", department]);
    const of = ["--department", "市民税課"];
    office.#run(["admin", "user", "add", ...of, "--role", "system_admin", "佐藤"]);
    office.#run(["admin", "account", "add", ...of, "--user", "佐藤"], `${PASSWORD}\n`);
    await office.start();
    return office;
  }

  /** Nothing else of the environment. @type {Record<string, string>} */
  #env = {
    PATH: process.env["PATH"] ?? "",
    SHOKI_MODELS__STORE_DIR: MODELS,
    SHOKI_MODELS__CATALOGUE_DIR: join(ROOT, "models"),
    SHOKI_PIPELINES__DIR: join(ROOT, "pipelines"),
    SHOKI_WORKERS__READINGS: "one",
    SHOKI_STORAGE__DISK_RESERVE_MIB: "1",
    SHOKI_METRICS__LISTEN: "off",
  };

  /** @param {string[]} words @param {string} [input] */
  #run(words, input = "") {
    const ended = spawnSync(BINARY, words, { env: this.#env, input, encoding: "utf8", cwd: this.#home });
    if (ended.status !== 0) throw new Error(`${words.join(" ")}: ${ended.stderr} ${ended.error ?? ""}`);
    return ended.stdout;
  }

  async start() {
    const log = openSync(join(this.#home, "server.log"), "a");
    const server = spawn(BINARY, ["serve"], { env: this.#env, stdio: ["ignore", "ignore", log], cwd: this.#home });
    this.#server = server;
    const until = Date.now() + PATIENCE;
    for (;;) {
      if (server.exitCode !== null || Date.now() > until) throw new Error(`not ready:\n${this.log()}`);
      const answer = await fetch(`${this.base}/readyz`).catch(() => null);
      if (answer?.ok) return;
      await sleep(100);
    }
  }

  /** Ends it as a power cut does. */
  async kill() {
    const server = this.#server;
    if (!server || server.exitCode !== null) return;
    const ended = new Promise((done) => server.once("exit", done));
    server.kill("SIGKILL");
    await ended;
    this.#server = null;
  }

  /** An OpenAI-compatible server inside the network: its port. @returns {Promise<number>} */
  #startDrafter() {
    const server = createWebServer((request, response) => {
      request.resume().once("end", () => {
        if (!this.drafted) return void response.writeHead(500).end();
        const message = { role: "assistant", content: JSON.stringify(this.drafted) };
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ choices: [{ index: 0, finish_reason: "stop", message }] }));
      });
    });
    this.#drafter = server;
    return new Promise((done) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        done(typeof address === "object" && address ? address.port : 0);
      });
    });
  }

  async close() {
    await this.kill();
    this.#drafter?.closeAllConnections();
    this.#drafter?.close();
    rmSync(this.#home, { recursive: true, force: true });
  }

  log() {
    return readFileSync(join(this.#home, "server.log"), "utf8");
  }

  /** The API with the clerk's token. @param {string} path @param {RequestInit} [init] */
  async api(path, init = {}) {
    const headers = { ...init.headers, authorization: `Bearer ${this.token}` };
    const answer = await fetch(`${this.base}${path}`, { ...init, headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** A sample of the tree. @param {string} name */
export function sample(name) {
  return join(ROOT, "bench/samples", name);
}

#!/usr/bin/env node
// `kms-playground serve`: a world behind HTTP on this machine, for clients that are not written in JavaScript.
// `kms-playground test` is in lessons.js.

import { open, readFile, rename, unlink } from "node:fs/promises";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Session } from "./index.node.js";
import { testLessons } from "./lessons.js";

const USAGE = `usage: kms-playground serve [options]
       kms-playground test PATH… [--update]

test: plays the lessons in these files and folders, holds them against what they expect, and tries their tasks
  --update         write over what they expect what their runs give

serve: a world behind HTTP
  --port N         where to listen on 127.0.0.1 (8787; 0 takes a free one)
  --state FILE     go on from this file if it is there, and keep it up to date; it contains the keys
  --world FILE     begin with this world: a world file (see the README), or what --state or /_kms/snapshot has made
  --start TIME     begin at this time, for example 2030-01-01T00:00:00Z, and let the clock stand
  --clock WHICH    live: follow real time (without --start); fixed: move only when told
  --seed N         the same calls make the same bytes
  --strict         verify signatures, as AWS does
  --history N      how many steps /_kms/steps can tell of (1000)

clients:  AWS_ENDPOINT_URL_KMS=http://127.0.0.1:8787  AWS_REGION=us-east-1
          AWS_ACCESS_KEY_ID=AKIA111122223333ADMI  AWS_SECRET_ACCESS_KEY=anything
control:  GET /_kms/ · GET /_kms/accounts · GET /_kms/steps/N · GET /_kms/audit · GET /_kms/eventbridge · GET and PUT /_kms/snapshot
          POST /_kms/advance {"span": "366d"} or {"to": TIME} · POST /_kms/undo · POST /_kms/reset
          POST /_kms/enclave {"image": TEXT, "publicKey": BASE64}: an attestation document for Recipient
          GET and POST /_kms/settings {"rules": "classic", "throttling": true, "consistency": "eventual"} · GET /_kms/meters
          GET /_kms/premises · POST /_kms/simulate INCIDENT (what is behind key stores; see index.d.ts)`;

/** More than any request of KMS; a body beyond it is not kept. */
const BODY_LIMIT = 16 << 20;

class Misuse extends Error {}

/** A control request that cannot be done: its status and why. */
class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

class Server {
  #options;
  #session;
  /** How far the world's clock is ahead of the real one, in milliseconds. Unused where the clock stands. */
  #ahead = 0;
  #saved = Promise.resolve();
  #waiting;

  constructor(options, session) {
    this.#options = options;
    this.#begin(session);
  }

  static async open(options) {
    const kept = options.state && (await readIfThere(options.state));
    if (options.world) options.fresh.world = await readFile(options.world, "utf8");
    const session = kept === undefined ? await begin(options) : await restore(kept, options, options.state);
    return new Server(options, session);
  }

  #begin(session) {
    this.#session = session;
    this.#ahead = Math.max(0, session.now() - Date.now());
    this.#follow();
  }

  /** Brings a live clock up to the second. */
  #follow() {
    if (!this.#options.live) return;
    const now = Date.now() + this.#ahead;
    if (now - this.#session.now() >= 1000) this.#session.advanceTo(new Date(now - (now % 1000)));
  }

  async answer(request) {
    const body = await read(request);
    if (request.url === "/_kms" || request.url.startsWith("/_kms/")) return this.#control(request, body);
    this.#follow();
    const headers = pairs(request.rawHeaders);
    const answer = this.#session.exchange({ method: request.method, target: request.url, headers, body });
    await this.#save();
    return answer;
  }

  async #control(request, body) {
    // A page of the web may send requests here too, so only those that name this machine, and come from no page, count.
    if (request.headers.origin !== undefined || !/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host)) {
      throw new Refused(403, "control requests have to be sent to 127.0.0.1 or localhost, and not by a web page");
    }
    const [path] = request.url.split("?");
    const step = /^\/_kms\/steps\/(\d{1,9})$/.exec(path);
    const handler = step ? this.#paths["/_kms/steps/N"] : this.#paths[path === "/_kms" ? "/_kms/" : path];
    if (!handler) throw new Refused(404, `no control path ${path}; there are ${Object.keys(this.#paths).join(", ")}`);
    const act = handler[request.method];
    if (!act) throw new Refused(405, `${path} takes ${Object.keys(handler).join(" and ")}, not ${request.method}`);
    this.#follow();
    const answer = await act(new TextDecoder().decode(body), Number(step?.[1]));
    if (request.method !== "GET") await this.#save();
    return json(200, answer);
  }

  #paths = {
    "/_kms/": { GET: () => this.#summary() },
    "/_kms/accounts": { GET: () => this.#session.accounts() },
    "/_kms/steps/N": {
      GET: (_, step) => {
        if (step < 1 || step > this.#session.steps) throw new Refused(404, `steps go from 1 to ${this.#session.steps}`);
        return this.#session.outcome(step);
      },
    },
    // The form of CloudTrail's log files.
    "/_kms/audit": { GET: () => ({ Records: this.#session.audit() }) },
    "/_kms/eventbridge": { GET: () => ({ events: this.#session.eventBridge() }) },
    "/_kms/snapshot": {
      GET: () => JSON.parse(this.#session.snapshot({ history: false })),
      PUT: async (text) => {
        this.#begin(await restore(text, this.#options).catch((error) => Promise.reject(new Refused(400, error.message))));
        return this.#summary();
      },
    },
    "/_kms/advance": {
      POST: (text) => {
        const { span, to } = parse(text);
        if (typeof (span ?? to) !== "string") throw new Refused(400, 'the body has to be {"span": "366d"} or {"to": TIME}');
        const before = this.#session.now();
        const events = orRefuse(() => (to ? this.#session.advanceTo(to) : this.#session.advance(span)));
        this.#ahead += this.#session.now() - before;
        return { now: this.#session.now(), events };
      },
    },
    "/_kms/enclave": {
      POST: (text) => {
        const { image, publicKey } = parse(text || "{}");
        const given = publicKey === undefined ? undefined : Buffer.from(publicKey, "base64");
        const enclave = orRefuse(() => this.#session.enclave({ image, publicKey: given }));
        const base64 = (bytes) => bytes && Buffer.from(bytes).toString("base64");
        return {
          attestationDocument: base64(enclave.recipient.AttestationDocument),
          measurements: enclave.measurements,
          publicKey: base64(enclave.publicKey),
          privateKey: base64(enclave.privateKey),
        };
      },
    },
    "/_kms/premises": { GET: () => this.#session.premises() },
    "/_kms/simulate": {
      POST: (text) => {
        orRefuse(() => this.#session.simulate(parse(text)));
        return this.#session.premises();
      },
    },
    "/_kms/settings": {
      GET: () => this.#session.settings(),
      POST: (text) => {
        const events = orRefuse(() => this.#session.set(parse(text)));
        return { ...this.#session.settings(), events };
      },
    },
    "/_kms/meters": { GET: () => this.#session.meters() },
    "/_kms/undo": { POST: () => ({ undone: this.#session.undo(), ...this.#summary() }) },
    "/_kms/reset": {
      POST: async () => {
        this.#begin(await begin(this.#options));
        return this.#summary();
      },
    },
  };

  #summary() {
    const { live, fresh } = this.#options;
    const [now, steps] = [this.#session.now(), this.#session.steps];
    return { now, clock: live ? "live" : "fixed", strict: fresh.strict, steps };
  }

  /** Keeps the world on disk before its answer goes out; requests that come during a write share the next one. */
  #save() {
    const { state } = this.#options;
    if (!state) return undefined;
    this.#waiting ??= this.#saved.catch(() => undefined).then(() => {
      this.#waiting = undefined;
      return replace(state, this.#session.snapshot({ history: false }));
    });
    this.#saved = this.#waiting;
    return this.#saved;
  }

  async close() {
    await this.#saved;
  }
}

/** Writes beside the file and then takes its place: whoever reads finds the old text or the new, never a part. */
async function replace(path, text) {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(beside, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await unlink(beside).catch(() => undefined);
    throw new Error(`cannot keep the world in ${path}: ${error.message}`);
  }
}

async function readIfThere(path) {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function begin({ fresh, world }) {
  try {
    return await Session.create(fresh);
  } catch (error) {
    throw new Misuse(world ? `${world}: ${error.message}` : error.message);
  }
}

async function restore(text, { fresh: { strict, history } }, name) {
  try {
    return await Session.restore(text, { strict, history });
  } catch (error) {
    throw new Misuse(name ? `${name}: ${error.message}` : error.message);
  }
}

async function read(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= BODY_LIMIT) chunks.push(chunk);
  }
  if (length > BODY_LIMIT) throw new Refused(413, `the body has ${length} bytes, at most ${BODY_LIMIT} are read`);
  return Buffer.concat(chunks);
}

function parse(text) {
  return orRefuse(() => Object(JSON.parse(text)));
}

function orRefuse(work) {
  try {
    return work();
  } catch (error) {
    throw new Refused(400, error.message);
  }
}

function pairs(raw) {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1]]] : []));
}

function json(status, value) {
  return { status, headers: [["Content-Type", "application/json"]], body: `${JSON.stringify(value, null, 2)}\n` };
}

function readOptions() {
  let values, positionals;
  try {
    ({ values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        port: { type: "string", default: "8787" },
        state: { type: "string" },
        world: { type: "string" },
        start: { type: "string" },
        clock: { type: "string" },
        seed: { type: "string" },
        strict: { type: "boolean", default: false },
        history: { type: "string", default: "1000" },
        update: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    throw new Misuse(error.message);
  }
  if (values.help || positionals.length === 0) return undefined;
  if (positionals[0] === "test") {
    const [, ...paths] = positionals;
    if (paths.length === 0) throw new Misuse("test takes lessons, or folders of them");
    return { paths, update: values.update };
  }
  if (positionals.length !== 1 || positionals[0] !== "serve") throw new Misuse(`no command \`${positionals.join(" ")}\``);
  const clock = values.clock ?? (values.start ? "fixed" : "live");
  if (clock !== "live" && clock !== "fixed") throw new Misuse(`--clock is live or fixed, got \`${clock}\``);
  const seed = values.seed === undefined ? undefined : number("--seed", values.seed, 0xffff_ffff);
  const history = number("--history", values.history, 1_000_000);
  return {
    port: number("--port", values.port, 65535),
    state: values.state,
    world: values.world,
    live: clock === "live",
    fresh: { start: values.start, seed, strict: values.strict, history },
  };
}

function number(name, text, most) {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (!(value <= most)) throw new Misuse(`${name} takes a number from 0 to ${most}, got \`${text}\``);
  return value;
}

async function main() {
  const options = readOptions();
  if (!options) return console.log(USAGE);
  if (options.paths) {
    process.exitCode = (await testLessons(options.paths, options)) ? 0 : 1;
    return;
  }
  const world = await Server.open(options);
  const server = createServer(async (request, response) => {
    const answer = await world.answer(request).catch((error) => {
      if (!(error instanceof Refused)) console.error(error);
      return json(error.status ?? 500, { error: error.message });
    });
    response.writeHead(answer.status, answer.headers.flat());
    response.end(answer.body);
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(options.port, "127.0.0.1", resolve));
  console.log(`KMS Playground at http://127.0.0.1:${server.address().port}`);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      server.close(() => world.close().then(() => process.exit(0), fail));
      server.closeIdleConnections();
    });
  }
}

function fail(error) {
  console.error(error instanceof Misuse ? `error: ${error.message}\n\n${USAGE}` : `error: ${error.message}`);
  process.exit(1);
}

main().catch(fail);

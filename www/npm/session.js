// `Session` as JavaScript and the AWS SDK want it, over the one that speaks JSON text. Documented in index.d.ts.

import init, {
  Scenario as CoreScenario,
  Session as Core,
  accessMatrix as decideAll,
  checkLesson as checked,
  exam as asks,
  lintPolicy as lint,
  markAnswers as marks,
  openForRecipient,
  provePolicy as prove,
  simulate as decide,
  simulateLoad as measure,
  suggestChanges as suggest,
} from "./kms_playground.js";

let source;
let loading;

/** Says where the program is; it is loaded when the first session asks for it, once. */
export function loadFrom(where) {
  source = where;
}

async function load() {
  loading ??= Promise.resolve(source()).then((module_or_path) => init({ module_or_path }));
  try {
    await loading;
  } catch (error) {
    loading = undefined;
    throw error;
  }
}

const written = (value) => (typeof value === "string" ? value : JSON.stringify(value));

export async function simulate(scenario) {
  await load();
  return JSON.parse(decide(written(scenario)));
}

export async function lintPolicy(text, kind) {
  await load();
  return JSON.parse(lint(text, kind));
}

export async function accessMatrix(setting) {
  await load();
  return JSON.parse(decideAll(written(setting)));
}

export async function provePolicy(setting, claim) {
  await load();
  return JSON.parse(prove(written(setting), written(claim)));
}

export async function suggestChanges(setting, asked) {
  await load();
  return JSON.parse(suggest(written(setting), written(asked)));
}

export async function checkLesson(text, name) {
  await load();
  return JSON.parse(checked(text, name));
}

export async function exam(paper) {
  await load();
  return JSON.parse(asks(paper));
}

export async function markAnswers(answers) {
  await load();
  return JSON.parse(marks(answers));
}

export async function simulateLoad(lab) {
  await load();
  return JSON.parse(measure(written(lab)));
}

export class Scenario {
  #core;

  constructor(core) {
    if (!(core instanceof CoreScenario)) throw new TypeError("a scenario is made by `await Scenario.read()`");
    this.#core = core;
  }

  static async read(scenario) {
    await load();
    return new Scenario(new CoreScenario(written(scenario)));
  }

  decide() {
    return new Decided(this.#core.decide());
  }

  ask(request) {
    return new Decided(this.#core.ask(written(request)));
  }
}

class Decided {
  #core;

  constructor(core) {
    this.#core = core;
    this.decision = core.decision;
  }

  explain() {
    return JSON.parse(this.#core.explain());
  }
}

export class Session {
  #core;

  constructor(core) {
    if (!(core instanceof Core)) throw new TypeError("a session is made by `await Session.create()`");
    this.#core = core;
  }

  static async create(options) {
    await load();
    const { world } = options ?? {};
    const written = typeof world === "object" && world !== null ? { ...options, world: JSON.stringify(world) } : options;
    return new Session(new Core(written));
  }

  static async restore(snapshot, options) {
    await load();
    return new Session(Core.restore(snapshot, options));
  }

  static async version() {
    await load();
    return Core.version();
  }

  async fetch(input, init) {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    const headers = [...request.headers, ["host", url.host]];
    const answer = this.exchange({ method: request.method, target: url.pathname + url.search, headers, body });
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  }

  exchange({ method, target, headers, body }) {
    return JSON.parse(this.#core.exchange(method, target, JSON.stringify(headers), body));
  }

  requestHandler() {
    return new Handler(this);
  }

  call(request) {
    return JSON.parse(this.#core.call(JSON.stringify(request)));
  }

  advance(span) {
    return JSON.parse(this.#core.advance(span));
  }

  advanceTo(time) {
    return JSON.parse(this.#core.advanceTo(time instanceof Date ? time.toISOString() : time));
  }

  simulate(incident) {
    this.#core.simulate(JSON.stringify(incident));
  }

  attach(attachment) {
    const { document } = attachment;
    const text = typeof document === "object" && document !== null ? JSON.stringify(document, null, 2) : document;
    this.#core.attach(JSON.stringify({ ...attachment, document: text ?? null }));
  }

  set(settings) {
    return Object.entries(settings).flatMap((setting) => JSON.parse(this.#core.set(JSON.stringify(Object.fromEntries([setting])))));
  }

  settings() {
    return JSON.parse(this.#core.settings());
  }

  serve(request) {
    return JSON.parse(this.#core.serve(JSON.stringify(request)));
  }

  inventory() {
    return JSON.parse(this.#core.inventory());
  }

  meters() {
    return JSON.parse(this.#core.meters());
  }

  premises() {
    return JSON.parse(this.#core.premises());
  }

  now() {
    return new Date(this.#core.now());
  }

  get steps() {
    return this.#core.steps();
  }

  goTo(steps) {
    this.#core.goTo(steps);
  }

  undo() {
    return this.#core.undo();
  }

  outcome(step) {
    return JSON.parse(this.#core.outcome(step));
  }

  audit(step) {
    return JSON.parse(this.#core.audit(step));
  }

  eventBridge(step) {
    return JSON.parse(this.#core.eventBridge(step));
  }

  accounts() {
    return JSON.parse(this.#core.accounts());
  }

  credentials(arn) {
    const principals = this.accounts().flatMap((account) => account.principals);
    const found = principals.find((principal) => principal.arn === arn);
    if (!found) throw new Error(`no access key of ${arn}; there are some of ${principals.map(({ arn }) => arn).join(", ")}`);
    const { arn: _, ...credentials } = found;
    return credentials;
  }

  enclave({ image = "", publicKey, userData, nonce } = {}) {
    const bytes = Object.entries({ publicKey, userData, nonce }).filter(([, value]) => value !== undefined);
    const wanted = Object.fromEntries(bytes.map(([name, value]) => [name, base64(value)]));
    return new Enclave(JSON.parse(this.#core.enclave(JSON.stringify({ image, ...wanted }))));
  }

  snapshot({ history = true } = {}) {
    return history ? this.#core.snapshot() : this.#core.checkpoint();
  }
}

class Enclave {
  constructor({ attestationDocument, measurements, publicKey, privateKey }) {
    this.recipient = { KeyEncryptionAlgorithm: "RSAES_OAEP_SHA_256", AttestationDocument: bytes(attestationDocument) };
    this.measurements = measurements;
    this.publicKey = bytes(publicKey);
    this.privateKey = privateKey && bytes(privateKey);
  }

  open(ciphertextForRecipient) {
    if (!this.privateKey) throw new Error("the private key of this enclave is not here: it was made with a public key of yours");
    return openForRecipient(this.privateKey, ciphertextForRecipient);
  }
}

const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** What the option `requestHandler` of an SDK client takes. */
class Handler {
  metadata = { handlerProtocol: "http/1.1" };
  #session;

  constructor(session) {
    this.#session = session;
  }

  async handle(request, { abortSignal } = {}) {
    if (abortSignal?.aborted) throw Object.assign(new Error("Request aborted"), { name: "AbortError" });
    const query = Object.entries(request.query ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const answer = this.#session.exchange({
      method: request.method,
      target: query.length === 0 ? request.path : `${request.path}?${query.join("&")}`,
      headers: Object.entries(request.headers),
      body: typeof request.body === "string" ? new TextEncoder().encode(request.body) : (request.body ?? new Uint8Array()),
    });
    const headers = Object.fromEntries(answer.headers.map(([name, value]) => [name.toLowerCase(), value]));
    return { response: { statusCode: answer.status, headers, body: new TextEncoder().encode(answer.body) } };
  }

  updateHttpClientConfig() {}

  httpHandlerConfigs() {
    return {};
  }

  destroy() {}
}

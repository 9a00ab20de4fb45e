// Worlds in the browser's own database, sealed. Knows databases, keys and tabs, and nothing of what is in a world.
//
// Each world has a data key, which seals its records (AES-GCM) and is itself wrapped under a key of this browser that
// no script can read. A world's records are its beginning, its steps, and what is kept beside them; a write is one
// transaction, so a world is as it was before it or as it is after it. Who holds a world's lock writes it; all other
// tabs may only read.

const DATABASE = "kms-playground";
const VERSION = 1;
/** Records that are no steps, by the numbers they have in place of a step's. */
const BEGINNING = -1, BESIDE = -2;
/** How long the database may take to open, in milliseconds. */
const PATIENCE = 8_000;

/** Opens the database; its `name` says why that failed: Insecure, Silent, Newer, or what the browser calls it. */
export async function openShelf() {
  if (!globalThis.crypto?.subtle || !navigator.locks) throw reason("Insecure", "not a secure context");
  const opening = indexedDB.open(DATABASE, VERSION);
  opening.onupgradeneeded = ({ oldVersion, target: { result: db } }) => {
    if (oldVersion < 1) {
      for (const name of ["keys", "records", "settings"]) db.createObjectStore(name);
      db.createObjectStore("worlds", { keyPath: "id" });
    }
  };
  const db = await Promise.race([
    done(opening).catch((error) => { throw error.name === "VersionError" ? reason("Newer", error.message) : error; }),
    new Promise((_, reject) => setTimeout(reject, PATIENCE, reason("Silent", "no answer"))),
  ]);
  // A later version of this page, in another tab, waits for that.
  db.onversionchange = () => db.close();
  return new Shelf(db, await browserKey(db));
}

/** The key under which all others are wrapped: made once, and kept as a key, never as bytes. */
async function browserKey(db) {
  const stored = () => done(db.transaction("keys").objectStore("keys").get("browser"));
  const found = await stored();
  if (found) return found;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
  // Another tab may have been faster; its key is as good.
  const writing = db.transaction("keys", "readwrite", { durability: "strict" });
  writing.objectStore("keys").add(made, "browser").onerror = (event) => { event.preventDefault(); event.stopPropagation(); };
  await ended(writing);
  return stored();
}

class Shelf {
  #db;
  #key;
  #channel = new BroadcastChannel(DATABASE);

  constructor(db, key) {
    [this.#db, this.#key] = [db, key];
  }

  /** Every world, oldest first; `open` where a tab holds it. */
  async list() {
    const worlds = await done(this.#db.transaction("worlds").objectStore("worlds").getAll());
    const held = new Set((await navigator.locks.query()).held.map(({ name }) => name));
    return worlds
      .map(({ id, name, made, changed, steps }) => ({ id, name, made, changed, steps, open: held.has(lockOf(id)) }))
      .sort((one, other) => one.made - other.made || (one.id < other.id ? -1 : 1));
  }

  /** The world of that id, to write it; nothing if it is gone or another tab holds it. */
  async take(id) {
    const release = await lock(id);
    if (!release) return undefined;
    const world = await done(this.#db.transaction("worlds").objectStore("worlds").get(id));
    if (world) return new World(this.#db, this.#channel, await this.#dataKey(world), world, release);
    release();
    return undefined;
  }

  /** A new world without a beginning, held by this tab. It is stored with the first write. */
  async create(name) {
    const id = crypto.randomUUID();
    const release = await lock(id);
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const bytes = new Uint8Array(await crypto.subtle.wrapKey("raw", key, this.#key, wrapping(id, nonce)));
    const now = Date.now();
    const world = { id, name, made: now, changed: now, steps: 0, cursor: 0, wrapped: { nonce, bytes } };
    return new World(this.#db, this.#channel, await this.#dataKey(world), world, release);
  }

  /** What a world holds, also one that another tab writes. */
  async read(id) {
    const reading = this.#db.transaction(["worlds", "records"]);
    const asked = [reading.objectStore("worlds").get(id), ...recordsOf(reading, id)];
    const [world, keys, records] = await Promise.all(asked.map(done));
    if (!world) return undefined;
    const key = await this.#dataKey(world);
    const found = { name: world.name, steps: [], cursor: world.cursor };
    const texts = await Promise.all(records.map((record, nth) => opened(key, keys[nth], record)));
    keys.forEach(([, number], nth) => {
      if (number === BEGINNING) found.beginning = texts[nth];
      else if (number === BESIDE) found.beside = texts[nth];
      else if (number < world.steps) found.steps[number] = texts[nth];
    });
    return found;
  }

  /** Forgets a world and its data key; false if another tab holds it. */
  async remove(id) {
    const release = await lock(id);
    if (!release) return false;
    const writing = this.#db.transaction(["worlds", "records"], "readwrite", { durability: "strict" });
    writing.objectStore("worlds").delete(id);
    writing.objectStore("records").delete(range(id));
    await ended(writing).finally(release);
    this.#channel.postMessage("changed");
    return true;
  }

  async setting(name) {
    return done(this.#db.transaction("settings").objectStore("settings").get(name));
  }

  async set(name, value) {
    const writing = this.#db.transaction("settings", "readwrite");
    writing.objectStore("settings").put(value, name);
    await ended(writing);
  }

  /** Has `listener` called when another tab changed the list. */
  listen(listener) {
    this.#channel.onmessage = () => listener();
  }

  #dataKey({ id, wrapped: { nonce, bytes } }) {
    return crypto.subtle.unwrapKey("raw", bytes, this.#key, wrapping(id, nonce), "AES-GCM", false, ["encrypt", "decrypt"]);
  }
}

/** A world that this tab holds. */
class World {
  #db;
  #channel;
  #key;
  #stored;
  #release;

  constructor(db, channel, key, stored, release) {
    [this.#db, this.#channel, this.#key, this.#stored, this.#release] = [db, channel, key, stored, release];
  }

  get id() {
    return this.#stored.id;
  }

  get name() {
    return this.#stored.name;
  }

  /**
   * Puts `steps` in place of those from number `from` on, and with them, where they are given, `beginning` and `beside`.
   * All of it is there afterwards, on the disk, or nothing.
   */
  async write({ from, steps, cursor, beginning, beside }) {
    const id = this.id;
    const texts = steps.map((text, nth) => [from + nth, text]);
    if (beginning !== undefined) texts.push([BEGINNING, beginning]);
    if (beside !== undefined) texts.push([BESIDE, beside]);
    const sealed = await Promise.all(texts.map(async ([number, text]) => [await seal(this.#key, [id, number], text), [id, number]]));
    const stored = { ...this.#stored, steps: from + steps.length, cursor, changed: Date.now() };
    const writing = this.#db.transaction(["worlds", "records"], "readwrite", { durability: "strict" });
    const records = writing.objectStore("records");
    if (stored.steps < this.#stored.steps) records.delete(IDBKeyRange.bound([id, stored.steps], [id, Infinity]));
    for (const [record, key] of sealed) records.put(record, key);
    writing.objectStore("worlds").put(stored);
    await ended(writing);
    this.#stored = stored;
  }

  async rename(name) {
    const stored = { ...this.#stored, name };
    const writing = this.#db.transaction("worlds", "readwrite", { durability: "strict" });
    writing.objectStore("worlds").put(stored);
    await ended(writing);
    this.#stored = stored;
    this.#channel.postMessage("changed");
  }

  /** Lets other tabs have it. */
  release() {
    this.#release();
    this.#channel.postMessage("changed");
  }

  /** How it is kept, as it stands in the database now. */
  async facts() {
    const reading = this.#db.transaction(["keys", "worlds", "records"]);
    const asked = [reading.objectStore("keys").get("browser"), reading.objectStore("worlds").get(this.id), ...recordsOf(reading, this.id)];
    const [browser, stored, keys, records] = await Promise.all(asked.map(done));
    const { nonce, bytes } = (stored ?? this.#stored).wrapped;
    const last = records.findLast((_, nth) => keys[nth][1] >= 0) ?? records[0];
    return {
      algorithm: browser.algorithm.name,
      bits: browser.algorithm.length,
      extractable: browser.extractable,
      wrapped: [...bytes],
      nonce: [...nonce],
      records: records.length,
      sealed: records.reduce((sum, record) => sum + record.bytes.length, 0),
      last: last ? { nonce: [...last.nonce], bytes: last.bytes.length } : undefined,
    };
  }
}

async function seal(key, place, text) {
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const bytes = await crypto.subtle.encrypt(sealing(place, nonce), key, new TextEncoder().encode(text));
  return { nonce, bytes: new Uint8Array(bytes) };
}

async function opened(key, place, { nonce, bytes }) {
  return new TextDecoder().decode(await crypto.subtle.decrypt(sealing(place, nonce), key, bytes));
}

/** A record is bound to its place, and a data key to its world: neither opens anywhere else. */
const sealing = ([id, number], iv) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`${id}/${number}`) });
const wrapping = (id, iv) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(id) });

const range = (id) => IDBKeyRange.bound([id, -Infinity], [id, Infinity]);
const recordsOf = (reading, id) => ["getAllKeys", "getAll"].map((get) => reading.objectStore("records")[get](range(id)));

const lockOf = (id) => `${DATABASE}/${id}`;

/** Holds the lock of a world until the function that it gives is called or the tab is gone; nothing if it is held. */
function lock(id) {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(lockOf(id), { ifAvailable: true }, (held) => (held ? new Promise(resolve) : resolve(undefined)))
      .catch(reject);
  });
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function ended(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? reason("AbortError", "the transaction was aborted"));
  });
}

function reason(name, message) {
  return Object.assign(new Error(message), { name });
}

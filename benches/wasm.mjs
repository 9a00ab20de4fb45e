// How many calls a second the playground serves in wasm, under Node. Same names as in benches/throughput.rs.
// `cargo xtask bench` builds the bindings, whose folder is the one argument, and prints both tables as one.
// The peer for AES-256-GCM is Node's own WebCrypto, in the same run.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { webcrypto } from "node:crypto";

const { Endpoint, Session, sealEnvelope, simulateLoad } = createRequire(import.meta.url)(resolve(process.argv[2], "kms_playground.js"));

const caller = "arn:aws:iam::111122223333:user/Administrator";
const request = (operation, body) => [caller, "us-east-1", `TrentService.${operation}`, JSON.stringify(body)];
const context = { tenant: "7" };

function endpointWithKeys(count) {
  const endpoint = new Endpoint({ start: "2030-01-01T00:00:00Z", seed: 7 });
  const answer = (operation, body) => JSON.parse(endpoint.answer(...request(operation, body)));
  let key;
  for (let i = 0; i < count; i++) key = answer("CreateKey", {}).KeyMetadata.KeyId;
  const encrypt = { KeyId: key, Plaintext: "AAAA".repeat(8), EncryptionContext: context };
  const calls = {
    GenerateDataKey: { KeyId: key, KeySpec: "AES_256", EncryptionContext: context },
    Encrypt: encrypt,
    Decrypt: { CiphertextBlob: answer("Encrypt", encrypt).CiphertextBlob, EncryptionContext: context },
  };
  return { endpoint, answer, calls };
}

const ROUNDS = 4;
const waiting = [];
const rates = new Map();

const few = endpointWithKeys(10);
for (const [name, length] of [["4 KiB", 4 << 10], ["1 MiB", 1 << 20]]) {
  const plaintext = new Uint8Array(length).fill(7);
  const dataKey = JSON.stringify(few.answer("GenerateDataKey", few.calls.GenerateDataKey));
  measure(`AES-256-GCM, envelope of ${name}`, () => sealEnvelope(dataKey, JSON.stringify(context), "file", plaintext));
  const key = await webcrypto.subtle.importKey("raw", new Uint8Array(32), "AES-GCM", false, ["encrypt"]);
  const iv = new Uint8Array(12);
  await measureAsync(`AES-256-GCM, WebCrypto, ${name}`, () => webcrypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plaintext));
}
/** Done first and last, minutes apart. */
function measureFew() {
  for (const [operation, body] of Object.entries(few.calls)) {
    const text = request(operation, body);
    measure(operation, () => few.endpoint.answer(...text));
    measure(`${operation}, traced`, () => few.endpoint.explain(...text));
  }
  measureAll();
}

measureFew();
const many = endpointWithKeys(100_000);
const text = request("GenerateDataKey", many.calls.GenerateDataKey);
measure("GenerateDataKey, 100,000 keys", () => many.endpoint.answer(...text));
measureAll();
many.endpoint.free();

// A hundred years with a thousand keys that rotate every year, as benches/time.rs.
for (const [name, members] of [["single-Region", {}], ["multi-Region", { MultiRegion: true }]]) {
  const world = new Endpoint({ start: "2030-01-01T00:00:00Z", seed: 7 });
  for (let i = 0; i < 1000; i++) {
    const { KeyId } = JSON.parse(world.answer(...request("CreateKey", members))).KeyMetadata;
    world.answer(...request("EnableKeyRotation", { KeyId }));
  }
  let took = 0;
  for (let i = 0; i < 20; i++) {
    const copy = world.fork();
    const start = performance.now();
    if (copy.advance("36525d") < 99_000) throw new Error("the keys did not rotate");
    took += performance.now() - start;
    copy.free();
  }
  console.log(`advance, 100 years, 1,000 ${name} keys\t${(20_000 / took).toFixed(1)}`);
}

// What moto is measured against: the whole session, with its history, as a test suite has it. An AWS client gets the
// answer alone; `call` gives every stage, reason and byte with it.
const session = new Session({ start: "2030-01-01T00:00:00Z", seed: 7, history: 1000 });
const SIGNED = "AWS4-HMAC-SHA256 Credential=AKIA111122223333ADMI/20300101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=00";
const ask = (operation, body) => session.call(JSON.stringify({ as: caller, operation, body }));
const { KeyId } = JSON.parse(JSON.parse(ask("CreateKey", {})).response.body).KeyMetadata;
const encrypt = { ...few.calls.Encrypt, KeyId };
const { CiphertextBlob } = JSON.parse(JSON.parse(ask("Encrypt", encrypt)).response.body);
for (const [operation, body] of Object.entries({
  Encrypt: encrypt,
  Decrypt: { CiphertextBlob, EncryptionContext: context },
  GenerateDataKey: { ...few.calls.GenerateDataKey, KeyId },
  CreateKey: {},
})) {
  // Whatever is measured after it has a world of thousands of keys.
  if (operation === "CreateKey") measureAll();
  const text = new TextEncoder().encode(JSON.stringify(body));
  const headers = JSON.stringify([["x-amz-target", `TrentService.${operation}`], ["authorization", SIGNED]]);
  const asClient = () => session.exchange("POST", "/", headers, text);
  if (JSON.parse(asClient()).status !== 200) throw new Error(`${operation}: ${asClient()}`);
  measure(`${operation}, session`, asClient);
  measure(`${operation}, session, explained`, () => ask(operation, body));
}

measureAll();

// 36 million requests, of which each is refused or served; then the same where some count in two quotas.
const mediaSite = { operation: "s3:GetObject", account: "111122223333" };
for (const [name, mix] of [
  ["an hour at 10,050 requests a second, ms", [mediaSite]],
  ["an hour with a key store, ms", [mediaSite, { ...mediaSite, keyStore: "cks-0123456789abcdef0" }]],
]) {
  const arrivals = { constant: { perSecond: 10_050 } };
  const lab = JSON.stringify({ rules: "classic", region: "us-east-1", seconds: 3600, arrivals, mix, attempts: 3 });
  const hours = Array.from({ length: 5 }, () => {
    const start = performance.now();
    simulateLoad(lab);
    return performance.now() - start;
  });
  console.log(`${name}\t${Math.min(...hours).toFixed(1)}`);
}

// Every operation, on a copy of the same world each time.
const { requests, samples } = JSON.parse(readFileSync("target/bench/samples.json", "utf8"));
const prepared = new Endpoint({ start: "2030-01-01T00:00:00Z", seed: 7 });
for (const words of requests) prepared.answer(...words);
for (const words of samples) {
  measure(`sample of ${words[2].split(".")[1]}`, () => {
    const copy = prepared.fork();
    copy.answer(...words);
    copy.free();
  });
}
measureAll();
measureFew();
for (const [name, rate] of rates) console.log(`${name}\t${rate.toFixed(0)}`);

/** To be measured: how often a second `work` can be done. What the machine does besides comes and goes in seconds, so all that
 *  wait are measured in turn, in several rounds, and the best of each counts. */
function measure(name, work) {
  waiting.push({ name, work, best: 0 });
}

function measureAll() {
  const measured = waiting.splice(0);
  const run = (work, milliseconds) => {
    const start = performance.now();
    let calls = 0;
    while (performance.now() - start < milliseconds) {
      for (let i = 0; i < 16; i++) work();
      calls += 16;
    }
    return (calls * 1000) / (performance.now() - start);
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const it of measured) {
      // V8 compiles what runs often a second time, for which it takes most of a second.
      if (round === 0) run(it.work, 1000);
      it.best = Math.max(it.best, run(it.work, 150));
    }
  }
  for (const { name, best } of measured) rates.set(name, Math.max(best, rates.get(name) ?? 0));
}

/** The same for work that is answered later. */
async function measureAsync(name, work) {
  const start = performance.now();
  let calls = 0;
  while (performance.now() - start < 500) {
    await work();
    calls += 1;
  }
  console.log(`${name}\t${((calls * 1000) / (performance.now() - start)).toFixed(0)}`);
}

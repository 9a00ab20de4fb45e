// `kms-playground serve` as a program: its options, its control path, what it keeps on disk and whom it refuses.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as sdk from "@aws-sdk/client-kms";

const PROGRAM = new URL("../../target/npm/serve.js", import.meta.url).pathname;
const FIXED = ["--start", "2030-01-01T00:00:00Z", "--seed", "7"];
const folder = mkdtempSync(join(tmpdir(), "kms-playground-"));
const running = new Set();
after(() => {
  for (const server of running) server.kill();
  rmSync(folder, { recursive: true });
});

/** Starts a server on a free port. */
async function serve(...options) {
  const server = spawn(process.execPath, [PROGRAM, "serve", "--port", "0", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  running.add(server);
  const ended = new Promise((resolve) => server.on("exit", (status) => (running.delete(server), resolve(status))));
  const [line] = await Promise.race([server.stdout.setEncoding("utf8").take(1).toArray(), ended.then((status) => [`ended: ${status}`])]);
  const url = /http:\S+/.exec(line)?.[0];
  assert.ok(url, line);
  const credentials = { accessKeyId: "AKIA111122223333ADMI", secretAccessKey: "anything" };
  const kms = new sdk.KMSClient({ endpoint: url, region: "us-east-1", credentials });
  const send = (command, input = {}) => kms.send(new sdk[`${command}Command`](input));
  const control = async (method, path, body) => {
    const response = await fetch(`${url}/_kms${path}`, { method, body });
    return { status: response.status, ...(await response.json()) };
  };
  const stop = (signal = "SIGTERM") => (kms.destroy(), server.kill(signal), ended);
  return { url, send, control, stop };
}

const keys = async ({ send }) => (await send("ListKeys")).Keys.length;

test("the clock follows real time unless told otherwise, and moves when told", async () => {
  const live = await serve();
  const { now, clock } = await live.control("GET", "/");
  assert.equal(clock, "live");
  assert.ok(Math.abs(new Date(now) - Date.now()) < 5000, now);
  const { now: later } = await live.control("POST", "/advance", '{"span": "366d"}');
  assert.ok(new Date(later) - new Date(now) >= 366 * 86_400_000);
  assert.ok(new Date((await live.control("GET", "/")).now) >= new Date(later));

  const fixed = await serve(...FIXED);
  assert.deepEqual(await fixed.control("GET", "/"), { status: 200, now: "2030-01-01T00:00:00.000Z", clock: "fixed", strict: false, steps: 0 });
  const { KeyMetadata: { KeyId } } = await fixed.send("CreateKey");
  await fixed.send("EnableKeyRotation", { KeyId });
  const { events } = await fixed.control("POST", "/advance", '{"to": "2031-01-02T00:00:00Z"}');
  assert.deepEqual(events.map(({ event }) => event), ["MaterialRotated"]);
  assert.equal((await fixed.control("GET", "/steps/1")).response.status, 200);
  const { Records } = await fixed.control("GET", "/audit");
  assert.deepEqual(Records.map(({ eventName }) => eventName), ["CreateKey", "EnableKeyRotation", "RotateKey"]);
  const { events: [rotated, ...others] } = await fixed.control("GET", "/eventbridge");
  assert.deepEqual([rotated["detail-type"], rotated.source, rotated.detail, others], ["KMS CMK Rotation", "aws.kms", { "key-id": KeyId }, []]);
  assert.equal((await fixed.control("POST", "/undo")).now, "2030-01-01T00:00:00.000Z");
  assert.equal(await keys(fixed), 1);
  assert.equal((await fixed.control("POST", "/reset")).steps, 0);
  assert.equal(await keys(fixed), 0);
  await Promise.all([live.stop(), fixed.stop()]);
});

test("what was answered is on disk, also after a crash", async () => {
  const state = join(folder, "world.json");
  for (const [signal, expected] of [["SIGKILL", 0], ["SIGTERM", 9], ["SIGKILL", 18]]) {
    const server = await serve("--state", state, "--seed", "7");
    assert.equal(await keys(server), expected);
    await Promise.all(Array.from({ length: 9 }, () => server.send("CreateKey")));
    await server.stop(signal);
  }
  assert.deepEqual(readdirSync(folder), ["world.json"]);
  const other = await serve("--world", state);
  assert.equal(await keys(other), 27);
  const { status, ...snapshot } = await other.control("GET", "/snapshot");
  const empty = await serve();
  assert.equal((await empty.control("PUT", "/snapshot", JSON.stringify(snapshot))).status, 200);
  assert.equal(await keys(empty), 27);
  await Promise.all([other.stop(), empty.stop()]);
});

test("a world file says how the world begins, also after a reset", async () => {
  const file = join(folder, "file.json");
  const keys = [{ id: "1234abcd-12ab-34cd-56ef-1234567890ab", aliases: ["alias/orders"] }];
  writeFileSync(file, JSON.stringify({ format: "kms-playground world file", version: 1, start: "2040-01-01T00:00:00Z", keys }));
  const server = await serve("--world", file, "--clock", "fixed");
  const described = async () => (await server.send("DescribeKey", { KeyId: "alias/orders" })).KeyMetadata;
  assert.equal((await described()).KeyId, keys[0].id);
  await server.send("DeleteAlias", { AliasName: "alias/orders" });
  await assert.rejects(described(), { name: "NotFoundException" });
  await server.control("POST", "/reset");
  assert.equal((await described()).CreationDate.toISOString(), "2040-01-01T00:00:00.000Z");
  await server.stop();
});

test("what stands behind a key store fails when told, and recovers", async () => {
  const server = await serve(...FIXED);
  const endpoint = "https://xks.playground.example";
  const simulate = (set) => server.control("POST", "/simulate", JSON.stringify({ proxy: { endpoint, set } }));
  const { CustomKeyStoreId } = await server.send("CreateCustomKeyStore", {
    CustomKeyStoreName: "outside",
    CustomKeyStoreType: "EXTERNAL_KEY_STORE",
    XksProxyUriEndpoint: endpoint,
    XksProxyUriPath: "/kms/xks/v1",
    XksProxyConnectivity: "PUBLIC_ENDPOINT",
    XksProxyAuthenticationCredential: { AccessKeyId: "PLAYGROUNDXKSPROXY23", RawSecretAccessKey: "this/is/not/a/secret/of/the/playground/proxy" },
  });
  await server.send("ConnectCustomKeyStore", { CustomKeyStoreId });
  const { events } = await server.control("POST", "/advance", '{"span": "5m"}');
  assert.deepEqual(events.map(({ event, store }) => [event, store]), [["StoreConnected", CustomKeyStoreId]]);
  const { KeyMetadata } = await server.send("CreateKey", { CustomKeyStoreId, Origin: "EXTERNAL_KEY_STORE", XksKeyId: "external-orders" });
  const generate = () => server.send("GenerateDataKey", { KeyId: KeyMetadata.KeyId, KeySpec: "AES_256" });
  await generate();
  assert.equal((await simulate({ condition: "Slow" })).proxies[endpoint].condition, "Slow");
  await assert.rejects(generate(), { name: "KMSInvalidStateException", message: /did not respond in time/ });
  await simulate({ condition: "Up" });
  await generate();
  assert.equal((await server.control("GET", "/premises")).proxies[endpoint].keys["external-orders"], "Enabled");
  await server.stop();
});

test("a world goes by the rules that are chosen for it", async () => {
  const server = await serve(...FIXED);
  const rotated = async (days) => {
    const { events } = await server.control("POST", "/advance", JSON.stringify({ span: `${days}d` }));
    return events.filter(({ event }) => event === "MaterialRotated").length;
  };
  await server.send("DescribeKey", { KeyId: "alias/aws/s3" });
  assert.deepEqual(await server.control("GET", "/settings"), { status: 200, rules: "today", throttling: false, consistency: "instant" });
  const { rules, events } = await server.control("POST", "/settings", '{"rules": "classic"}');
  assert.deepEqual([rules, events.map(({ event, period_days }) => [event, period_days])], ["classic", [["RotationEnabled", 1095]]]);
  assert.deepEqual([await rotated(1094), await rotated(1)], [0, 1]);
  await server.control("POST", "/undo");
  await server.control("POST", "/settings", '{"rules": "today"}');
  assert.equal((await server.control("GET", "/settings")).rules, "today");
  await server.stop();
});

test("clients of a server whose clock is live all get through, the later ones after a while", async () => {
  const server = await serve("--seed", "7");
  const { KeyMetadata: { KeyId } } = await server.send("CreateKey");
  await server.control("POST", "/settings", '{"throttling": true}');
  const credentials = { accessKeyId: "AKIA111122223333ADMI", secretAccessKey: "anything" };
  const kms = new sdk.KMSClient({ endpoint: server.url, region: "us-east-1", credentials, maxAttempts: 12 });
  const change = (nth) => kms.send(new sdk.UpdateKeyDescriptionCommand({ KeyId, Description: `${nth}` }));
  const answers = await Promise.all(Array.from({ length: 9 }, (_, nth) => change(nth)));
  const attempts = answers.map(({ $metadata }) => $metadata.attempts);
  assert.ok(attempts.some((count) => count === 1) && attempts.some((count) => count > 1), `${attempts}`);
  kms.destroy();
  await server.stop();
});

test("signatures are verified in strict mode", async () => {
  const strict = await serve("--strict");
  await assert.rejects(strict.send("ListKeys"), { name: "InvalidSignatureException" });
  const [{ principals }] = Object.values(await strict.control("GET", "/accounts")).filter((account) => account.principals);
  const credentials = principals.find(({ arn }) => arn.endsWith("user/Administrator"));
  await strict.control("POST", "/advance", '{"span": "1d"}');
  const kms = new sdk.KMSClient({ endpoint: strict.url, region: "us-east-1", credentials });
  assert.equal((await kms.send(new sdk.ListKeysCommand({}))).Keys.length, 0);
  kms.destroy();
  await strict.stop();
});

test("control requests are refused with the reason", async () => {
  const server = await serve(...FIXED);
  for (const [method, path, body, status, reason] of [
    ["GET", "/nothing", undefined, 404, /no control path \/_kms\/nothing; there are/],
    ["PUT", "/advance", "{}", 405, /takes POST, not PUT/],
    ["POST", "/advance", "{}", 400, /the body has to be/],
    ["POST", "/advance", "null", 400, /the body has to be/],
    ["POST", "/advance", "{“span”", 400, /JSON/],
    ["POST", "/advance", '{"span": "soon"}', 400, /a length of time/],
    ["POST", "/simulate", '{"proxy": {"endpoint": "https://nowhere.example", "set": {"condition": "Slow"}}}', 400, /no such cluster, proxy or key/],
    ["POST", "/simulate", '{"weather": "bad"}', 400, /unknown variant/],
    ["POST", "/settings", '{"rules": "old"}', 400, /rules, which are classic or today/],
    ["POST", "/settings", '{"weather": "bad"}', 400, /unknown variant/],
    ["GET", "/steps/1", undefined, 404, /steps go from 1 to 0/],
    ["PUT", "/snapshot", '{"format": "kms', 400, /damaged at line 1/],
    ["PUT", "/snapshot", " ".repeat((16 << 20) + 1), 413, /at most 16777216 are read/],
  ]) {
    const answer = await server.control(method, path, body);
    assert.equal(answer.status, status, `${method} ${path}`);
    assert.match(answer.error, reason);
  }
  const other = (headers) => {
    const { port } = new URL(server.url);
    return new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port, path: "/_kms/accounts", headers }, ({ statusCode }) => resolve(statusCode)).on("error", reject).end();
    });
  };
  assert.deepEqual(await Promise.all([other({}), other({ host: "evil.example" }), other({ origin: "https://evil.example" })]), [200, 403, 403]);
  await server.stop();
});

test("a start that cannot be made says why", () => {
  const damaged = join(folder, "damaged.json");
  writeFileSync(damaged, readFileSync(join(folder, "world.json"), "utf8").slice(0, 1000));
  const wrong = join(folder, "wrong.json");
  writeFileSync(wrong, '{"format": "kms-playground world file", "version": 1,\n "keys": [{"colour": "red"}]}');
  for (const [options, reason] of [
    [["serve", "--port", "eight"], /--port takes a number from 0 to 65535, got `eight`/],
    [["serve", "--clock", "slow"], /--clock is live or fixed, got `slow`/],
    [["serve", "--start", "soon"], /a time such as/],
    [["serve", "--wrold", "x"], /--wrold/],
    [["sevre"], /no command `sevre`/],
    [["serve", "--world", join(folder, "none.json")], /none\.json/],
    [["serve", "--world", damaged], /damaged\.json: the saved world is damaged at line 1, column 1000/],
    [["serve", "--world", wrong], /wrong\.json: the world file, line 2, column 22, `keys\[0\]\.colour`: no member is called/],
    [["serve", "--state", damaged], /damaged\.json: the saved world is damaged/],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...options], { encoding: "utf8", timeout: 10_000 });
    assert.equal(status, 1, options.join(" "));
    assert.match(stderr, reason);
  }
  const { status, stdout } = spawnSync(process.execPath, [PROGRAM], { encoding: "utf8" });
  assert.deepEqual([status, stdout.startsWith("usage: kms-playground serve")], [0, true]);
});

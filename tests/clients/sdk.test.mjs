// The AWS SDK for JavaScript in Node, on the package that `cargo xtask package` makes.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-kms";
import { Scenario, Session, accessMatrix, lintPolicy, provePolicy, simulate, simulateLoad, suggestChanges } from "../../target/npm/index.node.js";
import { NOT_YET, STEPS, converse } from "./conversation.mjs";

const ADMINISTRATOR = "arn:aws:iam::111122223333:user/Administrator";
const STRANGER = "arn:aws:iam::444455556666:user/Administrator";
const WORLD = { start: "2030-01-01T00:00:00Z", seed: 7 };

function client(session, arn = ADMINISTRATOR, region = "us-east-1") {
  return new sdk.KMSClient({ region, credentials: session.credentials(arn), requestHandler: session.requestHandler() });
}

const send = (client, command, input) => client.send(new sdk[`${command}Command`](input));

for (const strict of [false, true]) {
  test(`every operation and an error of each class, signatures ${strict ? "verified" : "believed"}`, async () => {
    const session = await Session.create({ ...WORLD, strict });
    const clients = {
      administrator: client(session),
      european: client(session, ADMINISTRATOR, "eu-west-1"),
      stranger: client(session, STRANGER),
    };
    await converse(clients, send, (span) => session.advance(span), assert.deepEqual);
  });
}

test("each command of the SDK is spoken, or refused as not there yet", async () => {
  const session = await Session.create(WORLD);
  const spoken = new Set(STEPS.map(({ command }) => command));
  const commands = Object.keys(sdk).filter((name) => /^[A-Z]\w+Command$/.test(name)).map((name) => name.slice(0, -"Command".length));
  assert.equal(commands.length, 56);
  const refused = [];
  for (const command of commands.filter((command) => !spoken.has(command))) {
    const response = await session.fetch("https://kms.us-east-1.amazonaws.com/", signed(session, command));
    const fault = await response.json();
    assert.match(fault.message, /this build of the playground does not: operation/, command);
    refused.push(command);
  }
  assert.deepEqual(refused.sort(), [...NOT_YET].sort());
});

test("what is for an enclave only it opens", async () => {
  const session = await Session.create(WORLD);
  const [enclave, other] = [session.enclave({ image: "orders" }), session.enclave({ image: "other" })];
  assert.match(enclave.measurements.PCR0, /^[0-9a-f]{96}$/);
  assert.notEqual(enclave.measurements.PCR0, other.measurements.PCR0);
  const administrator = client(session);
  const { KeyMetadata: { KeyId } } = await send(administrator, "CreateKey", {});
  const made = await send(administrator, "GenerateDataKey", { KeyId, KeySpec: "AES_256", Recipient: enclave.recipient });
  assert.equal(made.Plaintext, undefined);
  const { Plaintext } = await send(administrator, "Decrypt", { CiphertextBlob: made.CiphertextBlob });
  assert.deepEqual(enclave.open(made.CiphertextForRecipient), Plaintext);
  assert.throws(() => other.open(made.CiphertextForRecipient), /another key|no ciphertext for the owner/);
  assert.throws(() => session.enclave({ publicKey: enclave.publicKey }).open(made.CiphertextForRecipient), /not here/);
  session.advance("4h");
  const late = send(administrator, "GenerateRandom", { NumberOfBytes: 32, Recipient: enclave.recipient });
  await assert.rejects(late, { name: "ValidationException", message: /expired/ });
});

test("pages of results follow each other", async () => {
  const session = await Session.create(WORLD);
  const administrator = client(session);
  for (let i = 0; i < 7; i++) await send(administrator, "CreateKey", {});
  const sizes = [];
  for await (const page of sdk.paginateListKeys({ client: administrator, pageSize: 3 }, {})) sizes.push(page.Keys.length);
  assert.deepEqual(sizes, [3, 3, 1]);
});

test("in strict mode the secret has to be right, and any clock will do", async () => {
  const session = await Session.create({ ...WORLD, strict: true });
  const credentials = { ...session.credentials(ADMINISTRATOR), secretAccessKey: "wrong" };
  const handler = { requestHandler: session.requestHandler(), region: "eu-west-1" };
  const forger = new sdk.KMSClient({ ...handler, credentials });
  await assert.rejects(forger.send(new sdk.ListKeysCommand({})), { name: "InvalidSignatureException" });
  const role = session.credentials("arn:aws:sts::111122223333:assumed-role/OrdersApp/session");
  const application = new sdk.KMSClient({ ...handler, credentials: role });
  await assert.rejects(application.send(new sdk.ListKeysCommand({})), { name: "AccessDeniedException" });
  const expired = new sdk.KMSClient({ ...handler, credentials: { ...role, sessionToken: "of yesterday" } });
  await assert.rejects(expired.send(new sdk.ListKeysCommand({})), { name: "UnrecognizedClientException" });
});

test("an answer has the headers of AWS, also without a body", async () => {
  const session = await Session.create(WORLD);
  const { KeyMetadata: { KeyId } } = await send(client(session), "CreateKey", {});
  for (const [command, input, status, type] of [
    ["DisableKey", { KeyId }, 200, null],
    ["DisableKey", { KeyId: "none" }, 400, "NotFoundException"],
    ["DisableKey", {}, 400, "ValidationException"],
  ]) {
    const response = await session.fetch("https://kms.us-east-1.amazonaws.com/", signed(session, command, input));
    const body = await response.text();
    assert.deepEqual([response.status, body && JSON.parse(body).__type], [status, type ?? ""], command);
    assert.match(response.headers.get("x-amzn-requestid"), /^[0-9a-f-]{36}$/);
    assert.equal(response.headers.get("content-type"), "application/x-amz-json-1.1");
    assert.equal(response.headers.get("date"), "Tue, 01 Jan 2030 00:00:00 GMT");
  }
});

test("time, history and the whole world are the caller's", async () => {
  const session = await Session.create(WORLD);
  const { KeyMetadata: { KeyId } } = await send(client(session), "CreateKey", {});
  await send(client(session), "EnableKeyRotation", { KeyId });
  assert.deepEqual(session.advance("366d").map(({ event }) => event), ["MaterialRotated"]);
  assert.equal(session.now().toISOString(), "2031-01-02T00:00:00.000Z");
  assert.deepEqual(session.advanceTo("2030-01-01T00:00:00Z"), []);
  assert.equal(session.outcome(1).events[0].event, "KeyCreated");
  assert.equal(session.outcome(3), null);
  const copies = [await Session.restore(session.snapshot()), await Session.restore(session.snapshot({ history: false }))];
  assert.deepEqual(copies.map(({ steps }) => steps), [3, 0]);
  for (const copy of copies) {
    const { KeyRotationEnabled } = await send(client(copy), "GetKeyRotationStatus", { KeyId });
    assert.equal(KeyRotationEnabled, true);
  }
  assert.equal(session.undo(), true);
  assert.equal(session.now().toISOString(), "2030-01-01T00:00:00.000Z");
  session.goTo(0);
  assert.equal(session.undo(), false);
  const small = await Session.create({ ...WORLD, history: 2 });
  for (let i = 0; i < 10; i++) small.advance("1d");
  assert.equal(small.now().toISOString(), "2030-01-11T00:00:00.000Z");
  assert.ok(small.steps <= 4);
});

test("a scenario is decided without a world", async () => {
  const scenarios = JSON.parse(await readFile(new URL("../../benches/scenarios.json", import.meta.url), "utf8"));
  const explained = await simulate(scenarios["many statements"]);
  assert.equal(explained.decision, "Allowed");
  assert.equal(explained.decidedBy, "IdentityPolicies");
  const [found] = explained.checks.flatMap(({ statements }) => statements).filter(({ sid }) => sid === "Kms2");
  assert.deepEqual(found.conditions[0].got, "7");
  const scenario = await Scenario.read(scenarios["many statements"]);
  assert.deepEqual(scenario.decide().explain(), explained);
  const { request } = scenarios["many statements"];
  const other = scenario.ask({ ...request, context: { ...request.context, "kms:EncryptionContext:tenant": "8" } });
  assert.equal(other.decision, "ImplicitlyDenied");
  assert.match(other.explain().message, /because no identity-based policy allows the kms:Decrypt action$/);
  await assert.rejects(simulate({ ...scenarios["one statement"], keyPolicy: { Statement: [] } }), /^Error: keyPolicy: line 1, column 14/);
});

test("services are asked, and tell what they asked KMS and what they store", async () => {
  const session = await Session.create({ start: "2030-01-01T00:00:00Z", seed: 7 });
  const as = "arn:aws:iam::111122223333:user/Administrator";
  const { KeyMetadata } = JSON.parse(session.call({ as, operation: "CreateKey" }).response.body);
  const s3 = (operation, parameters) => session.serve({ as, service: "s3", operation, parameters: { Bucket: "media", ...parameters } });
  assert.equal(s3("CreateBucket", { ServerSideEncryption: "aws:kms", SSEKMSKeyId: KeyMetadata.KeyId }).error, undefined);
  const Body = Buffer.from("a film").toString("base64");
  const put = s3("PutObject", { Key: "film", Body });
  const asked = put.flow.flatMap(({ kms }) => kms ?? []).map(({ request }) => [request.target, request.forwarding.services]);
  assert.deepEqual(asked, [["TrentService.GenerateDataKey", ["s3.us-east-1.amazonaws.com"]]]);
  assert.equal(s3("GetObject", { Key: "film" }).answer.Body, Body);
  const [bucket] = session.inventory().find(({ service }) => service === "s3").items;
  assert.equal(bucket.children[0].children[0].kind.kmsKey, KeyMetadata.Arn);
  session.call({ as, operation: "DisableKey", body: { KeyId: KeyMetadata.KeyId } });
  const restored = await Session.restore(session.snapshot());
  assert.equal(restored.serve({ as, service: "s3", operation: "GetObject", parameters: { Bucket: "media", Key: "film" } }).error.code, "KMS.DisabledException");
  assert.equal(s3("GetObjekt", {}).error.code, "UnknownOperation");
  const records = session.audit().filter(({ eventName }) => eventName === "GenerateDataKey");
  assert.equal(records[0].userIdentity.invokedBy, "s3.us-east-1.amazonaws.com");
});

test("a claim about all requests is proven, refuted by one, or refused by name", async () => {
  const key = { arn: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" };
  const policy = (condition) => ({
    Version: "2012-10-17",
    Statement: { Effect: "Allow", Principal: "*", Action: "kms:*", Resource: "*", Condition: condition },
  });
  const prove = (condition) =>
    provePolicy({ key, keyPolicy: policy(condition) }, { nobody: { actions: ["kms:Decrypt"], but: ["111122223333"] } });
  const proven = await prove({ StringEquals: { "kms:CallerAccount": "111122223333" } });
  assert.equal(proven.answer, "proven");
  const refuted = await prove({ StringLike: { "kms:ViaService": "s3.*" } });
  assert.equal(refuted.answer, "refuted");
  assert.equal(refuted.principal, "arn:aws:iam::999999999999:root");
  assert.equal((await simulate(refuted.scenario)).decision, "Allowed");
  const outside = await prove({ StringEquals: { "aws:PrincipalTag/team": "${aws:ResourceTag/team}" } });
  assert.deepEqual([outside.answer, outside.reason.kind, outside.policy], ["outside", "variable", "keyPolicy"]);
  await assert.rejects(provePolicy({ key }, { everybody: {} }), /^Error: the claim: unknown field `everybody`/);
});

const ANN = "arn:aws:iam::111122223333:user/Ann";
const allowing = (Action) => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: ANN }, Action, Resource: "*" }] });
const setting = (keyPolicy) => ({
  key: { arn: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" },
  keyPolicy,
  principals: [{ principal: { kind: "user", arn: ANN } }],
});
const edited = (text, edits) =>
  edits.toSorted((one, other) => other.span.start - one.span.start).reduce((so, { span, replacement }) => so.slice(0, span.start) + replacement + so.slice(span.end), text);
const misspelt = JSON.stringify(allowing("kms:Decrpt"));

for (const [about, ask, expected] of [
  [
    "lintPolicy finds a misspelt action and mends it",
    async () => (await lintPolicy(misspelt, "Key")).filter(({ rule }) => rule === "unknown-action").map(({ fix }) => edited(misspelt, fix.edits)),
    [JSON.stringify(allowing("kms:Decrypt"))],
  ],
  [
    "lintPolicy tells what a text lacks to be a policy, and where",
    async () => (await lintPolicy("{", "Identity")).map(({ rule, line, column }) => [rule, line, column]),
    [["open-bracket", 1, 1], ["missing-element", 1, 1]],
  ],
  ["accessMatrix tells who can use a key", async () => (await accessMatrix(setting(allowing("kms:Decrypt")))).answers.canUse, [ANN]],
  ["accessMatrix tells who cannot delete it", async () => (await accessMatrix(setting(allowing("kms:Decrypt")))).answers.canDelete, []],
  [
    "accessMatrix decides every action for everybody",
    async () => {
      const { actions, rows } = await accessMatrix(JSON.stringify(setting(allowing("kms:Decrypt"))));
      return rows.flatMap(({ cells }) => actions.filter((_, nth) => cells[nth].verdict === "Allowed"));
    },
    ["kms:Decrypt"],
  ],
  [
    "suggestChanges allows what was denied",
    async () => {
      const found = await suggestChanges(setting(allowing("kms:Decrypt")), { principal: 0, action: "kms:Encrypt", wanted: "allowed" });
      const [changed] = found.flatMap(({ changes }) => changes).filter(({ policy }) => policy?.document === "keyPolicy");
      const { actions, rows } = await accessMatrix(setting(JSON.parse(changed.policy.text)));
      return rows[0].cells[actions.indexOf("kms:Encrypt")].verdict;
    },
    "Allowed",
  ],
  [
    "suggestChanges has nothing to change where it is so already",
    () => suggestChanges(setting(allowing("kms:Decrypt")), { principal: 0, action: "kms:Decrypt", wanted: "allowed" }),
    [],
  ],
]) {
  test(about, async () => assert.deepEqual(await ask(), expected));
}

for (const [about, ask, why] of [
  ["accessMatrix", () => accessMatrix({ key: { arn: "key/1" }, principals: [] }), /^Error: key/],
  ["suggestChanges", () => suggestChanges(setting(null), { principal: 9, action: "kms:Decrypt", wanted: "allowed" }), /^Error: principal: no such principal/],
]) {
  test(`${about} says what it cannot read`, () => assert.rejects(ask(), why));
}

test("traffic is counted against the quotas without a world", async () => {
  const lab = {
    rules: "classic",
    region: "us-east-1",
    arrivals: { constant: { perSecond: 10_050 } },
    mix: [{ operation: "s3:GetObject", account: "111122223333" }],
  };
  const { asked, totals, waits, lines, metrics, cost } = await simulateLoad(lab);
  assert.equal(asked, 36_180_000);
  assert.deepEqual([totals.served, totals.throttled], [19_805_494, 16_374_506]);
  assert.equal(lines[0].perSecond, "5500");
  const [calls, successful] = metrics;
  assert.deepEqual([calls.dimensions.Resource, calls.sums.length, calls.utilizationPercent[0]], ["CryptographicOperationsSymmetric", 60, 182]);
  assert.equal(successful.sums.reduce((sum, minute) => sum + minute), totals.served);
  assert.deepEqual(waits, { p50Seconds: 0, p90Seconds: 0, p99Seconds: 0, maxSeconds: 0 });
  assert.equal(cost.totalMicroDollars, 1_000_000 + 3 * (cost.requestsAMonth - 20_000));
  const spared = await simulateLoad({ ...lab, bucketKey: { savedPercent: 99 } });
  assert.deepEqual([spared.totals.calls, spared.totals.throttled], [361_800, 0]);
  const csv = "second,requests\n0,1\n1,NaN\n";
  await assert.rejects(simulateLoad({ ...lab, arrivals: { recorded: { csv } } }), /the recording, line 3 column 3: not a whole number/);
});

test("policies are put in place anywhere", async () => {
  const session = await Session.create({ start: "2030-01-01T00:00:00Z", seed: 7 });
  const ask = () => session.call({ as: "arn:aws:iam::111122223333:user/Administrator", operation: "ListKeys" }).response.status;
  assert.equal(ask(), 200);
  const deny = { Statement: { Effect: "Deny", Action: "kms:ListKeys", Resource: "*" } };
  session.attach({ place: "scps of 111122223333", name: "NoLists", document: deny });
  assert.equal(ask(), 400);
  session.attach({ place: "scps of 111122223333", name: "NoLists" });
  assert.equal(ask(), 200);
  assert.throws(() => session.attach({ place: "scps of ou-1", name: "x", document: deny }), /not an account id of 12 digits/);
});

test("a client that is throttled backs off, and succeeds when the clock moves on", async () => {
  const session = await Session.create(WORLD);
  const administrator = client(session);
  const { KeyMetadata: { KeyId } } = await send(administrator, "CreateKey", {});
  session.set({ throttling: true });
  const handler = session.requestHandler();
  /** Sends one request more than a second has, and does something after its first answer. */
  const oneTooMany = async (maxAttempts, afterwards) => {
    session.advance("1s");
    for (let nth = 0; nth < 5; nth += 1) await send(administrator, "UpdateKeyDescription", { KeyId, Description: `${nth}` });
    const answers = [];
    const watching = {
      metadata: handler.metadata,
      handle: async (request, options) => {
        const answer = await handler.handle(request, options);
        if (answers.push(answer.response.statusCode) === 1) afterwards();
        return answer;
      },
      updateHttpClientConfig() {},
      httpHandlerConfigs: () => ({}),
      destroy() {},
    };
    const credentials = session.credentials(ADMINISTRATOR);
    const kms = new sdk.KMSClient({ region: "us-east-1", credentials, requestHandler: watching, maxAttempts });
    const sent = send(kms, "UpdateKeyDescription", { KeyId, Description: "patient" });
    return { sent: await sent.catch((error) => error), answers };
  };

  const impatient = await oneTooMany(1, () => {});
  assert.equal(impatient.sent.name, "ThrottlingException");
  assert.match(impatient.sent.message, /exceeded the rate at which you may call KMS/);
  assert.ok(impatient.sent.$retryable?.throttling ?? true);
  const stuck = await oneTooMany(2, () => {});
  assert.deepEqual([stuck.sent.name, stuck.answers], ["ThrottlingException", [400, 400]]);
  const patient = await oneTooMany(3, () => session.advance("200ms"));
  assert.deepEqual([patient.sent.$metadata?.attempts, patient.answers], [2, [400, 200]]);
  assert.ok(patient.sent.$metadata.totalRetryDelay > 0);

  const [meter] = session.meters();
  assert.deepEqual(meter, { account: "111122223333", region: "us-east-1", quota: "UpdateKeyDescription request rate", rate: "5", left: 0 });
  const throttled = session.audit().filter(({ errorCode }) => errorCode === "ThrottlingException");
  assert.equal(throttled.length, 4);
  session.set({ increase: { account: "111122223333", region: "us-east-1", quota: meter.quota, to: 50 } });
  assert.deepEqual(session.advance("2d").map(({ event, to }) => [event, to]), [["QuotaRaised", 50]]);
  assert.throws(() => session.set({ increase: { ...meter, to: 1 } }), /unknown field/);
});

test("misuse is an error that says what", async () => {
  const session = await Session.create(WORLD);
  await assert.rejects(Session.create({ start: "soon" }), /a time such as 2030-01-01T00:00:00Z/);
  await assert.rejects(Session.create({ sed: 7 }), /unknown field `sed`/);
  await assert.rejects(Session.restore("{"), /damaged at line 1, column 1/);
  assert.throws(() => session.advance("a while"), /a length of time such as 366d/);
  assert.throws(() => session.call({ operation: "ListKeys" }), /missing field `as`/);
  assert.throws(() => session.credentials("arn:aws:iam::111122223333:user/Nobody"), /no access key of/);
  assert.throws(() => new Session({}), /Session\.create/);
});

/** A request that names who asks, and whose signature nobody looks at. */
function signed(session, command, input = {}) {
  const { accessKeyId } = session.credentials(ADMINISTRATOR);
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20300101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=00`;
  return { method: "POST", headers: { "x-amz-target": `TrentService.${command}`, authorization }, body: JSON.stringify(input) };
}

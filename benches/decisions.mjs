// How many decisions a second, each with its reasons, beside the two peers that explain theirs. The first argument is the
// folder of our bindings, the second that of the peers' packages; without it, only ours are measured.
//
// iam-simulate knows no grants and no spans and reads its policies anew each time, as there is no other way to use it.
// Cedar is another language: its policies have the same number of statements and conditions, and are read once.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [bindings, peers] = process.argv.slice(2);
const { Scenario, accessMatrix, simulate } = createRequire(import.meta.url)(resolve(bindings, "kms_playground.js"));
const scenarios = JSON.parse(readFileSync(new URL("scenarios.json", import.meta.url), "utf8"));

for (const [name, scenario] of Object.entries(scenarios)) {
  const text = JSON.stringify(scenario);
  const prepared = new Scenario(text);
  await measure(`decision, ${name}, explained`, () => prepared.decide().free());
  await measure(`decision, ${name}, as text`, () => {
    const decided = prepared.decide();
    decided.explain();
    decided.free();
  });
  await measure(`decision, ${name}, read anew`, () => simulate(text));
}
{
  const setting = JSON.stringify(ofHundred(scenarios["many statements"]));
  best("matrix of 100 principals, ms", () => accessMatrix(setting));
  for (const [name, text] of Object.entries(hostile(scenarios["one statement"]))) {
    best(`hostile policy, ${name}, ms per MB`, () => answered(text), text.length / 1e6);
  }
}
if (peers) {
  const from = createRequire(resolve(peers, "package.json"));
  const { runSimulation } = from("@cloud-copilot/iam-simulate");
  const cedar = from("@cedar-policy/cedar-wasm/nodejs");
  for (const [name, scenario] of Object.entries(scenarios)) {
    const simulation = forIamSimulate(scenario);
    await measure(`decision, ${name}, iam-simulate`, () => runSimulation(simulation, {}));
    const { call, policies } = forCedar(scenario);
    const read = cedar.preparsePolicySet(name, { staticPolicies: policies });
    if (read.type !== "success") throw new Error(JSON.stringify(read));
    const answer = cedar.statefulIsAuthorized({ ...call, preparsedPolicySetId: name });
    if (answer.type !== "success") throw new Error(JSON.stringify(answer));
    await measure(`decision, ${name}, Cedar`, () => cedar.statefulIsAuthorized({ ...call, preparsedPolicySetId: name }));
  }
}

/** A setting with the policies of a scenario: a hundred roles, each with identity policies of its own. */
function ofHundred({ request, principal, key, keyPolicy, identityPolicies, permissionsBoundary, organization }) {
  const role = (_, nth) => {
    const arn = principal.arn.replace("OrdersApp", `OrdersApp${nth}`);
    const roleArn = principal.roleArn?.replace("OrdersApp", `OrdersApp${nth}`);
    const own = JSON.parse(JSON.stringify(identityPolicies).replaceAll("team-", `team-${nth}-`));
    return { principal: { ...principal, arn, roleArn }, identityPolicies: own, permissionsBoundary };
  };
  const principals = Array.from({ length: 100 }, role);
  return { key: { ...key, arn: request.resource.arn }, keyPolicy, organization, context: request.context, principals };
}

/** Scenarios, as text, that try to take long. */
function hostile(scenario) {
  const many = (length, make) => Array.from({ length }, (_, nth) => make(nth));
  const like = (value) => ({ Effect: "Allow", Principal: "*", Action: "kms:*", Resource: "*", Condition: { StringLike: { "a:b": value } } });
  const about = (bytes, statements) =>
    JSON.stringify({ ...scenario, request: { ...scenario.request, context: { "a:b": "a".repeat(bytes) } }, keyPolicy: { Statement: statements } });
  const nested = JSON.stringify({ ...scenario, keyPolicy: 0 });
  return {
    "100,000 statements": about(200, many(100_000, (nth) => like(`*?*?${nth}*`))),
    "the longest that is read": about(200, many(1_100, (nth) => like(`*?*?${nth}*`))),
    "one long pattern": about(16_000, [like("*?".repeat(65_000))]),
    "a thousand patterns": about(10_000, [like(many(1_000, (nth) => `*a?a${nth}*`))]),
    "600,000 values": about(1_000, [like(many(600_000, (nth) => `*a?a${nth}*`))]),
    "nesting": nested.replace('"keyPolicy":0', `"keyPolicy":${"[".repeat(5e6)}${"]".repeat(5e6)}`),
  };
}

function answered(scenario) {
  try {
    simulate(scenario);
  } catch (refusal) {
    if (refusal instanceof WebAssembly.RuntimeError) throw refusal;
  }
}

function forIamSimulate(scenario) {
  const named = ({ name, document }) => ({ name, policy: document });
  const levels = Object.values(scenario.organization?.accounts ?? {}).flatMap(({ scps }) => scps);
  return {
    identityPolicies: (scenario.identityPolicies ?? []).map(named),
    serviceControlPolicies: levels.map(({ level, policies }) => ({ orgIdentifier: level, policies: policies.map(named) })),
    resourceControlPolicies: [],
    permissionBoundaryPolicies: scenario.permissionsBoundary && [{ name: "boundary", policy: scenario.permissionsBoundary }],
    resourcePolicy: scenario.keyPolicy,
    request: {
      action: scenario.request.action,
      resource: { resource: scenario.request.resource.arn, accountId: scenario.request.resource.account },
      principal: scenario.principal.arn,
      contextVariables: scenario.request.context,
    },
  };
}

/** A Cedar policy for each statement, with its actions and the equalities of its conditions. */
function forCedar(scenario) {
  const levels = Object.values(scenario.organization?.accounts ?? {}).flatMap(({ scps }) => scps);
  const documents = [scenario.keyPolicy, scenario.permissionsBoundary, ...(scenario.identityPolicies ?? []).map((it) => it.document)];
  documents.push(...levels.flatMap(({ policies }) => policies.map((it) => it.document)));
  const statements = documents.filter(Boolean).flatMap((document) => document.Statement);
  const attribute = (key) => key.replace(/[^A-Za-z]/g, "_");
  const policy = (statement) => {
    const actions = [statement.Action ?? statement.NotAction].flat().map((action) => `Action::${JSON.stringify(action)}`);
    const tests = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => {
        const list = [values].flat().map((value) => JSON.stringify(value)).join(", ");
        const is = `[${list}].contains(context.${attribute(key)})`;
        return `context has ${attribute(key)} && ${operator.includes("Not") ? `!${is}` : is}`;
      }),
    );
    const scope = `principal, action${statement.Action ? ` in [${actions}]` : ""}, resource`;
    return `${statement.Effect === "Allow" ? "permit" : "forbid"}(${scope})${tests.map((test) => ` when { ${test} }`).join("")};`;
  };
  const entries = Object.entries(scenario.request.context).filter(([, value]) => typeof value === "string");
  return {
    policies: statements.map(policy).join("\n"),
    call: {
      principal: { type: "Role", id: "OrdersApp" },
      action: { type: "Action", id: scenario.request.action },
      resource: { type: "Key", id: scenario.request.resource.arn },
      context: Object.fromEntries(entries.map(([key, value]) => [attribute(key), value])),
      entities: [],
    },
  };
}

/** As in wasm.mjs: the best tenth of a second of five, after a second to warm up. */
async function measure(name, work) {
  const run = async (milliseconds) => {
    const start = performance.now();
    let calls = 0;
    while (performance.now() - start < milliseconds) {
      for (let i = 0; i < 16; i++) {
        const done = work();
        if (done instanceof Promise) await done;
      }
      calls += 16;
    }
    return (calls * 1000) / (performance.now() - start);
  };
  await run(1000);
  let best = 0;
  for (let i = 0; i < 5; i++) best = Math.max(best, await run(100));
  console.log(`${name}\t${best.toFixed(0)}`);
}

/** The shortest of five times in milliseconds, for each unit of `size` begun. */
function best(name, work, size = 1) {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  console.log(`${name}\t${(Math.min(...times) / Math.max(1, size)).toFixed(1)}`);
}

// Compiled, never run: the types of the package fit those of the SDK, and a misspelt option is found.

import { GenerateRandomCommand, KMSClient } from "@aws-sdk/client-kms";
import { type KmsEvent, type LoadMeter, type Outcome, type Proof, Session, checkLesson, exam, markAnswers, provePolicy, simulateLoad } from "../../target/npm/index.js";

export async function types(): Promise<KMSClient> {
  const session: Session = await Session.create({ start: "2030-01-01T00:00:00Z", seed: 7, strict: true, history: 10 });
  const { recipient } = session.enclave({ image: "orders" });
  new GenerateRandomCommand({ NumberOfBytes: 32, Recipient: recipient });
  // @ts-expect-error
  await Session.create({ sed: 7 });
  await Session.create({ world: { format: "kms-playground world file", version: 1, keys: [{ spec: "HMAC_256" }] } });
  // @ts-expect-error
  await Session.create({ world: { format: "kms-playground world file", version: 1, kesy: [] } });
  const [record] = session.audit();
  console.log(record?.eventName, record?.resources?.[0]?.ARN);
  session.simulate({ proxy: { endpoint: "https://xks.playground.example", set: { condition: "Slow" } } });
  // @ts-expect-error
  session.simulate({ proxy: { endpoint: "https://xks.playground.example", set: { condition: "Sloe" } } });
  session.set({ rules: "classic", throttling: true });
  session.set({ increase: { account: "111122223333", region: "us-east-1", quota: "CreateKey request rate", to: 50 } });
  // @ts-expect-error
  session.set({ rules: "old" });
  const asked = { as: "arn:aws:iam::111122223333:user/Developer", service: "s3", operation: "CreateBucket" };
  const { error, flow } = session.serve({ ...asked, parameters: { Bucket: "media" } });
  // @ts-expect-error
  session.serve({ ...asked, parameter: {} });
  console.log(error?.code, flow.length, session.inventory()[0]?.items[0]?.children.length);
  const key = { arn: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" };
  const proof: Proof = await provePolicy({ key }, { nobody: { actions: ["kms:*"], unless: { Bool: { "aws:ViaAWSService": true } } } });
  console.log(proof.answer === "refuted" ? proof.scenario.request.action : proof.answer);
  // @ts-expect-error
  await provePolicy({ key }, { nobody: { action: "kms:*" } });
  const mix = [{ operation: "Decrypt", account: "111122223333" }];
  const meter: LoadMeter = await simulateLoad({ region: "us-east-1", arrivals: { constant: { perSecond: 5 } }, mix });
  // @ts-expect-error
  await simulateLoad({ region: "us-east-1", arrivals: { always: 5 }, mix });
  await simulateLoad({ region: "us-east-1", arrivals: { constant: { perSecond: 5 } }, mix: [{ ...mix[0]!, keyStore: "cks-0123456789abcdef0" }] });
  console.log(meter.cost.totalMicroDollars, meter.waits?.p99Seconds, meter.lines[0]?.store, meter.metrics[0]?.sums);
  const { plays, findings, updated } = await checkLesson("## A page", "a-lesson");
  console.log(plays, findings[0]?.line, findings[0]?.column, updated?.length);
  // @ts-expect-error
  await checkLesson({ text: "## A page" });
  const { questions } = await exam("4711-3~basics");
  console.log(questions[0]?.choices.length, (await markAnswers("4711-3-AC.")).points);
  // @ts-expect-error
  await exam(4711);
  const events: KmsEvent[] = session.advance("1d");
  const outcome: Outcome = session.call({ as: "arn:aws:iam::111122223333:root", operation: "ListKeys" });
  const response: Response = await session.fetch(new Request("https://kms.us-east-1.amazonaws.com/", { method: "POST" }));
  console.log(events.length, outcome.response.body, response.status, session.now().getTime());
  const credentials = session.credentials("arn:aws:iam::111122223333:user/Administrator");
  return new KMSClient({ region: "us-east-1", credentials, requestHandler: session.requestHandler() });
}

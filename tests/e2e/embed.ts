// Compiled, never run: what EMBED.md shows is typed, and a question that there is not is found.

import type { KmsPlaygroundElement, Place } from "../../dist/element.js";

export async function types(): Promise<Place> {
  const element: KmsPlaygroundElement = document.querySelector("kms-playground")!;
  await element.ready;
  element.addEventListener("kms-step", ({ detail }) => console.log(detail.lesson, detail.world.now));
  element.addEventListener("kms-result", ({ detail }) => "outcome" in detail && console.log(detail.outcome.stages.length));
  // @ts-expect-error
  await element.ask({ verb: "explode" });
  const { passed, findings } = await element.runAssertions();
  console.log(passed, findings[0]?.line);
  document.querySelector("kms-run")!.code = async ({ requestHandler, credentials, log }) => log(requestHandler, credentials("arn:aws:iam::111122223333:user/Administrator"));
  return element.goto("policy/3");
}

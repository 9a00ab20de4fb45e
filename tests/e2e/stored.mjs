// What the browser's database holds of a person's worlds, read as a thief would.

/** Every world with its records as they are stored, in hexadecimal. */
export function stored(page) {
  return page.evaluate(async () => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    // Before the page has made it there is none.
    if (!(await indexedDB.databases()).some(({ name }) => name === "kms-playground")) return { worlds: [], records: [], keys: [] };
    const db = await done(indexedDB.open("kms-playground"));
    const reading = db.transaction(["keys", "worlds", "records"]);
    const asked = ["worlds", "records", "keys"].map((store) => done(reading.objectStore(store).getAll()));
    const places = done(reading.objectStore("records").getAllKeys());
    const [worlds, records, keys] = await Promise.all(asked);
    const numbers = (await places).map(([, number]) => number);
    db.close();
    const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return {
      worlds: worlds.map((world) => ({ ...world, wrapped: { nonce: hex(world.wrapped.nonce), bytes: hex(world.wrapped.bytes) } })),
      records: records.map(({ nonce, bytes }, nth) => ({ number: numbers[nth], nonce: hex(nonce), bytes: hex(bytes) })),
      keys: keys.map((key) => ({ type: key.type, extractable: key.extractable, usages: key.usages })),
    };
  });
}

/** Waits until the last world that was made is stored with so many steps, as the page shows them. */
export async function kept(page, steps) {
  const wanted = steps ?? Number((await page.locator(".history .last b").innerText()).split("/")[1]);
  for (let tries = 0; tries < 100; tries++) {
    const { worlds } = await stored(page);
    const last = worlds.sort((one, other) => one.made - other.made).at(-1);
    if (last?.steps === wanted) return wanted;
    await page.waitForTimeout(50);
  }
  throw new Error(`the world is not stored with ${wanted} steps`);
}

/** The text of the file that the page offers while `offering` is done. */
export async function offered(page, offering) {
  const download = page.waitForEvent("download");
  await offering();
  const file = await download;
  const chunks = [];
  for await (const chunk of await file.createReadStream()) chunks.push(chunk);
  return { name: file.suggestedFilename(), text: Buffer.concat(chunks).toString() };
}

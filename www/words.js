// What is said outside the program, in the language that the program speaks.

let table = {};

/** Fetches that language as far as there is another than English; where it cannot be had, all stays English. */
export async function speak() {
  const element = document.querySelector("kms-playground");
  // What another page keeps is its own.
  const tag = element?.hasAttribute("standalone") ? chosen() : element?.lang ?? "";
  if (!/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/.test(tag) || tag.split("-")[0] === "en") return;
  const response = await fetch(new URL(`languages/${tag}.json`, import.meta.url)).catch(() => undefined);
  table = response?.ok ? await response.json().then(({ messages }) => messages, () => ({})) : {};
}

/** An English text, with values for what it has in {braces}. `cargo xtask language` gathers these texts. */
export function say(text, values = {}) {
  return (table[text] ?? text).replace(/\{(\w+)\}/g, (mark, name) => values[name] ?? mark);
}

/** What somebody chose on an earlier visit. */
function chosen() {
  try {
    return localStorage.getItem("kms-playground/language") ?? "";
  } catch {
    return "";
  }
}

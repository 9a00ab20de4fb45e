// Which words can stand where the cursor is: found by the place in the JSON, chosen from lists that are given.

import { syntaxTree } from "@codemirror/language";

/**
 * Completes a text or the name of a member. `words` has a list of `[word, what it is]` under each place: a member's
 * name for its values, as `Action`; `{` and a member's name for the names inside its value, as `{Condition`; and
 * `{Condition/` for those one level deeper, whatever the level between is called.
 */
export function complete(context, words) {
  const node = syntaxTree(context.state).resolveInner(context.pos, -1);
  if (node.name !== "String" && node.name !== "PropertyName") return null;
  const closed = node.to > node.from + 1 && context.state.sliceDoc(node.to - 1, node.to) === '"';
  const [from, to] = [node.from + 1, closed ? node.to - 1 : node.to];
  if (context.pos < from || context.pos > to) return null;
  const above = namesAbove(node, context.state);
  const [name = "", upper = ""] = above;
  const places = node.name === "String" ? [name] : [`{${name}`, `{${upper}/`];
  const found = places.map((place) => words[place]).find(Boolean);
  if (!found) return null;
  const options = found.map(([label, detail]) => ({ label, info: detail || undefined }));
  return { from, to: context.pos, options, validFor: /^[\w:*.\/-]*$/ };
}

/** The names of the members that a node stands in, innermost first; for a member's own name, of those around it. */
function namesAbove(node, state) {
  const names = [];
  for (let it = node.parent, own = node.name === "PropertyName"; it; it = it.parent) {
    if (it.name !== "Property") continue;
    const name = it.getChild("PropertyName");
    if (name && !own) names.push(state.sliceDoc(name.from + 1, name.to - 1));
    own = false;
  }
  return names;
}

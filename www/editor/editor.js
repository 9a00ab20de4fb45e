// The editor of policies: CodeMirror, told what to show and telling what the person does.
//
// Bundled into one file, which the page fetches when an editor first opens. It knows JSON and nothing of policies: the
// words it completes, what is wrong and what to mark are given to it, with places in bytes of UTF-8.

/*! With CodeMirror and Lezer, (C) Marijn Haverbeke and others, under the MIT licence: https://codemirror.net */

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap, setDiagnostics } from "@codemirror/lint";
import { Annotation, Compartment, EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { complete } from "./complete.js";

/**
 * Opens an editor in `host`, in place of `area`, a text field whose focus it takes over. Gives a function that takes
 * what to show as JSON (see `shown` below), and without it closes the editor.
 *
 * `say` is called with `"text"` and the new text, `"point"` and the number of the mark that is pointed at or holds the
 * cursor, or -1, and `"fix"` and the number of the finding whose remedy was asked for.
 */
export function edit(host, area, say) {
  const settings = new Compartment();
  const root = host.getRootNode();
  let words = {}, echoes = [], pointed = -1, known = area.value, saying, view;

  const point = (mark) => {
    if (mark !== pointed) say("point", (pointed = mark));
  };
  const tell = () => {
    saying = undefined;
    const text = view.state.doc.toString();
    if (text === known && echoes.length === 0) return;
    echoes.push(text);
    say("text", text);
  };
  const tellNow = () => {
    if (saying === undefined) return;
    clearTimeout(saying);
    tell();
  };
  const listener = EditorView.updateListener.of((update) => {
    // What was typed shows before the page thinks about it.
    if (update.docChanged && !update.transactions.some((it) => it.annotation(fromOutside))) saying ??= setTimeout(tell);
    if (update.selectionSet && view.hasFocus) point(markAt(update.state, update.state.selection.main.head));
    if (update.focusChanged && !view.hasFocus) point(-1);
  });

  view = new EditorView({
    parent: host,
    root,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        lineNumbers(), highlightActiveLineGutter(), highlightSpecialChars(), highlightActiveLine(), drawSelection(), history(), indentOnInput(),
        bracketMatching(), closeBrackets(), json(), syntaxHighlighting(classHighlighter), EditorView.lineWrapping,
        autocompletion({ override: [(context) => complete(context, words)], icons: false }),
        // Tab is left alone: it leads on, as everywhere on the page.
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
        marks, settings.of([]), listener,
        EditorView.domEventHandlers({
          beforeinput: typeOver,
          mouseover: (event) => point(Number(event.target.closest?.("[data-mark]")?.dataset.mark ?? -1)),
          mouseleave: () => point(-1),
          // What is pressed next must find everything that was typed.
          blur: tellNow,
        }),
      ],
    }),
  });
  if (root.activeElement === area) {
    view.dispatch({ selection: { anchor: Math.min(area.selectionStart, view.state.doc.length) } });
    view.focus();
  }

  return (shown) => {
    if (shown === undefined) {
      tellNow();
      return void view.destroy();
    }
    const next = JSON.parse(shown);
    known = next.value;
    words = next.words ?? words;
    // What was typed comes back a moment later, perhaps when more has been typed: that is no new text.
    const echo = echoes.indexOf(next.value);
    if (echo >= 0) echoes = echoes.slice(echo + 1);
    else if (saying === undefined && next.value !== view.state.doc.toString()) {
      echoes = [];
      view.dispatch({ changes: difference(view.state.doc.toString(), next.value), annotations: fromOutside.of(true) });
    }
    const attributes = { "aria-label": next.label, tabindex: "0", spellcheck: "false", ...(next.readOnly && { inputmode: "none", "aria-readonly": "true" }) };
    const effects = [settings.reconfigure([EditorState.readOnly.of(next.readOnly), EditorView.contentAttributes.of(attributes)])];
    if (next.value === view.state.doc.toString()) {
      const at = placesIn(next.value);
      const range = ({ start, end }) => ({ from: at(start), to: Math.max(at(start), at(end)) });
      effects.push(setMarks.of({ marks: next.marks.map((it) => ({ ...it, ...range(it) })), lit: next.lit && range(next.lit) }));
      if (next.lit && !view.hasFocus) effects.push(EditorView.scrollIntoView(at(next.lit.start), { y: "nearest", yMargin: 40 }));
      view.dispatch({ effects });
      view.dispatch(setDiagnostics(view.state, next.findings.map(({ fix, ...it }, number) => ({
        ...it, ...range(it), actions: fix ? [{ name: fix, apply: () => say("fix", number) }] : [],
      }))));
      if (next.select) {
        const { from, to } = range(next.select);
        view.dispatch({ selection: { anchor: to, head: from }, scrollIntoView: true });
        view.focus();
      }
    } else view.dispatch({ effects });
  };
}

/**
 * Types over what is selected. Left to itself Chromium would keep the look of the old text by an inline style, which a
 * strict page forbids.
 */
function typeOver(event, view) {
  const { from, to, empty } = view.state.selection.main;
  if (event.inputType !== "insertText" || event.isComposing || !event.data || empty) return false;
  const insert = () => view.state.update({
    changes: { from, to, insert: event.data }, selection: { anchor: from + event.data.length }, userEvent: "input.type", scrollIntoView: true,
  });
  event.preventDefault();
  const handled = view.state.facet(EditorView.inputHandler).some((handler) => handler(view, from, to, event.data, insert));
  if (!handled) view.dispatch(insert());
  return true;
}

/** Marks a change that did not come from the person. */
const fromOutside = Annotation.define();

const setMarks = StateEffect.define();

/** What is marked, and which one of it is lit; both move along with what is typed. */
const marks = StateField.define({
  create: () => Decoration.none,
  update(value, transaction) {
    let next = value.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(setMarks)) next = decorations(effect.value, transaction.state.doc);
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function decorations({ marks, lit }, doc) {
  const all = marks.map((it, number) => ({ ...it, class: `mark ${it.class}`, attributes: { "data-mark": String(number) } }));
  if (lit) all.push({ ...lit, class: "lit" });
  const ranges = all.flatMap((it) => lines(it, doc).map(([from, to]) => Decoration.mark({ class: it.class, attributes: it.attributes }).range(from, to)));
  return Decoration.set(ranges, true);
}

/** The lines of a stretch, each without the space around it. */
function lines({ from, to }, doc) {
  const found = [];
  for (let line = doc.lineAt(from); ; line = doc.line(line.number + 1)) {
    const [start, end] = [Math.max(from, line.from), Math.min(to, line.to)];
    const text = doc.sliceString(start, end);
    const [first, last] = [start + text.length - text.trimStart().length, start + text.trimEnd().length];
    if (first < last) found.push([first, last]);
    if (line.to >= to || line.number === doc.lines) return found;
  }
}

/** The number of the smallest mark at a place, or -1. */
function markAt(state, at) {
  let [found, size] = [-1, Infinity];
  state.field(marks).between(at, at, (from, to, { spec }) => {
    if (spec.attributes && to - from < size) [found, size] = [Number(spec.attributes["data-mark"]), to - from];
  });
  return found;
}

/** The one stretch in which two texts differ. */
function difference(before, after) {
  const shorter = Math.min(before.length, after.length);
  let [start, end] = [0, 0];
  while (start < shorter && before[start] === after[start]) start++;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { from: start, to: before.length - end, insert: after.slice(start, after.length - end) };
}

/** From bytes of UTF-8 to JavaScript's units of UTF-16, none beyond the end. */
function placesIn(text) {
  const starts = [];
  for (let unit = 0, next; unit < text.length; unit += next) {
    const point = text.codePointAt(unit);
    next = point > 0xffff ? 2 : 1;
    for (let byte = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4; byte > 0; byte--) starts.push(unit);
  }
  return (byte) => starts[byte] ?? text.length;
}

// Splits the page's program in two: what its first picture needs, and the rest, which it fetches afterwards.
//
// `node xtask/split.mjs LINKED BOUND MAIN REST` reads the program twice: LINKED as the linker wrote it, with the places
// where code and data name each other (`--emit-relocs`), and BOUND as wasm-bindgen made it of that, with the functions'
// names. What only `rest::within` leads to goes into REST, its code, its data and its places in the table; all else stays.
// Both files are the whole program with other bodies: a call across is a call through the table, which they share with
// the memory and the globals, so no number changes and wasm-opt takes away what is then empty.

import { readFileSync, writeFileSync } from "node:fs";

/** How the functions are called behind which the rest begins. */
const BORDER = /kms_playground.*4rest6within|kms_playground::rest::within/;
/** A body of a function that calls nothing, up to so many bytes, is kept on both sides. */
const SMALL = 160;

const SECTION = { custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9, code: 10, data: 11, count: 12 };

function main([linkedFile, boundFile, mainFile, restFile]) {
  const linked = new Program(readFileSync(linkedFile));
  const bound = new Program(readFileSync(boundFile));
  const parts = divide(linked, bound);
  writeFileSync(mainFile, parts.main);
  writeFileSync(restFile, parts.rest);
}

class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    Object.assign(this, { bytes, at, end });
  }
  get more() {
    return this.at < this.end;
  }
  byte() {
    return this.bytes[this.at++];
  }
  /** An unsigned number. */
  u() {
    let value = 0, scale = 1, byte;
    do {
      byte = this.byte();
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte & 128);
    return value;
  }
  /** A signed number of at most 32 bits. */
  s() {
    let value = 0, shift = 0, byte;
    do {
      byte = this.byte();
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    return shift < 32 && byte & 64 ? value | (-1 << shift) : value;
  }
  /** A number of any size and sign, passed over. */
  pass() {
    while (this.byte() & 128);
  }
  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  name() {
    return Buffer.from(this.take(this.u())).toString("utf8");
  }
  list(item) {
    return Array.from({ length: this.u() }, (_, index) => item(index));
  }
}

/** A module, taken apart as far as splitting it needs. */
class Program {
  constructor(bytes) {
    this.sections = [];
    const reader = new Reader(bytes, 8);
    while (reader.more) {
      const id = reader.byte(), length = reader.u(), start = reader.at;
      const name = id === SECTION.custom ? reader.name() : undefined;
      this.sections.push({ id, name, start, body: new Reader(bytes, reader.at, start + length) });
      reader.at = start + length;
    }
    const read = (id, how, otherwise) => {
      const section = this.sections.find((it) => it.id === id);
      return section ? how(section.body) : otherwise;
    };
    this.types = read(SECTION.type, (it) => it.list(() => {
      if (it.byte() !== 0x60) throw new Error("a type that is no function's");
      return { params: it.list(() => valueType(it)), results: it.list(() => valueType(it)) };
    }), []);
    this.imports = read(SECTION.import, (it) => it.list(() => {
      const names = [it.name(), it.name()];
      if (it.byte() !== 0) throw new Error(`${names.join(".")} is imported and no function`);
      return { names, type: it.u() };
    }), []);
    this.functions = [...this.imports.map((it) => it.type), ...read(SECTION.function, (it) => it.list(() => it.u()), [])];
    this.tables = read(SECTION.table, (it) => it.list(() => ({ type: valueType(it), limits: limits(it) })), []);
    this.memories = read(SECTION.memory, (it) => it.list(() => limits(it)), []);
    this.globals = read(SECTION.global, (it) => it.list(() => {
      const global = { type: valueType(it), mutable: it.byte(), start: it.at };
      constant(it);
      return { ...global, initial: it.bytes.subarray(global.start, it.at) };
    }), []);
    this.exports = read(SECTION.export, (it) => it.list(() => ({ name: it.name(), kind: it.byte(), index: it.u() })), []);
    this.start = read(SECTION.start, (it) => it.u(), undefined);
    this.elements = read(SECTION.element, (it) => it.list(() => element(it)), []);
    this.code = read(SECTION.code, (it) => it.list(() => {
      const length = it.u(), at = it.at;
      return { at, body: it.take(length) };
    }), []);
    this.data = read(SECTION.data, (it) => it.list(() => {
      if (it.u() !== 0) throw new Error("data that is not simply put at a place");
      const address = constant(it), length = it.u(), at = it.at;
      return { address, at, bytes: it.take(length) };
    }), []);
    this.names = this.#names();
  }

  custom(name) {
    return this.sections.find((it) => it.name === name)?.body;
  }

  /** The names of functions, by index. */
  #names() {
    const names = new Map(), section = this.custom("name");
    while (section?.more) {
      const kind = section.byte(), end = section.u() + section.at;
      if (kind === 1) section.list(() => names.set(section.u(), section.name()));
      section.at = end;
    }
    return names;
  }

  body(index) {
    return this.code[index - this.imports.length]?.body;
  }
}

function valueType(reader) {
  const type = reader.byte();
  if (type < 0x6f || type === 0x7b) throw new Error(`a value of type ${type}`);
  return type;
}

function limits(reader) {
  const flags = reader.byte();
  return { least: reader.u(), most: flags & 1 ? reader.u() : undefined };
}

/** The value of an initial expression, as far as it is a number. */
function constant(reader) {
  const op = reader.byte();
  let value;
  if (op === 0x41) value = reader.s() >>> 0;
  else if (op === 0x42 || op === 0xd0) reader.pass();
  else if (op === 0x43) reader.take(4);
  else if (op === 0x44) reader.take(8);
  else throw new Error(`an initial expression of ${op}`);
  if (reader.byte() !== 0x0b) throw new Error("an initial expression of several steps");
  return value;
}

function element(reader) {
  if (reader.u() !== 0) throw new Error("table elements that are not simply put at a place");
  return { slot: constant(reader), functions: reader.list(() => reader.u()) };
}

/** The functions that a body calls. */
function calls(body) {
  const it = new Reader(body), found = new Set();
  it.list(() => (it.pass(), it.byte()));
  while (it.more) {
    const op = it.byte();
    if (op === 0x10) found.add(it.u());
    else if (op === 0x02 || op === 0x03 || op === 0x04 || op === 0x0c || op === 0x0d || (op >= 0x20 && op <= 0x26)
      || op === 0x3f || op === 0x40 || op === 0x41 || op === 0x42 || op === 0xd0) it.pass();
    else if (op === 0x0e) it.list(() => it.pass()), it.pass();
    else if (op === 0x11) it.pass(), it.pass();
    else if (op === 0x1c) it.list(() => it.byte());
    else if (op >= 0x28 && op <= 0x3e) it.pass(), it.pass();
    else if (op === 0x43) it.take(4);
    else if (op === 0x44) it.take(8);
    else if (op === 0xfc) {
      const more = it.u();
      const immediates = { 8: 2, 9: 1, 10: 2, 11: 1, 12: 2, 13: 1, 14: 2, 15: 1, 16: 1, 17: 1 }[more] ?? 0;
      for (let nth = 0; nth < immediates; nth++) it.pass();
    } else if (!(op <= 0x01 || op === 0x05 || op === 0x0b || op === 0x0f || op === 0x1a || op === 0x1b
      || (op >= 0x45 && op <= 0xc4) || op === 0xd1)) throw new Error(`an instruction ${op.toString(16)} that is not known`);
  }
  return found;
}

/**
 * What the linker knew: every piece of data with its place, and which functions and which data each function and each
 * piece of data names. Functions are told by their names.
 */
function knowledge(linked) {
  const symbols = [], pieces = [];
  const linking = linked.custom("linking");
  if (!linking) throw new Error("the linked program does not say what names what: link it with --emit-relocs");
  if (linking.u() !== 2) throw new Error("linking information of another version");
  while (linking.more) {
    const kind = linking.byte(), end = linking.u() + linking.at;
    if (kind === 8) linking.list(() => symbols.push(symbol(linking, linked, pieces)));
    linking.at = end;
  }
  pieces.sort((one, other) => one.address - other.address || other.size - one.size);
  const uses = new Map();
  const use = (user, used) => uses.set(user, (uses.get(user) ?? new Set()).add(used));
  for (const section of linked.sections.filter((it) => it.name?.startsWith("reloc."))) {
    const { body } = section, target = linked.sections[body.u()];
    if (target.id !== SECTION.code && target.id !== SECTION.data) continue;
    const usersAt = target.id === SECTION.code ? functionAt(linked) : pieceAt(linked, pieces);
    const named = body.list(() => {
      const type = body.byte(), at = target.start + body.u(), symbol = symbols[body.u()];
      if (WITH_ADDEND.has(type)) body.pass();
      return { type, at, symbol };
    });
    for (const { type, at, symbol } of named.sort((one, other) => one.at - other.at)) {
      if (OF_FUNCTION_OR_PLACE.has(type)) for (const user of usersAt(at)) use(user, symbol);
    }
  }
  return { pieces, uses };
}

function symbol(reader, linked, pieces) {
  const kind = reader.byte(), flags = reader.u(), undefined_ = flags & 0x10;
  if (kind === 1) {
    const name = reader.name();
    if (undefined_) return name;
    const segment = linked.data[reader.u()], offset = reader.u(), size = reader.u();
    // What is only zeroes has no segment in the file.
    if (!segment) return name;
    const piece = { name, address: segment.address + offset, size };
    if (size > 0) pieces.push(piece);
    return piece;
  }
  if (kind === 3) return void reader.u();
  const index = reader.u();
  const named = !undefined_ || flags & 0x40 ? reader.name() : undefined;
  return kind === 0 ? linked.names.get(index) ?? named : named;
}

/** For places in the file in order: the function around each. */
function functionAt(linked) {
  let nth = 0;
  return (at) => {
    while (linked.code[nth].at + linked.code[nth].body.length <= at) nth++;
    return [linked.names.get(nth + linked.imports.length)];
  };
}

/** For places in the file in order: the pieces of data around each. */
function pieceAt(linked, pieces) {
  let nth = 0, around = [];
  return (at) => {
    const segment = linked.data.find((it) => it.at <= at && at < it.at + it.bytes.length);
    const address = segment.address + at - segment.at;
    while (nth < pieces.length && pieces[nth].address <= address) around.push(pieces[nth++]);
    around = around.filter((it) => address < it.address + it.size);
    // INVARIANT: what nobody is known to own belongs to everybody.
    return around.length > 0 ? around : [EVERYBODY];
  };
}

/** Relocations that carry one number more, and those that tell of a function or of a place in memory. */
const WITH_ADDEND = new Set([3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25]);
const OF_FUNCTION_OR_PLACE = new Set([0, 1, 2, 3, 4, 5, 11, 12, 26]);
const EVERYBODY = "everybody";

/** Which functions, by number, and which pieces of data are the rest's alone. */
function rest(linked, bound) {
  const { pieces, uses } = knowledge(linked);
  // Of functions of one name each may be meant, and each names what any of them does.
  const numbers = new Map();
  for (const [index, name] of bound.names) numbers.set(name, [...(numbers.get(name) ?? []), index]);
  const called = bound.code.map((it) => calls(it.body));
  const border = [...bound.names].filter(([, name]) => BORDER.test(name)).map(([index]) => index);
  if (border.length === 0) throw new Error("there is no border behind which a rest could begin");
  const reach = (roots, isClosed) => {
    const seen = new Set(), waiting = [...roots];
    while (waiting.length > 0) {
      const at = waiting.pop();
      if (at === undefined || seen.has(at) || isClosed(at)) continue;
      seen.add(at);
      if (typeof at === "number") {
        waiting.push(...(called[at - bound.imports.length] ?? []));
        waiting.push(...(uses.get(bound.names.get(at)) ?? []));
      } else if (typeof at === "string") waiting.push(...(numbers.get(at) ?? []));
      else waiting.push(...(uses.get(at) ?? []));
    }
    return seen;
  };
  const roots = [...bound.exports.filter((it) => it.kind === 0).map((it) => it.index), bound.start, ...(uses.get(EVERYBODY) ?? [])];
  const closed = new Set(border);
  const near = reach(roots, (at) => closed.has(at));
  const far = reach(border, (at) => near.has(at));
  const functions = new Set([...far].filter((at) => typeof at === "number" && at >= bound.imports.length));
  return { functions, pieces: onlyOf(pieces, far), called };
}

/** The places in memory that belong to `far` pieces and touch no other: `[from, to)`, in order. */
function onlyOf(pieces, far) {
  const places = [];
  for (const piece of pieces.filter((it) => far.has(it))) {
    const last = places.at(-1), to = piece.address + piece.size;
    if (last && piece.address <= last[1]) last[1] = Math.max(last[1], to);
    else places.push([piece.address, to]);
  }
  for (const piece of pieces.filter((it) => !far.has(it))) {
    for (const place of places) {
      const [from, to] = place;
      if (piece.address + piece.size <= from || piece.address >= to) continue;
      // Shared: it stays. The larger side is kept.
      const before = Math.max(0, piece.address - from), after = Math.max(0, to - piece.address - piece.size);
      if (before >= after) place[1] = from + before;
      else place[0] = to - after;
    }
  }
  return places.filter(([from, to]) => to > from);
}

/** The two files. */
function divide(linked, bound) {
  const { functions, pieces, called } = rest(linked, bound);
  const first = bound.imports.length;
  const slots = new Map();
  for (const { slot, functions } of bound.elements) functions.forEach((index, nth) => slots.set(index, slot + nth));
  const occupied = bound.elements.flatMap(({ slot, functions }) => functions.map((index, nth) => [slot + nth, index]));
  let size = bound.tables[0].limits.least;
  const slotOf = (index) => {
    if (!slots.has(index)) occupied.push([size, index]), slots.set(index, size++);
    return slots.get(index);
  };
  const across = (isCaller) => new Set(called.flatMap((it, at) => (isCaller(at + first) ? [...it] : [])));
  const isRest = (index) => functions.has(index);
  const fromMain = across((index) => !isRest(index)), fromRest = across(isRest);
  for (const { kind, index } of bound.exports) if (kind === 0) fromMain.add(index);
  const bodies = (keep, isCalled) => bound.code.map(({ body }, at) => {
    const index = at + first;
    if (keep(index)) return body;
    if (!isCalled.has(index)) return NOTHING;
    if (body.length <= SMALL && called[at].size === 0) return body;
    return through(slotOf(index), bound.types[bound.functions[index]].params.length, bound.functions[index]);
  });
  const code = {
    main: bodies((index) => !isRest(index), fromMain),
    rest: bodies(isRest, fromRest),
  };
  const table = (of) => segments(occupied.filter(([, index]) => isRest(index) === of));
  // Without a maximum of its own the table of the main file would still be as large as both need.
  const tables = bound.tables.map(({ type, limits }, nth) => {
    const least = nth === 0 ? size : limits.least;
    return { type, limits: { least, most: limits.most === undefined ? undefined : Math.max(limits.most, least) } };
  });
  const shared = [
    ...tables.map((it, nth) => ({ kind: 1, name: `rest.table${nth}`, of: [it.type, ...written(it.limits)] })),
    ...bound.memories.map((it, nth) => ({ kind: 2, name: `rest.memory${nth}`, of: written(it) })),
    ...bound.globals.map((it, nth) => ({ kind: 3, name: `rest.global${nth}`, of: [it.type, it.mutable] })),
  ];
  const features = bound.sections.filter((it) => it.name === "target_features");
  const common = {
    [SECTION.type]: raw(bound, SECTION.type),
    [SECTION.function]: raw(bound, SECTION.function),
  };
  const main = assembled({
    ...common,
    [SECTION.import]: raw(bound, SECTION.import),
    [SECTION.table]: vector(tables.map((it) => [it.type, ...written(it.limits)])),
    [SECTION.memory]: raw(bound, SECTION.memory),
    [SECTION.global]: raw(bound, SECTION.global),
    [SECTION.export]: vector([
      ...bound.exports.map((it) => [...text(it.name), it.kind, ...number(it.index)]),
      ...bound.imports.flatMap((_, index) => (fromRest.has(index) ? [[...text(`rest.import${index}`), 0, ...number(index)]] : [])),
      ...shared.map((it) => [...text(it.name), it.kind, ...number(Number(it.name.match(/\d+$/)[0]))]),
    ]),
    [SECTION.start]: raw(bound, SECTION.start),
    [SECTION.element]: vector(table(false)),
    [SECTION.code]: vector(code.main.map((body) => Buffer.concat([Buffer.from(number(body.length)), body]))),
    [SECTION.data]: vector(dataOutside(bound.data, pieces)),
  }, features);
  const remainder = assembled({
    ...common,
    [SECTION.import]: vector([
      ...bound.imports.map((it, index) => [...text("main"), ...text(`rest.import${index}`), 0, ...number(it.type)]),
      ...shared.map((it) => [...text("main"), ...text(it.name), it.kind, ...it.of]),
    ]),
    [SECTION.element]: vector(table(true)),
    [SECTION.code]: vector(code.rest.map((body) => Buffer.concat([Buffer.from(number(body.length)), body]))),
    [SECTION.data]: vector(dataInside(bound.data, pieces)),
  }, features);
  return { main, rest: remainder };
}

/** A body that cannot be reached. */
const NOTHING = Buffer.from([0, 0x00, 0x0b]);

/** A body that hands its arguments on through the table. */
function through(slot, params, type) {
  const passed = Array.from({ length: params }, (_, nth) => [0x20, ...number(nth)]).flat();
  return Buffer.from([0, ...passed, 0x41, ...signed(slot), 0x11, ...number(type), 0, 0x0b]);
}

function segments(occupied) {
  const runs = [];
  for (const [slot, index] of occupied.sort(([one], [other]) => one - other)) {
    const last = runs.at(-1);
    if (last && last.slot + last.functions.length === slot) last.functions.push(index);
    else runs.push({ slot, functions: [index] });
  }
  return runs.map((it) => [0, 0x41, ...signed(it.slot), 0x0b, ...number(it.functions.length), ...it.functions.flatMap(number)]);
}

function dataInside(data, places) {
  return places.flatMap(([from, to]) => data.flatMap((segment) => {
    const start = Math.max(from, segment.address), end = Math.min(to, segment.address + segment.bytes.length);
    return start < end ? [piece(start, segment.bytes.subarray(start - segment.address, end - segment.address))] : [];
  }));
}

function dataOutside(data, places) {
  return data.map(({ address, bytes }) => {
    const kept = Buffer.from(bytes);
    for (const [from, to] of places) {
      const start = Math.max(from, address), end = Math.min(to, address + bytes.length);
      if (start < end) kept.fill(0, start - address, end - address);
    }
    return piece(address, kept);
  });
}

function piece(address, bytes) {
  return Buffer.concat([Buffer.from([0, 0x41, ...signed(address), 0x0b, ...number(bytes.length)]), bytes]);
}

function raw(program, id) {
  const section = program.sections.find((it) => it.id === id);
  return section && section.body.bytes.subarray(section.start, section.body.end);
}

function assembled(sections, customs) {
  const parts = [Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])];
  const add = (id, body) => parts.push(Buffer.from([id, ...number(body.length)]), body);
  for (let id = SECTION.type; id <= SECTION.data; id++) if (sections[id]) add(id, Buffer.from(sections[id]));
  for (const { start, body } of customs) add(SECTION.custom, body.bytes.subarray(start, body.end));
  return Buffer.concat(parts);
}

function vector(items) {
  return Buffer.concat([Buffer.from(number(items.length)), ...items.map((it) => Buffer.from(it))]);
}

function written({ least, most }) {
  return most === undefined ? [0, ...number(least)] : [1, ...number(least), ...number(most)];
}

function text(words) {
  const bytes = Buffer.from(words);
  return [...number(bytes.length), ...bytes];
}

function number(value) {
  const bytes = [];
  do {
    bytes.push((value % 128) | (value >= 128 ? 128 : 0));
    value = Math.floor(value / 128);
  } while (value > 0);
  return bytes;
}

/** A number of 32 bits, which the format takes as signed. */
function signed(value) {
  value |= 0;
  const bytes = [];
  for (;;) {
    const byte = value & 127;
    value >>= 7;
    if ((value === 0 && !(byte & 64)) || (value === -1 && byte & 64)) return bytes.push(byte), bytes;
    bytes.push(byte | 128);
  }
}

main(process.argv.slice(2));

// Types of <kms-playground> and of what may stand beside it. EMBED.md says what they mean.

import type { Answer, Credentials, Decision, KmsEvent, Outcome, RequestHandler } from "./index.js";

/** Where a playground is. */
export interface Place {
  /** For example `#/policy/3`: what {@link Playground.goto} takes. */
  address: string;
  /** For example `policy`. */
  view: string;
  /** The lesson that is open. */
  lesson: string | null;
  /** The page of the lesson, or the step of the story or the history, counted from 1; 0 before the first step. */
  step: number;
  /** How many there are, where that is known. */
  steps: number | null;
  world: {
    /** How many steps of the history lie behind. */
    step: number;
    /** How many there are, undone ones among them. */
    steps: number;
    /** The world's time, for example `2030-01-01T00:00:00Z`. */
    now: string;
  };
}

/** Where a step was made: in the history of the world, or on a page of a lesson. Both are counted from 1. */
export type At = { step: number } | { lesson: string; page: number };

/** A permission that was decided, with its reasons. */
export type DecisionDetail = At & { label: string; decision: Decision };

/** What came of a step, as the core recorded it. */
export type ResultDetail = At & {
  /** For example `Encrypt`, `s3 GetObject` or `+1d`. */
  label: string;
} & (
    | { as: string; region: string; outcome: Outcome }
    | { as: string; region: string; answer: unknown; flow: unknown[] }
    | { as: string; region: string; error: { code: string; status: number; message: string }; flow: unknown[] }
    | { events: KmsEvent[]; flow: unknown[] }
  );

export type KmsErrorCode =
  | "failed"
  | "malformed"
  | "not-ready"
  | "no-such-lesson"
  | "no-such-place"
  | "no-such-principal"
  | "no-lesson"
  | "damaged-state"
  | "attribute";

/** What a method that is not done rejects with. */
export interface KmsError extends Error {
  name: "KmsError";
  code: KmsErrorCode;
}

export interface Assertions {
  lesson: string;
  passed: boolean;
  /** What is not as the lesson says; empty when it passed. */
  findings: { line: number; column: number; problem: string; source: string }[];
  /** How far the task is while it is done in the sandbox; otherwise null. */
  task: { shows: string; holds: boolean; instead: string | null }[] | null;
}

/** What {@link Playground.ask} takes: also the messages to a frame. */
export type Question =
  | { verb: "load"; lesson: string; step?: number }
  | { verb: "place" | "next" | "prev" | "reset" | "exportState" | "runAssertions" | "accounts" }
  | { verb: "goto"; to: number | string }
  | { verb: "importState"; state: string }
  | { verb: "theme"; theme: "light" | "dark" | "auto" }
  | { verb: "exchange"; method: string; target: string; headers: [string, string][]; body: string };

/** What the element can do, and a connected frame. */
export interface Playground {
  /** Opens a lesson at a page, counted from 1. */
  load(lesson: string, step?: number): Promise<Place>;
  /** One page of a lesson on, or one step of the story or the history. */
  next(): Promise<Place>;
  prev(): Promise<Place>;
  /** To a step, counted from 1, or to an address such as `policy/3`. */
  goto(to: number | string): Promise<Place>;
  /** Back to how the playground began. */
  reset(): Promise<Place>;
  /** The world as text, with its history and its keys. */
  exportState(): Promise<string>;
  /** A world from {@link exportState}, or a world file, in place of the present one. */
  importState(state: string | object): Promise<Place>;
  /** Plays the open lesson against what it says, and judges its task while that is done in the sandbox. */
  runAssertions(): Promise<Assertions>;
  /** `new KMSClient({ credentials: playground.credentials(arn), … })`. */
  credentials(arn: string): () => Promise<Credentials>;
  /** `new KMSClient({ requestHandler: playground.requestHandler(), … })`: its requests become steps of the world. */
  requestHandler(): RequestHandler;
  ask(question: Extract<Question, { verb: "exchange" }>): Promise<Answer>;
  ask(question: Question): Promise<unknown>;
}

export interface KmsPlaygroundEventMap {
  "kms-ready": CustomEvent<Place>;
  "kms-step": CustomEvent<Place>;
  "kms-decision": CustomEvent<DecisionDetail>;
  "kms-result": CustomEvent<ResultDetail>;
  "kms-error": CustomEvent<{ code: KmsErrorCode; message: string }>;
  "kms-resize": CustomEvent<{ width: number; height: number }>;
}

export interface KmsPlaygroundElement extends HTMLElement, Playground {
  /** Kept when the playground is there; broken with a {@link KmsError} when it cannot be. */
  readonly ready: Promise<void>;
  addEventListener<K extends keyof KmsPlaygroundEventMap>(
    type: K,
    listener: (this: KmsPlaygroundElement, event: KmsPlaygroundEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

/** What a code sample gets. */
export interface RunContext {
  playground: Playground;
  requestHandler: RequestHandler;
  credentials(arn: string): () => Promise<Credentials>;
  /** Shows values below the code; bytes in base64. */
  log(...values: unknown[]): void;
}

export interface KmsRunElement extends HTMLElement {
  /** Runs in place of the module in `src`. */
  code: ((context: RunContext) => unknown) | undefined;
  run(): Promise<unknown>;
}

declare global {
  interface HTMLElementTagNameMap {
    "kms-playground": KmsPlaygroundElement;
    "kms-run": KmsRunElement;
  }
}

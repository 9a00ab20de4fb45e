// What asks a playground, wherever it is: in this page, or in a frame.

/** Why a playground did not do what it was asked; `code` is for programs. */
export class KmsError extends Error {
  name = "KmsError";

  constructor({ code, message }) {
    super(message);
    this.code = code;
  }
}

/** The value of an answer. */
export function answered({ value, error }) {
  if (error) throw new KmsError(error);
  return value;
}

/** The methods of whatever can `ask`. */
export const methods = {
  load(lesson, step) {
    return this.ask({ verb: "load", lesson, step });
  },

  next() {
    return this.ask({ verb: "next" });
  },

  prev() {
    return this.ask({ verb: "prev" });
  },

  goto(to) {
    return this.ask({ verb: "goto", to });
  },

  reset() {
    return this.ask({ verb: "reset" });
  },

  exportState() {
    return this.ask({ verb: "exportState" });
  },

  importState(state) {
    return this.ask({ verb: "importState", state: typeof state === "string" ? state : JSON.stringify(state) });
  },

  runAssertions() {
    return this.ask({ verb: "runAssertions" });
  },

  /** What the option `credentials` of an AWS SDK client takes: which of the world's principals asks. */
  credentials(arn) {
    return async () => {
      const principals = (await this.ask({ verb: "accounts" })).flatMap((account) => account.principals);
      const found = principals.find((principal) => principal.arn === arn);
      if (found) return found;
      const there = principals.map((principal) => principal.arn).join(", ");
      throw new KmsError({ code: "no-such-principal", message: `no access key of ${arn}; there are some of ${there}` });
    };
  },

  /** What the option `requestHandler` of an AWS SDK client takes. */
  requestHandler() {
    const handle = async ({ method, path, headers, body }, { abortSignal } = {}) => {
      if (abortSignal?.aborted) throw Object.assign(new Error("Request aborted"), { name: "AbortError" });
      const text = typeof body === "string" ? body : new TextDecoder().decode(body);
      const answer = await this.ask({ verb: "exchange", method, target: path, headers: Object.entries(headers), body: text });
      const named = Object.fromEntries(answer.headers.map(([name, value]) => [name.toLowerCase(), value]));
      return { response: { statusCode: answer.status, headers: named, body: new TextEncoder().encode(answer.body) } };
    };
    return { metadata: { handlerProtocol: "http/1.1" }, handle, updateHttpClientConfig() {}, httpHandlerConfigs: () => ({}), destroy() {} };
  },
};

/** A moment: ISO 8601 in UTC, for example `2030-01-01T00:00:00Z`. */
export type Time = string;

/** A length of time: a number and `d`, `h`, `m`, `s` or `ms`, for example `366d`. */
export type Span = string;

export interface Options {
  /** When the world begins; the present moment without it. */
  start?: Time;
  /** From 0 to 4294967295. The same seed and the same calls make the same bytes; without it, bytes nobody can guess. */
  seed?: number;
  /**
   * A world file (its text, or the object) or a saved world. What a world file says goes before `start` and `seed`; a
   * saved world has both. {@link Session.create} rejects, with what is wrong and where, when it is damaged.
   */
  world?: string | WorldFile;
  /** Verify signatures, session tokens and times, as AWS does. Without it the access key alone says who asks. */
  strict?: boolean;
  /** Give up the oldest steps beyond twice this many, down to this many. Without it every step is kept. */
  history?: number;
}

/** How a world begins. The README says what is taken for what is left out. */
export interface WorldFile {
  format: "kms-playground world file";
  version: 1;
  start?: Time;
  seed?: number;
  rules?: Settings["rules"];
  throttling?: boolean;
  consistency?: Settings["consistency"];
  /** By account id. */
  accounts?: Record<
    string,
    {
      users?: Record<string, WrittenUser>;
      roles?: Record<string, WrittenRole>;
      groups?: Record<string, { users?: string[]; policies?: Record<string, Policy> }>;
      /** Of the VPC endpoint that every request from the account comes through. */
      endpointPolicy?: Policy;
    }
  >;
  /** All accounts are in it. Policies by level, which is `root` or an account, and name. */
  organization?: Partial<Record<"scps" | "rcps", Record<string, Record<string, Policy>>>>;
  keys?: WrittenKey[];
}

/** A policy document, or its text. */
export type Policy = string | Record<string, unknown>;

export interface WrittenUser {
  policies?: Record<string, Policy>;
  /** The permissions boundary. */
  boundary?: Policy;
  accessKeys?: { id: string; secret: string }[];
}

export interface WrittenRole {
  policies?: Record<string, Policy>;
  /** The permissions boundary. */
  boundary?: Policy;
  /** What every session of it is made with. */
  sessionPolicy?: Policy;
  accessKeys?: { id: string; secret: string; session: string; sessionToken?: string }[];
}

export interface WrittenKey {
  id?: string;
  account?: string;
  region?: string;
  spec?: string;
  usage?: string;
  /** In base64: the bytes of a symmetric key, or PKCS#8 of a pair. */
  material?: string;
  description?: string;
  policy?: Policy;
  tags?: Record<string, string>;
  aliases?: string[];
  rotationPeriodInDays?: number;
  enabled?: boolean;
}

/** What a principal signs requests with, named as the AWS SDK for JavaScript names it. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Only of a role session. */
  sessionToken?: string;
}

export interface Principal extends Credentials {
  arn: string;
}

export interface Account {
  /** Twelve digits. */
  id: string;
  principals: Principal[];
}

/** One call without HTTP around it. */
export interface Call {
  /** The ARN of a user, a role session or a root user. */
  as: string;
  /** `us-east-1` without it. */
  region?: string;
  /** For example `GenerateDataKey`. */
  operation: string;
  /** As in the API reference; blobs in base64. */
  body?: Record<string, unknown>;
}

/** One HTTP request as it travels. */
export interface Exchange {
  method: string;
  /** Path and query. */
  target: string;
  headers: [name: string, value: string][];
  body: Uint8Array;
}

export interface Answer {
  status: number;
  headers: [name: string, value: string][];
  /** JSON text, or empty where the operation has no output. */
  body: string;
}

/** Something that happened to a key, an alias, a grant or a key store. */
export interface KmsEvent {
  at: Time;
  /** The ARN of the key. */
  key?: string;
  /** The id of the key store. */
  store?: string;
  /** Whose quota was raised, and in which Region. */
  account?: [id: string, region: string];
  /** For example `KeyCreated`. */
  event: string;
  [detail: string]: unknown;
}

export interface StageRecord {
  stage: string;
  result: "Passed" | "Refused" | "Skipped";
  note: string;
}

/** One permission that was decided, with every statement that was looked at. */
export interface Decision {
  principal: string;
  action: string;
  resource: string;
  verdict: "Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied";
  decided_by: string;
  checks: { check: string; result: "ALLOW" | "NO_IMPACT" | "IMPLICIT_DENY" | "EXPLICIT_DENY"; [detail: string]: unknown }[];
  [detail: string]: unknown;
}

/** Where a policy belongs, whose name is `name`; without a document, it is taken away. */
export interface Attachment {
  /**
   * `policies of ARN` of a user, role or group, `boundary of ARN`, `session policy of ARN` of a role, `endpoint of
   * ACCOUNT`, `scps of root`, `scps of ACCOUNT`, `rcps of root` or `rcps of ACCOUNT`.
   */
  place: string;
  name: string;
  document?: Policy | null;
}

/** A principal, a request, and every policy and grant that bears on it: all that a decision depends on. */
export interface WrittenScenario {
  request: ScenarioRequest;
  principal: {
    kind: "user" | "role-session" | "federated-user" | "account-root" | "service";
    arn?: string;
    account?: string;
    roleArn?: string;
    userArn?: string;
    service?: string;
    serviceLinked?: boolean;
  };
  key?: { manager?: "AWS" | "CUSTOMER"; sharedPolicy?: Policy };
  keyPolicy?: Policy | null;
  identityPolicies?: (Policy | { name?: string; document: Policy })[];
  permissionsBoundary?: Policy | null;
  sessionPolicy?: Policy | null;
  vpcEndpointPolicy?: Policy | null;
  grants?: {
    grantId?: string;
    keyArn: string;
    granteePrincipal?: string;
    granteeServicePrincipal?: string;
    operations: string[];
    issuingAccount?: string;
    retiringPrincipal?: string;
    retiringServicePrincipal?: string;
    constraints?: {
      encryptionContextEquals?: Record<string, string>;
      encryptionContextSubset?: Record<string, string>;
      sourceArn?: string;
    };
  }[];
  organization?: {
    managementAccount?: string;
    accounts?: Record<string, { scps?: ScenarioLevel[]; rcps?: ScenarioLevel[] }>;
  };
}

export interface ScenarioLevel {
  level: string;
  policies: (Policy | { name?: string; document: Policy })[];
}

export interface ScenarioRequest {
  /** For example `kms:Decrypt`. */
  action: string;
  /** A key ARN, an alias ARN, or `*`. */
  resource: { arn: string; account?: string };
  /** Every condition key that the request has; nothing is added. */
  context?: Record<string, string | string[]>;
  /** For the constraints of grants. */
  encryptionContext?: Record<string, string>;
}

/** A decision about a scenario. */
export interface Explanation {
  decision: "Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied";
  decidedBy: string;
  deniedBy?: { check: string; policy?: string; level?: string };
  grantedBy?: string;
  /** AWS's sentence for the refused caller. */
  message?: string;
  checks: Decision["checks"];
  /** What AWS would refuse to store of the policies; it matches nothing. */
  problems?: { policy: string; line: number; column: number; message: string }[];
}

/** Decides one scenario. Rejects for what is no scenario, with what is wrong and where. */
export function simulate(scenario: WrittenScenario | string): Promise<Explanation>;

/** A scenario that is read once and asked as often as wanted. */
export class Scenario {
  static read(scenario: WrittenScenario | string): Promise<Scenario>;
  /** The decision about the request of the scenario. */
  decide(): Decided;
  /** The decision about another request of the same principal. */
  ask(request: ScenarioRequest | string): Decided;
}

/** A decision with all its reasons, which become an object when they are asked for. */
export interface Decided {
  readonly decision: Explanation["decision"];
  explain(): Explanation;
}

/** What a policy is attached to. */
export type PolicyKind = "Key" | "Identity" | "Session" | "ServiceControl" | "ResourceControl" | "Endpoint";

/** A change of a text: bytes from `start` to `end` (in UTF-8) become `replacement`. */
export interface TextEdit {
  span: { start: number; end: number };
  replacement: string;
}

/** Something to look at in a policy. */
export interface Finding {
  /** Names the rule, for example `unknown-action`. */
  rule: string;
  severity: "error" | "warning" | "note";
  span: { start: number; end: number };
  line: number;
  column: number;
  message: string;
  fix?: { title: string; edits: TextEdit[] };
}

/** Everything wrong with the text of a policy, with the changes that mend it. */
export function lintPolicy(text: string, kind: PolicyKind): Promise<Finding[]>;

/** A key with all that bears on it, and principals with their own policies. Given as text, its policies keep their form. */
export interface Setting
  extends Pick<WrittenScenario, "keyPolicy" | "vpcEndpointPolicy" | "grants" | "organization"> {
  key: { arn: string; manager?: "AWS" | "CUSTOMER"; sharedPolicy?: Policy };
  /** What every request has, beside what follows from who asks for what. */
  context?: Record<string, string | string[]>;
  encryptionContext?: Record<string, string>;
  principals: (Pick<WrittenScenario, "principal" | "identityPolicies" | "permissionsBoundary" | "sessionPolicy"> & {
    context?: Record<string, string | string[]>;
  })[];
}

/** Who can do what with a key. */
export interface AccessMatrix {
  actions: string[];
  rows: {
    principal: string;
    /** One for each action. */
    cells: { verdict: Explanation["decision"]; decidedBy: string }[];
    /** The actions by which the principal can give itself more. */
    escalates: string[];
  }[];
  answers: Record<"canUse" | "canAdminister" | "canDelete" | "canEscalate", string[]>;
  problems?: Explanation["problems"];
}

/** Decides every permission for every principal. Rejects for what is no setting. */
export function accessMatrix(setting: Setting | string): Promise<AccessMatrix>;

/** Changes that together turn a verdict. */
export interface Suggestion {
  title: string;
  changes: (
    | { policy: { document: string; edits: TextEdit[]; text: string } }
    | { createGrant: Record<string, unknown> }
    | { revokeGrant: string }
  )[];
  /** What else becomes allowed, and what else is no longer: on the key, or `elsewhere` with any other encryption context or on other keys that leave it to their account. */
  opens: { principal: string; action: string; elsewhere?: "otherContext" | "otherKeys" }[];
  closes: { principal: string; action: string; elsewhere?: "otherContext" | "otherKeys" }[];
  broader: boolean;
}

/** The smallest changes that make a request allowed or denied, narrowest first; each has been tried. */
export function suggestChanges(
  setting: Setting | string,
  asked: { principal: number; action?: string; request?: ScenarioRequest; wanted: "allowed" | "denied" } | string,
): Promise<Suggestion[]>;

/** Conditions as a policy has them; all have to hold. */
export type Conditions = Record<string, Record<string, string | boolean | number | (string | boolean | number)[]>>;

/**
 * A claim about all requests on a key. Principals are accounts (all of their principals), the ARNs of users, roles (all of
 * their sessions), sessions and federated users, and services. Actions are written as in policies; those that are on no
 * key are left out.
 *
 * The policies of principals are unknown, so `nobody` and `nothingNew` take them to be whatever lets a request through,
 * unless `iamGiven` names the account: then its principals are those of the setting, with their policies, and its root user.
 */
export type Claim = { iamGiven?: string[] } & (
  | {
      /** Nobody but these can, unless the conditions hold. */
      nobody: { actions: string[]; but?: string[]; unless?: Conditions };
    }
  | {
      /**
       * The key lets these do it, whenever the conditions hold: those of its own account without any policy of theirs,
       * those of other accounts if their own policies allow it.
       */
      always: { actions: string[]; principals: string[]; when?: Conditions };
    }
  | {
      /** Nobody can what nobody could while `since` was the key policy, whatever the policies of principals. */
      nothingNew: { since: Policy; actions?: string[] };
    }
);

/** What became of a claim. */
export type Proof =
  | {
      /** It holds for all requests. So many principals and requests stood for all that policies do not tell apart. */
      answer: "proven";
      principals: number;
      requests: number;
    }
  | {
      /** A request speaks against it; `simulate(scenario)` has decided the same. */
      answer: "refuted";
      principal: string;
      action: string;
      scenario: WrittenScenario;
      decision: Explanation["decision"];
      /** What it was under the key policy of `nothingNew`. */
      before?: Explanation["decision"];
    }
  | {
      /** It is not decided, because of this part of this policy. */
      answer: "outside";
      reason: {
        kind:
          | "malformed"
          | "variable"
          | "unknown-key"
          | "undecided-key"
          | "operator"
          | "wildcard"
          | "together"
          | "long-name"
          | "too-many-patterns"
          | "too-many-principals"
          | "too-many-requests"
          | "endpoint-policy"
          | "grants-by-grantee";
        [fact: string]: unknown;
      };
      message: string;
      /** A place in the setting or the claim, with the element there. */
      policy?: string;
      span?: { start: number; end: number };
      line?: number;
      column?: number;
    };

/**
 * Decides a claim for all requests: from every principal of every account and every service, with any values of the
 * condition keys that requests can have. What is not exact is refused by name.
 *
 * Grants and organization policies count as the setting gives them; no others are thought of. Its `context` and
 * `encryptionContext` are of every request. Condition keys are taken to be independent of each other, but for those that
 * follow from the principal, the key and the TLS connection, and those of services that pass requests on, of VPC endpoints
 * and of MFA. Texts can be any texts, so a counter-example may have one that AWS does not use today.
 */
export function provePolicy(
  setting: (Omit<Setting, "principals"> & Partial<Pick<Setting, "principals">>) | string,
  claim: Claim | string,
): Promise<Proof>;

/** Traffic of one or several accounts in a Region, and what is done about it. Whole numbers only. */
export interface Lab {
  /** Whose figures count; `today` if nothing is said. */
  rules?: "classic" | "today";
  region: string;
  /** How long, a day at most; an hour, or as long as the recording, if nothing is said. */
  seconds?: number;
  /** How often such a time comes in a month; without it, one follows on the other. */
  runsAMonth?: number;
  /** How many requests come in a second, 10,000,000 at most. */
  arrivals:
    | { constant: { perSecond: number } }
    | { ramp: { from: number; to: number } }
    | { daily: { low: number; high: number } }
    | { burst: { usual: number; peak: number; everySeconds: number; lastingSeconds: number } }
    /** Lines of `requests`, or of `second,requests`. */
    | { recorded: { csv: string } };
  /** Of what kind they are and from whom. */
  mix: {
    /** Of KMS, for example `Decrypt`; or `s3:GetObject` or `s3:PutObject`, for which S3 asks KMS. */
    operation: string;
    /** Whose quota it counts in, whoever owns the key. */
    account: string;
    keyAccount?: string;
    /** Of the key, or of the data key pair; `SYMMETRIC_DEFAULT` if nothing is said. */
    keySpec?: string;
    /** Where the key is, if in a custom key store (`cks-` and 17 digits): they count in that store's quota too. */
    keyStore?: string;
    /** Of ReplicateKey and UpdatePrimaryRegion, and necessary there: the other Region they count in. */
    toRegion?: string;
    /** Its share, 1 if nothing is said. */
    weight?: number;
  }[];
  /** Customer managed keys that are paid for; 1 if nothing is said. */
  keys?: number;
  /** How often a request is sent at most: 1 if nothing is said, 3 as the SDKs come. */
  attempts?: number;
  /** Of symmetric cryptographic operations, in the lab's Region and for everybody, if nothing else is said. */
  increase?: { perSecond: number; afterSeconds: number; quota?: string; region?: string; account?: string };
  cdn?: { hitPercent: number };
  bucketKey?: { savedPercent: number };
  /** A data key that was refused fills no cache: the next second asks anew. */
  dataKeyCache?: {
    maxAgeSeconds: number;
    maxMessages: number;
    maxBytes: number;
    messageBytes: number;
    hosts?: number;
  };
}

/** Requests to KMS: `calls + retried = served + throttled`, and `calls = served + lost + waiting`. */
export interface LoadCounts {
  calls: number;
  retried: number;
  served: number;
  /** Answered with ThrottlingException. */
  throttled: number;
  /** Never sent again after that. */
  lost: number;
  /** To be sent again after the end. */
  waiting: number;
  /** How long the served ones had waited, all together. */
  waitedSeconds: number;
}

/**
 * How long served requests had waited between their first attempt and the one that was served: whole seconds of backoff,
 * without the time that an answer takes. The `p`th percentile is the shortest time that at least `p` of a hundred of them
 * did not exceed. Requests that were given up are not among them; `lost` counts these.
 */
export interface LoadWaits {
  p50Seconds: number;
  p90Seconds: number;
  p99Seconds: number;
  maxSeconds: number;
}

/** A metric as CloudWatch has it: the statistic Sum, with a period of a minute. */
export interface LoadMetric {
  account: string;
  region: string;
  namespace: "AWS/Usage" | "AWS/KMS";
  name: "CallCount" | "SuccessfulRequest" | "CloudHSMKeyStoreThrottle";
  /** As AWS names them, but for `KeyArn`: sums are over all keys. */
  dimensions: Record<string, string>;
  /** One for each minute. */
  sums: number[];
  /** Of `CallCount`: how many hundredths of a minute's quota that is, as Service Quotas shows it. */
  utilizationPercent?: number[];
}

/** What comes of a lab. */
export interface LoadMeter {
  seconds: number;
  slotSeconds: number;
  asked: number;
  /** Each request once, however many quotas it counts in. */
  totals: LoadCounts;
  /** Absent if nothing was served. */
  waits?: LoadWaits;
  /** What CloudWatch shows of it. */
  metrics: LoadMetric[];
  /** One for each request quota, of an account in a Region or of a custom key store. A request is in the line of each that it counts in, as often as it counts there. */
  lines: {
    account?: string;
    /** A custom key store, whose quota all accounts share. */
    store?: string;
    region: string;
    quota: string;
    perSecond: string;
    raised?: { second: number; perSecond: string };
    totals: LoadCounts;
    /** For how many of the throttled ones this quota had no room; the others lacked another in which they count too. */
    exceeded: number;
    /** The most that were sent in one second. */
    peak: number;
    throttledSeconds: number;
    firstThrottled?: number;
    waits?: LoadWaits;
    slots: {
      second: number;
      seconds: number;
      calls: number;
      retried: number;
      served: number;
      throttled: number;
      peak: number;
    }[];
  }[];
  cost: {
    requestsAMonth: number;
    freeRequests: number;
    keysMicroDollars: number;
    requestsMicroDollars: number;
    totalMicroDollars: number;
  };
}

/** Counts a lab's traffic against the request quotas, to the request. Rejects for what is no lab, with what is wrong and where. */
export function simulateLoad(lab: Lab | string): Promise<LoadMeter>;

/** One thing that is wrong with a lesson. */
export interface LessonFinding {
  /** Counted from 1. */
  line: number;
  /** In characters, counted from 1. */
  column: number;
  /** What is wrong, and what to do. */
  problem: string;
  /** The line as it stands in the file. */
  source: string;
}

/** A lesson and what is wrong with it. */
export interface CheckedLesson {
  /** `null` if it cannot be read. */
  title: string | null;
  /** Whether it can be played to its end. */
  plays: boolean;
  /** In the order of the file; empty for a lesson that is right. */
  findings: LessonFinding[];
  /** The text with what the run gives in place of what the lesson expects, if that differs. */
  updated: string | null;
}

/**
 * Reads a lesson (LESSONS.md describes the format), plays it, holds it against what it expects, and tries its tasks. `name`
 * is that of its file, without `.md`. `kms-playground test PATH…` does this with whole folders.
 */
export function checkLesson(text: string, name?: string): Promise<CheckedLesson>;

/** One question of an exam: a small world that was lived through, and what it came to. */
export interface ExamQuestion {
  /** What kind of question it is, for example `Grants`. */
  family: string;
  /** What happened, in order. `code` stands in backticks. */
  tale: string[];
  /** What is in force, to be read. */
  documents: { title: string; text: string }[];
  asks: string;
  /** Four, all different. */
  choices: string[];
  /** Which of them is right, counted from 0. */
  right: number;
  /** What KMS recorded of the step that is asked about, a fact a line. */
  record: string;
}

/**
 * The questions of a set: a number that everything follows from, a hyphen, how many questions from 1 to 30, and perhaps a
 * part of the course and a level, for example `4711-10`, `4711-10~who-may` or `4711-10~who-may~advanced`.
 */
export function exam(paper: string): Promise<{ paper: string; questions: ExamQuestion[] }>;

/** What answers such as `4711-3-AC.` are worth: the set, a hyphen, and for each question a letter, or a dot for none. */
export function markAnswers(answers: string): Promise<{ paper: string; points: number; right: boolean[] }>;

/** One cryptographic step with its inputs and outputs. */
export interface CryptoStep {
  kind: string;
  algorithm: string;
  inputs: Field[];
  outputs: Field[];
  succeeded: boolean;
}

export interface Field {
  name: string;
  sensitivity: "Public" | "Ciphertext" | "Secret";
  /** What the bytes consist of, where they have an inner structure. */
  runs: { name: string; start: number; length: number }[];
  [bytes: string]: unknown;
}

/** An answer, and how it came about. */
export interface Outcome {
  request_id: string;
  at: Time;
  response: { status: number; body: string };
  /** `null` on success. */
  fault: { kind: string; status: number; message: string | null; [detail: string]: unknown } | null;
  stages: StageRecord[];
  /** What it counted as, where requests are counted: how many, and how many there was room for before. */
  charged?: (Payer & { quota: string; requests: number; room: number; passed: boolean })[];
  decisions: Decision[];
  crypto: CryptoStep[];
  events: KmsEvent[];
  [more: string]: unknown;
}

/** A CloudTrail record: what an auditor of one account would see later. It holds no secret. */
export interface AuditRecord {
  eventVersion: string;
  userIdentity: { type?: string; principalId?: string; arn?: string; accountId: string; [detail: string]: unknown };
  eventTime: Time;
  eventSource: string;
  /** The operation, or what happened by itself: `RotateKey`, `DeleteKey`. */
  eventName: string;
  awsRegion: string;
  sourceIPAddress: string;
  userAgent: string;
  errorCode?: string;
  errorMessage?: string;
  requestParameters: Record<string, unknown> | null;
  responseElements: Record<string, unknown> | null;
  additionalEventData?: Record<string, unknown>;
  /** Only of calls. */
  requestID?: string;
  eventID: string;
  readOnly: boolean;
  resources?: { accountId: string; type: string; ARN: string }[];
  eventType: "AwsApiCall" | "AwsServiceEvent";
  managementEvent: true;
  /** The account that gets this copy. */
  recipientAccountId: string;
  /** The same in all copies of one call. */
  sharedEventID?: string;
  serviceEventDetails?: Record<string, unknown>;
  eventCategory: "Management";
}

/** What Amazon EventBridge would deliver of what happened by itself. */
export interface EventBridgeEvent {
  version: "0";
  id: string;
  "detail-type": "KMS CMK Rotation" | "KMS Imported Key Material Expiration" | "KMS CMK Deletion";
  source: "aws.kms";
  account: string;
  time: Time;
  region: string;
  /** The ARN of the key. */
  resources: string[];
  detail: { "key-id": string };
}

export interface EnclaveOptions {
  /** What runs in it: any text. Measurements and key pair follow from it, so the same image is the same enclave. */
  image?: string;
  /** An RSA key of your own, DER SubjectPublicKeyInfo, to be attested instead of one that is made here. */
  publicKey?: Uint8Array;
  userData?: Uint8Array;
  nonce?: Uint8Array;
}

/**
 * A simulated Nitro enclave. Its attestation document is really signed, by a root that only this world trusts, and holds
 * for three hours of the world's time; make the enclave again for a fresh one.
 */
export interface Enclave {
  /** For `Recipient` of Decrypt, DeriveSharedSecret, GenerateDataKey, GenerateDataKeyPair and GenerateRandom. */
  recipient: { KeyEncryptionAlgorithm: "RSAES_OAEP_SHA_256"; AttestationDocument: Uint8Array };
  /** `PCR0` to `PCR15`, in hexadecimal digits. */
  measurements: Record<string, string>;
  /** DER SubjectPublicKeyInfo. */
  publicKey: Uint8Array;
  /** DER PKCS#8. Not there where the public key came from you. */
  privateKey?: Uint8Array;
  /** What is in a `CiphertextForRecipient`. Throws when it is for another enclave. */
  open(ciphertextForRecipient: Uint8Array): Uint8Array;
}

/**
 * What stands behind custom key stores, simulated. A new world has one cluster and one proxy, ready to be used:
 *
 * - `cluster-playground7` in account 111122223333 and us-east-1, with two HSMs; the first password of `kmsuser` is
 *   `not-a-secret` (KMS changes it with every connection), and `certificate` its trust anchor.
 * - `https://xks.playground.example` with path `/kms/xks/v1`, access key id `PLAYGROUNDXKSPROXY23`, secret
 *   `this/is/not/a/secret/of/the/playground/proxy`, VPC endpoint service
 *   `com.amazonaws.vpce.us-east-1.vpce-svc-0playground`, and the external keys `external-orders` and
 *   `external-invoices`.
 */
export interface Premises {
  /** By id. */
  clusters: Record<string, Cluster>;
  /** By endpoint. */
  proxies: Record<string, Proxy>;
}

export interface Cluster {
  account: string;
  region: string;
  /** The trust anchor, in PEM. */
  certificate: string;
  state: "Active" | "Initialized" | "Deleted";
  /** Active HSMs by Availability Zone. */
  hsms: Record<string, number>;
  /** Whether somebody other than KMS is logged in as the crypto user, and whether anybody can. */
  kmsuser: "LoggedOut" | "LoggedIn" | "LockedOut" | "Missing";
  /** `InternalError` is one of KMS, which only attempts to connect meet. */
  network: "Open" | "SecurityGroupClosed" | "SubnetNotFound" | "InsufficientFreeAddresses" | "Errors" | "InternalError";
}

export interface Proxy {
  path: string;
  accessKeyId: string;
  /** `Slow` is later than the 250 ms KMS waits; `InternalError` is one of KMS, which only attempts to connect meet. */
  condition: "Up" | "Slow" | "NotReachable" | "AccessDenied" | "InvalidResponse" | "InvalidTls" | "NetworkErrors" | "InternalError" | "VpcServiceNotFound" | "VpcServiceInvalidConfiguration";
  /** Its VPC endpoint service. */
  service: string;
  /** External keys by id. */
  keys: Record<string, ExternalKey>;
}

/** `OtherSpec` is no AES-256 key; `OtherUsage` does not both encrypt and decrypt; `Missing` takes the key away. */
export type ExternalKey = "Enabled" | "Disabled" | "OtherSpec" | "OtherUsage" | "Missing";

/** Something that happens outside KMS: one thing at one place. */
export type Incident =
  | { cluster: { id: string; set: ClusterSwitch } }
  | { proxy: { endpoint: string; set: ProxySwitch } };

export type ClusterSwitch =
  | { state: Cluster["state"] }
  | { hsms: Record<string, number> }
  | { kmsuser: Cluster["kmsuser"] }
  /** Somebody other than KMS changes the password of `kmsuser`. */
  | { password: string }
  | { network: Cluster["network"] }
  | { certificate: string }
  /** Somebody deletes the key behind the KMS key of that id. */
  | { losesKey: string }
  /** A cluster of that id is made of a backup: the same keys, users and certificate. */
  | { restored: string };

export type ProxySwitch =
  | { condition: Proxy["condition"] }
  | { path: string }
  /** Another VPC endpoint service. */
  | { service: string }
  /** Another proxy with that endpoint comes up in front of the same key manager. */
  | { copied: string }
  | { credential: { accessKeyId: string; rawSecretAccessKey: string } }
  /** Also adds a key. */
  | { key: { id: string; is: ExternalKey } };

/** What is chosen for a world as a whole. */
export interface Settings {
  /**
   * Whose figures it goes by: `today`, as a new world does, or `classic`, those of about 2019 that older study notes
   * give. Rules change figures and take no feature of today away.
   */
  rules: "classic" | "today";
  /**
   * Whether requests are counted, so that too many in a second are answered with ThrottlingException. Not in a new world.
   */
  throttling: boolean;
  /**
   * When a changed grant, tag or alias begins to decide who may do what: at once, as in a new world, or after the five
   * minutes that AWS says it may take. A grant token makes a new grant usable at once.
   */
  consistency: "instant" | "eventual";
}

/** A request to AWS for a higher quota. It is granted two days later, with an event; less than there is raises nothing. */
export interface Increase {
  account: string;
  region: string;
  /**
   * `Customer managed keys`, `Aliases`, `Aliases per key`, `Grants per key`, `Custom key stores`, or a request quota as AWS
   * calls it, for example `Cryptographic operations (symmetric) request rate` or `CreateKey request rate`.
   */
  quota: string;
  /** So many, or so many requests a second. */
  to: number;
}

/** Requests that are counted together: those of an account in a Region, or of everybody with a custom key store. */
export interface Payer {
  account?: string;
  store?: string;
  region: string;
}

/** A request quota of somebody that is in use. */
export interface Meter extends Payer {
  /** As AWS calls it, for example `CreateKey request rate`. */
  quota: string;
  /** Requests a second, for example `0.25`. */
  rate: string;
  /** How many more requests it has room for now. */
  left: number;
}

/** What the option `requestHandler` of an AWS SDK client takes. */
export interface RequestHandler {
  metadata: { handlerProtocol: string };
  handle(request: any, options?: any): Promise<{ response: any }>;
  updateHttpClientConfig(key: never, value: never): void;
  httpHandlerConfigs(): {};
  destroy(): void;
}

/**
 * A whole KMS: accounts, principals, keys, a clock and a history.
 *
 * What KMS refuses is an answer. Methods throw only when they are misused.
 */
/** Something asked of a service. */
export interface ServiceCall {
  as: string;
  /** `us-east-1` where it is left out. */
  region?: string;
  /** For example `s3`. */
  service: string;
  /** For example `GetObject`. */
  operation: string;
  /** Bytes in base64. */
  parameters?: Record<string, unknown>;
}

/** What a service answered, and every request to KMS on the way. */
export interface Served {
  answer?: Record<string, unknown>;
  error?: { code: string; status: number; message: string };
  flow: FlowStep[];
}

/** One thing a service did: it asked KMS, it sealed or opened something, or anything else in words. */
export type FlowStep =
  | {
      kms: {
        by: string;
        why: string;
        request: Record<string, unknown>;
        outcome: Outcome;
        /** When the same was tried again in vain while time passed. */
        again?: { at: string; id: string; body: string }[];
      };
    }
  | { crypto: { by: string; what: string; step: Record<string, unknown> } }
  | { fact: { by: string; what: string } };

/** One thing that a service stores or holds, with what belongs to it. */
export interface StoredItem {
  kind: "resource" | { kmsKey: string } | "serviceKey" | "wrappedKey" | "plaintextKey" | "data";
  name: string;
  facts: [string, string][];
  bytes?: { name: string; sensitivity: "Public" | "Ciphertext" | "Secret"; bytes: number[]; runs: unknown[] };
  /** When a key in memory is given up if nobody uses it before. */
  until?: string;
  children: StoredItem[];
}

export class Session {
  private constructor();

  /** A new world with the default accounts and no keys. */
  static create(options?: Options): Promise<Session>;

  /** The session of a snapshot. Rejects, with what is wrong and where, when the text is damaged or of another version. */
  static restore(snapshot: string, options?: Pick<Options, "strict" | "history">): Promise<Session>;

  /** The playground's version. */
  static version(): Promise<string>;

  /** AWS JSON 1.1 over HTTP, to any address: the signature names caller and Region. */
  fetch(input: Request | string | URL, init?: RequestInit): Promise<Response>;

  /** As {@link fetch}, without the objects and at once. Give `host` among the headers in strict mode. */
  exchange(exchange: Exchange): Answer;

  /** `new KMSClient({ requestHandler: session.requestHandler(), … })`. */
  requestHandler(): RequestHandler;

  /** One call with everything that happened in it. */
  call(call: Call): Outcome;

  /** Lets time pass and gives what happened. */
  advance(span: Span): KmsEvent[];

  /** Lets time pass until then. A time that is past changes nothing. */
  advanceTo(time: Time | Date): KmsEvent[];

  /** Lets something happen behind a key store, as a step like any other. Throws where there is no such thing. */
  simulate(incident: Incident): void;

  /**
   * Puts a policy in place, as IAM and AWS Organizations do, as a step like any other. Throws where there is no such
   * place, and for a document that AWS would not store, with what is wrong and where. From the first `scps of` or
   * `rcps of` on, all accounts are in an organization.
   */
  attach(attachment: Attachment): void;

  /**
   * Asks a service that uses keys (S3, DynamoDB, EBS, RDS, Kinesis, CloudTrail, Firehose, Glue, Athena), as a step like any
   * other. What the service refuses is an `error`, not an exception.
   */
  serve(request: ServiceCall): Served;

  /** Everything that services store and hold in memory, as of now. */
  inventory(): { service: string; items: StoredItem[] }[];

  /** Chooses anew for the world as a whole, a step for each, and gives what happens by that at once. */
  set(settings: Partial<Settings> & { increase?: Increase }): KmsEvent[];

  /** What is chosen. */
  settings(): Settings;

  /** Every request quota that is not wholly free. Empty where requests are not counted. */
  meters(): Meter[];

  /** What stands behind key stores. */
  premises(): Premises;

  /** The world's time. */
  now(): Date;

  /** How many steps (calls, passages of time) lie behind. */
  readonly steps: number;

  /** Goes to after the first `steps` steps, back or forth. */
  goTo(steps: number): void;

  /** Goes back by one step. Whether there was one. */
  undo(): boolean;

  /** What happened in one step, counted from 1; `null` where time passed or there is no such step. */
  outcome(step: number): Outcome | null;

  /** The CloudTrail records of one step, counted from 1, or of every step that lies behind and is still known. */
  audit(step?: number): AuditRecord[];

  /** What EventBridge would deliver: of one step, counted from 1, or of every step that lies behind and is still known. */
  eventBridge(step?: number): EventBridgeEvent[];

  accounts(): Account[];

  /** The credentials of one principal, for an SDK client. Throws when it has none. */
  credentials(arn: string): Credentials;

  /** A simulated Nitro enclave. Making its RSA key takes from a tenth of a second to some seconds. */
  enclave(options?: EnclaveOptions): Enclave;

  /** Text from which {@link restore} makes this session again. It contains the keys in the clear. */
  snapshot(options?: {
    /** `false` leaves out what came before: shorter, restored at once, nothing to undo. */
    history?: boolean;
  }): string;
}

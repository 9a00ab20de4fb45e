// Every view of the page, for what must hold in all of them. One that is added is a line here.

export const VIEWS = [
  { name: "learn", path: "#/learn" },
  { name: "lesson", path: "#/learn/why-not-just-encrypt/2" },
  { name: "exams", path: "#/exam" },
  { name: "exam", path: "#/exam/4711/10/1" },
  { name: "envelope", path: "#/envelope" },
  { name: "policy", path: "#/policy" },
  { name: "rotation", path: "#/rotation" },
  { name: "services", path: "#/services/s3" },
  { name: "limits", path: "#/limits/nightly-batch" },
  { name: "console", path: "#/console" },
  { name: "audit", path: "#/audit" },
];

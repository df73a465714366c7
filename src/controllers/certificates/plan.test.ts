import assert from "node:assert/strict"
import { test } from "node:test"
import type { CertificateSigningRequest } from "../../api/certificates/v1/certificate-signing-request.ts"
import { EC_REQUEST, NAMED_REQUEST, NODE_REQUEST } from "../../machinery/certificates/testing.ts"
import { plan } from "./plan.ts"

const HOUR_MS = 3_600_000
const CREATED = "2026-01-01T00:00:00Z"
const START_MS = Date.parse(CREATED)

interface Case {
  readonly request?: string
  readonly signer?: string
  readonly usages?: readonly string[]
  readonly username?: string
  readonly expirationSeconds?: number
  readonly conditions?: readonly string[]
  readonly certificate?: string
  readonly ageMs?: number
}

function planned(each: Case, endOf: () => number = () => Number.POSITIVE_INFINITY) {
  const { request = NODE_REQUEST, signer = "kube-apiserver-client-kubelet", conditions = [] } = each
  const object = {
    metadata: { name: "r", creationTimestamp: CREATED },
    spec: {
      request: Buffer.from(request).toString("base64"),
      signerName: `kubernetes.io/${signer}`,
      usages: each.usages ?? ["digital signature", "client auth"],
      username: each.username ?? "somebody",
      ...(each.expirationSeconds !== undefined && { expirationSeconds: each.expirationSeconds }),
    },
    status: {
      conditions: conditions.map((type) => ({ type, status: "True", lastUpdateTime: CREATED })),
      ...(each.certificate !== undefined && { certificate: each.certificate }),
    },
  }
  return plan(object as unknown as CertificateSigningRequest, START_MS + (each.ageMs ?? 0), endOf)
}

/** A step in a few words. */
function told(each: Case): string {
  const step = planned(each)
  if (step.do === "ask") return `ask ${step.rights.map(({ subresource }) => subresource).join(" ")}`
  if (step.do === "sign") return `sign for ${step.validMs / 60_000} minutes`
  if (step.do === "fail") return `fail: ${step.message}`
  return step.do === "delete" ? `delete: ${step.why}` : step.do
}

const serving = ["digital signature", "key encipherment", "server auth"]
const CASES: readonly (readonly [string, Case, string])[] = [
  ["a node's own certificate", { username: "system:node:n1" }, "ask selfnodeclient nodeclient"],
  ["a node's certificate that somebody else asks for", {}, "ask nodeclient"],
  [
    "a kubelet's serving certificate waits for a person",
    { request: NAMED_REQUEST, signer: "kubelet-serving", usages: serving },
    "nothing",
  ],
  ["other signers are left alone", { signer: "other", conditions: ["Approved"] }, "nothing"],
  ["a denied request", { conditions: ["Denied"] }, "nothing"],
  ["an approved request", { conditions: ["Approved"] }, "sign for 525600 minutes"],
  ["a short one", { conditions: ["Approved"], expirationSeconds: 3600 }, "sign for 60 minutes"],
  ["one that is too short", { conditions: ["Approved"], expirationSeconds: 1 }, "sign for 10 minutes"],
  [
    "a client that is no node",
    { request: EC_REQUEST, conditions: ["Approved"] },
    "fail: subject organization is not system:nodes",
  ],
  [
    "a node with names",
    { request: NAMED_REQUEST, conditions: ["Approved"] },
    "fail: DNS subjectAltNames are not allowed",
  ],
  [
    "a node that wants more",
    { usages: ["server auth"], conditions: ["Approved"] },
    "fail: usages did not match [client auth digital signature key encipherment]",
  ],
  [
    "a server that is a client",
    { signer: "kube-apiserver-client", usages: ["server auth"], conditions: ["Approved"] },
    "fail: invalid usage for client certificate: server auth",
  ],
  [
    "a server without names",
    { signer: "kubelet-serving", usages: serving, conditions: ["Approved"] },
    "fail: DNS or IP subjectAltName is required",
  ],
  [
    "a server with an email address",
    { request: NAMED_REQUEST, signer: "kubelet-serving", usages: serving, conditions: ["Approved"] },
    "fail: Email subjectAltNames are not allowed",
  ],
  ["what is signed stays a while", { conditions: ["Approved"], certificate: "x", ageMs: HOUR_MS }, "nothing"],
  ["and then goes", { conditions: ["Approved"], certificate: "x", ageMs: HOUR_MS + 1 }, "delete: it was signed"],
  ["undecided for a day", { ageMs: 24 * HOUR_MS + 1 }, "delete: nobody decided on it"],
  ["denied for an hour", { conditions: ["Denied"], ageMs: HOUR_MS + 1 }, "delete: it was denied"],
  [
    "approved but not signed for a day",
    { signer: "other", conditions: ["Approved"], ageMs: 24 * HOUR_MS + 1 },
    "delete: it was approved but never signed",
  ],
]
for (const [name, each, expected] of CASES) test(name, () => assert.equal(told(each), expected))

test("a certificate that has expired is of no use", () => {
  const step = planned({ conditions: ["Approved"], certificate: "x" }, () => START_MS - 1)
  assert.deepEqual(step, { do: "delete", why: "its certificate has expired" })
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { EC_REQUEST } from "../../../machinery/certificates/testing.ts"
import type { Column } from "../../../machinery/schema/resource.ts"
import { createErrors, defaulted, statusErrors, testContext, updateErrors } from "../../testing.ts"
import { CertificateSigningRequest } from "./certificate-signing-request.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/certificates/validation. */

const base64 = (text: string) => Buffer.from(text).toString("base64")
const spec = { request: base64(EC_REQUEST), signerName: "example.com/a", usages: ["client auth"] }
const time = "2025-01-01T00:00:00Z"
const times = { lastUpdateTime: time, lastTransitionTime: time }
const condition = (type: string, more: object = {}) => ({ type, status: "True", reason: "r", ...times, ...more })
const decided = (...conditions: readonly object[]) => ({ spec, status: { conditions } })

test("who asks is whoever makes the call", () => {
  const draft = defaulted(CertificateSigningRequest, {
    spec: { ...spec, username: "admin", groups: ["system:masters"] },
  })
  CertificateSigningRequest.strategy.prepareCreate?.(draft as never, testContext)
  const { username, uid, groups, extra } = draft.spec
  assert.deepEqual([username, uid, groups], ["jane", "u-1", ["devs", "system:authenticated"]])
  assert.deepEqual({ ...extra }, { "example.com/team": ["a", "b"] })
})

const creations: readonly (readonly [string, object, readonly string[]])[] = [
  ["a good request", spec, []],
  [
    "no request",
    { ...spec, request: base64("x") },
    ['spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST'],
  ],
  [
    "odd wishes",
    { ...spec, usages: ["any", "any", "fun"], expirationSeconds: 599, signerName: "a" },
    [
      'spec.usages[2]: Unsupported value: "fun": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping"',
      'spec.usages[1]: Duplicate value: "any"',
      `spec.signerName: Invalid value: "a": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
      "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)",
    ],
  ],
  [
    "no usages of a signer of old",
    { ...spec, usages: [], signerName: "kubernetes.io/legacy-unknown" },
    [
      "spec.usages: Required value",
      'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
    ],
  ],
]
for (const [name, given, errors] of creations) {
  test(name, () => assert.deepEqual(createErrors(CertificateSigningRequest, { spec: given }), errors))
}

test("an update changes neither the request nor what became of it", () => {
  assert.deepEqual(updateErrors(CertificateSigningRequest, { spec }, { spec: { ...spec, signerName: "b.com/b" } }), [])
})

const certificate = base64("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
const statuses: readonly (readonly [string, object, object, readonly string[]])[] = [
  ["a failure", decided(), decided(condition("Failed")), []],
  [
    "a decision",
    decided(),
    decided(condition("Approved")),
    ['status.conditions: Forbidden: updates may not add a condition of type "Approved"'],
  ],
  ["other words for a decision", decided(condition("Approved")), decided(condition("Approved", { reason: "x" })), []],
  [
    "no decision any more",
    decided(condition("Denied")),
    decided(),
    ['status.conditions: Forbidden: updates may not remove a condition of type "Denied"'],
  ],
  [
    "a certificate that is none",
    { spec },
    { spec, status: { certificate } },
    ['status.certificate: Invalid value: "<certificate data>": x509: malformed certificate'],
  ],
  [
    "a key",
    { spec },
    { spec, status: { certificate: base64(EC_REQUEST) } },
    [
      'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"',
    ],
  ],
  [
    "another certificate",
    { spec, status: { certificate } },
    { spec },
    ["status.certificate: Forbidden: updates may not modify existing certificate content"],
  ],
  [
    "conditions with mistakes",
    { spec },
    decided({ type: "Failed", status: "False" }, { type: "", status: "" }),
    [
      'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
      "status.conditions[1].type: Required value",
      "status.conditions[1].status: Required value",
    ],
  ],
]
for (const [name, before, after, errors] of statuses) {
  test(`a signer writes ${name}`, () =>
    assert.deepEqual(statusErrors(CertificateSigningRequest, before, after), errors))
}

test("columns", () => {
  const columns = CertificateSigningRequest.columns as readonly unknown[] as readonly Column<unknown>[]
  const row = (manifest: object) => {
    const object = defaulted(CertificateSigningRequest, { metadata: { name: "x" }, ...manifest })
    return columns.map((column) => column.value(object, 0))
  }
  assert.deepEqual(row({ spec: { ...spec, username: "jane", expirationSeconds: 86_400 } }), [
    "<unknown>",
    "example.com/a",
    "jane",
    "24h",
    "Pending",
  ])
  const status = { conditions: [condition("Approved"), condition("Failed")], certificate }
  assert.equal(row({ spec, status }).at(-1), "Approved,Failed,Issued")
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { required } from "../field/error.ts"
import * as errors from "./errors.ts"
import { statusErrorFrom, statusErrorFromCode } from "./from-response.ts"
import { isConflict, isExpired, isNotFound, suggestedDelaySeconds } from "./predicates.ts"
import { StatusError } from "./status-error.ts"

const pods = { group: "", resource: "pods" }
const deployments = { group: "apps", resource: "deployments" }

test("messages, codes and reasons are Kubernetes'", () => {
  const cases: readonly (readonly [StatusError, number, string, string])[] = [
    [errors.notFound(pods, "x"), 404, "NotFound", 'pods "x" not found'],
    [errors.alreadyExists(deployments, "x"), 409, "AlreadyExists", 'deployments.apps "x" already exists'],
    [
      errors.conflict(pods, "x"),
      409,
      "Conflict",
      'Operation cannot be fulfilled on pods "x": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [
      errors.notAuthorized({ user: "u", verb: "list", resource: "pods", group: "", namespace: "d" }),
      403,
      "Forbidden",
      'pods is forbidden: User "u" cannot list resource "pods" in API group "" in the namespace "d"',
    ],
    [
      errors.notAuthorized({ user: "u", verb: "get", path: "/x" }, "no"),
      403,
      "Forbidden",
      'forbidden: User "u" cannot get path "/x": no',
    ],
    [errors.internalError(new Error("boom")), 500, "InternalError", "Internal error occurred: boom"],
    [errors.timeout("slow"), 504, "Timeout", "Timeout: slow"],
  ]
  for (const [error, code, reason, message] of cases) {
    assert.deepEqual([error.code, error.reason, error.message], [code, reason, message])
  }
})

test("invalid lists every field once", () => {
  const one = errors.invalid({ group: "", kind: "Pod" }, "x", [required("spec.a")])
  assert.equal(one.message, 'Pod "x" is invalid: spec.a: Required value')
  const two = errors.invalid({ group: "apps", kind: "Deployment" }, "x", [
    required("spec.a"),
    required("spec.b", "why"),
  ])
  assert.equal(two.message, 'Deployment.apps "x" is invalid: [spec.a: Required value, spec.b: Required value: why]')
  assert.deepEqual(two.toStatus().details, {
    name: "x",
    group: "apps",
    kind: "Deployment",
    causes: [
      { reason: "FieldValueRequired", message: "Required value", field: "spec.a" },
      { reason: "FieldValueRequired", message: "Required value: why", field: "spec.b" },
    ],
  })
})

test("a status survives the wire", () => {
  const sent = errors.serverTimeout(pods, "list", 3)
  const received = statusErrorFrom(JSON.parse(JSON.stringify(sent.toStatus())))
  assert.deepEqual(received?.toStatus(), sent.toStatus())
  assert.equal(suggestedDelaySeconds(received), 3)
  assert.equal(statusErrorFrom({ kind: "Status", status: "Success" }), undefined)
})

test("predicates fall back to the code only without a reason", () => {
  assert.equal(isNotFound(errors.notFound(pods, "x")), true)
  assert.equal(isNotFound(new StatusError("", 404, "")), true)
  assert.equal(isConflict(errors.alreadyExists(pods, "x")), false)
  assert.equal(isExpired(errors.expired("old")), true)
  assert.equal(isNotFound(new Error("pods not found")), false)
  assert.equal(isConflict(statusErrorFromCode(409, "")), true)
})

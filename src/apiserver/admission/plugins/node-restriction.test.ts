import assert from "node:assert/strict"
import { test } from "node:test"
import { ServiceAccount } from "../../../api/core/v1/service-account.ts"
import type { RequestInfo } from "../../call.ts"
import type { AdmissionRequest, MutationRound, ObjectReader } from "../plugin.ts"
import { nodeRestriction } from "./node-restriction.ts"

const token = { serviceAccountToken: { path: "t", audience: "vault" } }
const pod = {
  metadata: { name: "web", namespace: "default", uid: "u1" },
  spec: { nodeName: "n1", volumes: [{ name: "v", projected: { sources: [token] } }] },
}
const reader = { get: () => pod } as unknown as ObjectReader
const forbidden = 'serviceaccounts "robot" is forbidden: '

for (const { allowed = false, asked = 0, audiences, error, name, refusal } of [
  { name: "that a volume of the pod asks for", audiences: ["vault"] },
  { name: "that the node may ask for", audiences: ["cloud"], allowed: true, asked: 1 },
  {
    name: "that it may not ask for",
    audiences: ["cloud"],
    asked: 1,
    refusal: `audience "cloud" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience`,
  },
  {
    name: "when nobody can say",
    audiences: ["cloud"],
    asked: 1,
    error: "no role",
    refusal: `audience "cloud" not found in pod spec volume, error authorizing system:node:n1 to request tokens for this audience: no role`,
  },
  { name: "of which there are two", audiences: ["a", "b"], refusal: "node may only request 0 or 1 audiences" },
]) {
  test(`a node asks for a token for an audience ${name}`, async () => {
    const questions: RequestInfo[] = []
    const plugin = nodeRestriction(reader, () => ({
      authorize(_, info) {
        questions.push(info)
        return { allowed, ...(error !== undefined && { error }) }
      },
    }))
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "web", uid: "u1" }
    const request = {
      resource: ServiceAccount,
      operation: "CREATE",
      subresource: "token",
      namespace: "default",
      name: "robot",
      user: { name: "system:node:n1", groups: ["system:nodes"] },
      object: { spec: { audiences, boundObjectRef } },
    } as unknown as AdmissionRequest
    const message = await Promise.resolve(plugin.mutate?.(request, {} as MutationRound)).then(
      () => undefined,
      (problem: Error) => problem.message,
    )
    assert.equal(message, refusal && `${forbidden}${refusal}`)
    const expected = {
      verb: "request-serviceaccounts-token-audience",
      namespace: "default",
      resource: "cloud",
      name: "robot",
    }
    const told = questions.map(({ name: account, namespace, resource, verb }) => ({
      verb,
      namespace,
      resource,
      name: account,
    }))
    assert.deepEqual(
      told,
      Array.from({ length: asked }, () => expected),
    )
  })
}

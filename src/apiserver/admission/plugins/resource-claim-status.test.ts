import assert from "node:assert/strict"
import { test } from "node:test"
import { ResourceClaim } from "../../../api/resource/v1/resource-claim.ts"
import type { AdmissionRequest } from "../plugin.ts"
import { resourceClaimStatus } from "./resource-claim-status.ts"

const NODE_KEY = "authentication.kubernetes.io/node-name"
const matchFields = [{ key: "metadata.name", operator: "In", values: ["n1"] }]
const allocation = { devices: {}, nodeSelector: { nodeSelectorTerms: [{ matchFields }] } }
const state = { driver: "d.example.com", pool: "p", device: "x" }

interface Case {
  readonly what: string
  readonly rights?: readonly string[]
  readonly old: object
  readonly status: object
  readonly node?: string
  readonly refused?: RegExp
}

const CASES: readonly Case[] = [
  { what: "nothing changed", old: { allocation }, status: { allocation } },
  {
    what: "allocating without the right",
    old: {},
    status: { allocation },
    refused:
      /^ResourceClaim\.resource\.k8s\.io "c" is invalid: status\.allocation: Forbidden: changing status\.allocation or status\.reservedFor requires resource="resourceclaims\/binding", verb="patch" permission: resourceclaims\.resource\.k8s\.io is forbidden: User "system:serviceaccount:ns:sa" cannot patch resource "resourceclaims\/binding" in API group "resource\.k8s\.io" at the cluster scope$/,
  },
  { what: "allocating", old: {}, status: { allocation }, rights: ["patch binding  "] },
  {
    what: "a state without the right, from elsewhere",
    old: { allocation },
    status: { allocation, devices: [state] },
    rights: ["associated-node:patch driver ns d.example.com"],
    node: "n2",
    refused:
      /status\.devices: Forbidden: .*driver", verb="\[arbitrary-node:patch\]" permission: .*"d\.example\.com" is forb/,
  },
  {
    what: "a state from the same node",
    old: { allocation },
    status: { allocation, devices: [state] },
    rights: ["associated-node:patch driver ns d.example.com"],
    node: "n1",
  },
  {
    what: "taking a state away, from anywhere",
    old: { allocation, devices: [state] },
    status: { allocation },
    rights: ["arbitrary-node:patch driver ns d.example.com"],
  },
  {
    what: "a changed state without any right",
    old: { allocation, devices: [state] },
    status: { allocation, devices: [{ ...state, data: {} }] },
    node: "n1",
    refused:
      /verb="\[associated-node:patch arbitrary-node:patch\]" permission: .*cannot associated-node:patch resource/,
  },
]

for (const { what, rights = [], old, status, node, refused } of CASES) {
  test(`the status of a claim: ${what}`, async () => {
    const plugin = resourceClaimStatus(() => ({
      authorize: (_, { verb, subresource, namespace, name }) => {
        return { allowed: rights.includes(`${verb} ${subresource} ${namespace} ${name}`) }
      },
    }))
    const extra = new Map(node ? [[NODE_KEY, [node]]] : [])
    const request = {
      operation: "UPDATE",
      resource: ResourceClaim,
      subresource: "status",
      namespace: "ns",
      name: "c",
      verb: "patch",
      user: { name: "system:serviceaccount:ns:sa", groups: [], extra },
      object: { metadata: { name: "c" }, status },
      old: { metadata: { name: "c" }, status: old },
    } as unknown as AdmissionRequest
    const done = Promise.resolve(plugin.validate?.(request))
    if (refused) await assert.rejects(done, { message: refused })
    else await done
  })
}

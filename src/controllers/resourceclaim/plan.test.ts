import assert from "node:assert/strict"
import { test } from "node:test"
import { POD_CLAIM_NAME } from "../../api/resource/v1/pod-claims.ts"
import type { ResourceClaim } from "../../api/resource/v1/resource-claim.ts"
import type { ResourceClaimTemplate } from "../../api/resource/v1/resource-claim-template.ts"
import { pod } from "../testing.ts"
import { claimFrom, claimsToReserve, generatedBase, planClaim, planEntry } from "./plan.ts"

function claim(name: string, parts: { readonly metadata?: object; readonly status?: object } = {}): ResourceClaim {
  return {
    metadata: { name, namespace: "default", uid: `uid-${name}`, resourceVersion: "1", ...parts.metadata },
    spec: { devices: { requests: [] } },
    status: parts.status ?? {},
  } as unknown as ResourceClaim
}

const owner = (uid: string) => ({ apiVersion: "v1", kind: "Pod", name: "web", uid, controller: true })
const generated = (name: string, uid = "uid-web") =>
  claim(name, { metadata: { ownerReferences: [owner(uid)], annotations: { [POD_CLAIM_NAME]: "gpu" } } })
const entry = { name: "gpu", resourceClaimTemplateName: "gpus" }
const named = { name: "gpu", resourceClaimName: "shared" }
const withStatus = (resourceClaimName?: string) =>
  pod("web", { status: { resourceClaimStatuses: [{ name: "gpu", ...(resourceClaimName && { resourceClaimName }) }] } })

test("claims are made for entries with a template that have none", () => {
  const plan = (
    of: Parameters<typeof planEntry>[0],
    one: typeof entry | typeof named,
    claims: readonly ResourceClaim[],
  ) =>
    planEntry(
      of,
      one,
      (name) => claims.find(({ metadata }) => metadata.name === name),
      claims.filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === "uid-web"),
    ).do
  assert.equal(plan(pod("web"), entry, []), "create")
  assert.equal(plan(pod("web"), named, []), "nothing")
  assert.equal(plan(pod("web"), entry, [generated("web-gpu-1")]), "record")
  assert.equal(plan(withStatus("web-gpu-1"), entry, [generated("web-gpu-1")]), "nothing")
  assert.equal(plan(withStatus("web-gpu-1"), entry, []), "create")
  assert.equal(plan(withStatus("web-gpu-1"), entry, [generated("web-gpu-1", "uid-other")]), "create")
  assert.equal(plan(withStatus(), entry, []), "nothing")
})

test("a generated claim has what its template says, and belongs to the pod", () => {
  const template = {
    spec: { metadata: { labels: { a: "b" }, annotations: { c: "d" } }, spec: { devices: { requests: [] } } },
  } as unknown as ResourceClaimTemplate
  assert.deepEqual(claimFrom(template, pod("web"), entry), {
    metadata: {
      generateName: "web-gpu-",
      namespace: "default",
      labels: { a: "b" },
      annotations: { c: "d", [POD_CLAIM_NAME]: "gpu" },
      ownerReferences: [owner("uid-web")],
    },
    spec: { devices: { requests: [] } },
  })
})

test("long names are cut in proportion", () => {
  const base = generatedBase("p".repeat(80), "e".repeat(20))
  assert.equal(base, `${"p".repeat(44)}-${"e".repeat(11)}`)
})

test("a pod that is on a node already reserves what was allocated", () => {
  const spec = { resourceClaims: [named], nodeName: "n1" }
  const allocation = { devices: { results: [] } }
  const reserves = (of: Parameters<typeof claimsToReserve>[0], status: object) =>
    claimsToReserve(of, () => claim("shared", { status })).length
  assert.equal(reserves(pod("web", { spec }), { allocation }), 1)
  assert.equal(reserves(pod("web", { spec }), {}), 0)
  assert.equal(reserves(pod("web", { spec: { ...spec, nodeName: "" } }), { allocation }), 0)
  assert.equal(reserves(pod("web", { spec }), { allocation, reservedFor: [{ uid: "uid-web" }] }), 0)
})

test("devices are given back with the last user, and only ours", () => {
  const ours = { finalizers: ["resource.kubernetes.io/delete-protection"] }
  const [web, db] = [
    { resource: "pods", name: "web", uid: "w" },
    { resource: "pods", name: "db", uid: "d" },
  ] as const
  const status = { allocation: { devices: { results: [] } }, reservedFor: [web, db] }
  const used = claim("c", { metadata: ours, status })
  assert.deepEqual(planClaim(used, [web, db]), { deallocate: false, removeFinalizer: false })
  assert.deepEqual(planClaim(used, [db]), { reservedFor: [db], deallocate: false, removeFinalizer: false })
  assert.deepEqual(planClaim(used, []), { reservedFor: [], deallocate: true, removeFinalizer: true })
  assert.deepEqual(planClaim(claim("c", { status }), []), {
    reservedFor: [],
    deallocate: false,
    removeFinalizer: false,
  })
  const unused = { allocation: status.allocation }
  const deleted = { ...ours, deletionTimestamp: "2026-01-01T00:00:00Z" }
  assert.deepEqual(planClaim(claim("c", { metadata: deleted, status: unused }), []), {
    deallocate: true,
    removeFinalizer: true,
  })
  assert.deepEqual(planClaim(claim("c", { metadata: ours, status: unused }), []), {
    deallocate: false,
    removeFinalizer: false,
  })
})

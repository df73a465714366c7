import assert from "node:assert/strict"
import { test } from "node:test"
import { builtinResources } from "../../api/all.ts"
import { Deployment } from "../../api/apps/v1/deployment.ts"
import { NetworkPolicy } from "../../api/networking/v1/network-policy.ts"
import type { AdmissionRequest } from "../../apiserver/admission/plugin.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { controllerDefinitions } from "./controller-definitions.ts"
import { policiesOfPlugins, withoutEffect } from "./without-effect.ts"

function warningsFor(resource: AnyResource, plugin = withoutEffect): string[] {
  const warnings: string[] = []
  const user = { name: "admin", groups: [], extra: new Map() }
  const request = { resource, subresource: "", user, warn: (text: string) => warnings.push(text) }
  plugin.validate?.(request as unknown as AdmissionRequest)
  return warnings
}

test("a kind that works is not warned about", () => assert.deepEqual(warningsFor(Deployment), []))

test("no kind is warned about whose status one of our controllers reports", () => {
  const ranges = { serviceAccount: { privateKey: "" }, podCidr: "10.0.0.0/16", loadBalancerPool: "10.90.0.0/24" }
  const own = controllerDefinitions({ resources: builtinResources, ca: { cert: "", key: "" }, ...ranges })
    .flatMap(({ writes }) => writes.filter(({ subresource }) => subresource === "status"))
    .map(({ resource }) => resource)
  assert.ok(own.includes(Deployment))
  for (const resource of own) assert.deepEqual(warningsFor(resource), [], resource.kind)
})

test("where plugins wire the pods, policies are theirs", () => {
  assert.equal(warningsFor(NetworkPolicy, policiesOfPlugins).length, 1)
  assert.deepEqual(warningsFor(Deployment, policiesOfPlugins), [])
  assert.deepEqual(warningsFor(NetworkPolicy), [])
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { Service } from "../api/core/v1/service.ts"
import { EndpointSlice } from "../api/discovery/v1/endpoint-slice.ts"
import type { AnyResource, KubeObject } from "../machinery/schema/resource.ts"
import { createSimPlatform } from "../platform/sim/platform.ts"
import type { ObjectReader } from "./admission/plugin.ts"
import { createServiceResolver } from "./service-resolver.ts"

const { random } = createSimPlatform({ seed: 1 })
const ports = [{ name: "https", port: 443 }]
const services = new Map<string, object>([
  ["plain", { type: "ClusterIP", clusterIP: "10.96.0.7", ports, ipFamilies: ["IPv6", "IPv4"] }],
  ["node", { type: "NodePort", clusterIP: "10.96.0.8", ports }],
  ["headless", { type: "ClusterIP", clusterIP: "None", ports }],
  ["outside", { type: "ExternalName", externalName: "example.com" }],
])
const slice = (addressType: string, address: string, ready?: boolean) => ({
  metadata: { labels: { "kubernetes.io/service-name": "plain" } },
  addressType,
  endpoints: [{ addresses: [address], conditions: { ready } }],
  ports: [{ name: "https", port: 8443 }],
})
const slices = [slice("IPv4", "10.244.0.5"), slice("IPv6", "fd00::4", false), slice("IPv6", "fd00::5")]
const reader = {
  get: (resource: AnyResource, _namespace: string, name: string) => {
    const spec = resource === Service ? services.get(name) : undefined
    return spec && ({ metadata: { name }, spec } as unknown as KubeObject)
  },
  list: (resource: AnyResource) => (resource === EndpointSlice ? slices : []),
} as unknown as ObjectReader

function resolved(toEndpoints: boolean, name: string, port = 443, namespace = "default"): string {
  const self = () => ({ host: "127.0.0.1", port: 6443 })
  try {
    const address = createServiceResolver({ reader, random, self, toEndpoints })(namespace, name, port)
    return `${address.host} ${address.port}`
  } catch (error) {
    return (error as Error).message
  }
}

test("services by their cluster IP", () => {
  assert.equal(resolved(false, "plain"), "10.96.0.7 443")
  assert.equal(resolved(false, "node"), "10.96.0.8 443")
  assert.equal(resolved(false, "outside", 8443), "example.com 8443")
  assert.equal(resolved(false, "plain", 80), 'no service port 80 found for service "plain"')
  assert.equal(resolved(false, "headless"), 'cannot route to service with ClusterIP "None"')
  assert.equal(resolved(false, "none"), 'service "none" not found')
})

test("services by their endpoints, of their first address family", () => {
  assert.equal(resolved(true, "plain"), "fd00::5 8443")
  assert.equal(resolved(true, "node"), 'no endpoints available for service "node"')
  assert.equal(resolved(true, "outside"), 'unsupported service type "ExternalName"')
})

test("the server itself needs no service", () => {
  assert.equal(resolved(false, "kubernetes"), "127.0.0.1 6443")
  assert.equal(resolved(false, "kubernetes", 443, "other"), 'service "kubernetes" not found')
})

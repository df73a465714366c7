import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource, Column } from "../../../machinery/schema/resource.ts"
import { defaulted } from "../../testing.ts"
import { Ingress } from "./ingress.ts"
import { IngressClass } from "./ingress-class.ts"
import { IPAddress } from "./ip-address.ts"
import { NetworkPolicy } from "./network-policy.ts"
import { ServiceCIDR } from "./service-cidr.ts"

const created = "2026-01-01T00:00:00Z"
const now = Date.parse("2026-01-01T01:00:00Z")
const rows: readonly (readonly [AnyResource, object, string, readonly (string | number | boolean)[]])[] = [
  [
    Ingress,
    {
      spec: {
        ingressClassName: "c",
        tls: [{}],
        rules: [{ host: "a" }, { host: "b" }, { host: "c" }, {}, { host: "d" }],
      },
      status: { loadBalancer: { ingress: [{ ip: "2.2.2.2" }, { hostname: "1.example.com" }] } },
    },
    "Class Hosts Address Ports Age",
    ["c", "a,b,c + 2 more...", "1.example.com,2.2.2.2", "80, 443", "60m"],
  ],
  [Ingress, { spec: { rules: [{}] } }, "Class Hosts Address Ports Age", ["<none>", "*", "", "80", "60m"]],
  [
    IngressClass,
    {
      metadata: { annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
      spec: { controller: "a.b/c", parameters: { apiGroup: "g.io", kind: "K", name: "n" } },
    },
    "Name Controller Parameters Age",
    ["x (default)", "a.b/c", "K.g.io/n", "60m"],
  ],
  [NetworkPolicy, { spec: { podSelector: { matchLabels: { a: "b" } } } }, "Pod-Selector Age", ["a=b", "60m"]],
  [NetworkPolicy, { spec: {} }, "Pod-Selector Age", ["<none>", "60m"]],
  [
    IPAddress,
    { spec: { parentRef: { group: "g", resource: "Services", namespace: "n", name: "a" } } },
    "ParentRef",
    ["services.g/n/a"],
  ],
  [ServiceCIDR, { spec: { cidrs: ["10.0.0.0/24", "fd00::/64"] } }, "CIDRs Age", ["10.0.0.0/24,fd00::/64", "60m"]],
]
for (const [resource, manifest, headers, cells] of rows) {
  test(`columns of ${resource.kind} ${headers}`, () => {
    const object = defaulted(resource, {
      ...manifest,
      metadata: {
        name: "x",
        creationTimestamp: created,
        ...("metadata" in manifest ? (manifest.metadata as object) : {}),
      },
    })
    const columns = resource.columns as readonly unknown[] as readonly Column<unknown>[]
    assert.equal(columns.map(({ name }) => name).join(" "), headers)
    assert.deepEqual(
      columns.map((column) => column.value(object, now)),
      cells,
    )
  })
}

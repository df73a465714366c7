import assert from "node:assert/strict"
import { test } from "node:test"
import { createErrors, statusErrors, updateErrors } from "../../../testing.ts"
import { Service } from "../service.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/core/validation. */

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const ports = [{ port: 80 }]

const cases: readonly { name: string; spec: object; errors: readonly string[] }[] = [
  { name: "good", spec: { ports }, errors: [] },
  { name: "headless without ports", spec: { clusterIP: "None" }, errors: [] },
  { name: "no ports", spec: {}, errors: ["spec.ports: Required value"] },
  {
    name: "ports",
    spec: {
      ports: [
        { port: 0, name: "A" },
        { port: 80, protocol: "HTTP", targetPort: 70000 },
        { port: 81, name: "x" },
        { port: 81, name: "x", nodePort: 30000, targetPort: "no--name" },
      ],
    },
    errors: [
      `spec.ports[0].name: Invalid value: "A": ${LABEL}`,
      "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
      "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive",
      "spec.ports[1].name: Required value",
      'spec.ports[1].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
      "spec.ports[1].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
      'spec.ports[3].name: Duplicate value: "x"',
      'spec.ports[3].targetPort: Invalid value: "no--name": must not contain consecutive hyphens',
      "spec.ports[3].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
      'spec.ports[3]: Duplicate value: {"port":81,"protocol":"TCP"}',
    ],
  },
  {
    name: "one node port twice",
    spec: {
      type: "NodePort",
      ports: [
        { name: "a", port: 80, nodePort: 30000 },
        { name: "b", port: 81, nodePort: 30000 },
        { name: "c", port: 81, nodePort: 30000, protocol: "UDP" },
      ],
    },
    errors: ["spec.ports[1].nodePort: Duplicate value: 30000"],
  },
  {
    name: "an unknown type and affinity",
    spec: {
      type: "Fancy",
      sessionAffinity: "Cookie",
      internalTrafficPolicy: "Near",
      trafficDistribution: "Far",
      ports,
    },
    errors: [
      'spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"',
      'spec.type: Unsupported value: "Fancy": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      'spec.internalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"',
      'spec.trafficDistribution: Unsupported value: "Far": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"',
    ],
  },
  {
    name: "an external name with addresses",
    spec: { type: "ExternalName", clusterIP: "10.0.0.1", ipFamilyPolicy: "SingleStack" },
    errors: [
      "spec.clusterIPs: Forbidden: may not be set for ExternalName services",
      "spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services",
      "spec.externalName: Required value",
    ],
  },
  {
    name: "a headless node port",
    spec: { type: "NodePort", clusterIP: "None", ports },
    errors: [`spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`],
  },
  {
    name: "addresses",
    spec: {
      clusterIP: "10.0.0.1",
      clusterIPs: ["10.0.0.2", "10.0.0.3"],
      ipFamilies: ["IPv6", "IPv6", "IPX"],
      externalIPs: ["127.0.0.1", "1.2.3"],
      ports,
    },
    errors: [
      'spec.clusterIPs: Invalid value: ["10.0.0.2","10.0.0.3"]: first value must match `clusterIP`',
      'spec.ipFamilies[1]: Duplicate value: "IPv6"',
      'spec.ipFamilies[2]: Unsupported value: "IPX": supported values: "IPv4", "IPv6"',
      'spec.clusterIPs: Invalid value: ["10.0.0.2","10.0.0.3"]: may specify no more than one IP for each IP family',
      'spec.clusterIPs[0]: Invalid value: "10.0.0.2": expected an IPv6 value as indicated by `ipFamilies[0]`',
      'spec.clusterIPs[1]: Invalid value: "10.0.0.3": expected an IPv6 value as indicated by `ipFamilies[1]`',
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'spec.externalIPs[1]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
  },
  {
    name: "what only load balancers have",
    spec: {
      ports,
      allocateLoadBalancerNodePorts: true,
      loadBalancerClass: "a/b",
      loadBalancerSourceRanges: ["10.0.0.0/33"],
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30001,
    },
    errors: [
      "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
      'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
      "spec.healthCheckNodePort: Invalid value: 30001: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
  },
]
for (const { name, spec, errors } of cases) {
  test(`a new service: ${name}`, () => assert.deepEqual(createErrors(Service, { spec }), errors))
}

const stored = {
  ports,
  clusterIP: "10.0.0.1",
  clusterIPs: ["10.0.0.1"],
  ipFamilies: ["IPv4"],
  ipFamilyPolicy: "SingleStack",
}
const updates: readonly { name: string; before: object; after: object; errors: readonly string[] }[] = [
  { name: "addresses left out", before: stored, after: { ports }, errors: [] },
  {
    name: "to an external name and back",
    before: { type: "ExternalName", externalName: "a.b" },
    after: stored,
    errors: [],
  },
  {
    name: "another address",
    before: stored,
    after: { ...stored, clusterIP: "10.0.0.2" },
    errors: ['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'],
  },
  {
    name: "another family",
    before: stored,
    after: { ...stored, ipFamilies: ["IPv6"] },
    errors: [
      'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
      'spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set',
    ],
  },
  {
    name: "another load balancer class",
    before: { ...stored, type: "LoadBalancer", loadBalancerClass: "a/b" },
    after: { ...stored, type: "LoadBalancer", loadBalancerClass: "a/c" },
    errors: ['spec.loadBalancerClass: Invalid value: "a/c": may not change once set'],
  },
]
for (const { name, before, after, errors } of updates) {
  test(`a changed service: ${name}`, () => {
    assert.deepEqual(updateErrors(Service, { spec: before }, { spec: after }), errors)
  })
}

test("only load balancers have ingress addresses, and those are addresses", () => {
  const status = { loadBalancer: { ingress: [{ ip: "1.2.3.4", hostname: "1.2.3.4" }] } }
  assert.deepEqual(statusErrors(Service, { spec: stored }, { spec: stored, status }), [
    "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
  ])
  const balancer = { spec: { ...stored, type: "LoadBalancer" } }
  assert.deepEqual(statusErrors(Service, balancer, { ...balancer, status }), [
    'status.loadBalancer.ingress[0].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
  ])
})

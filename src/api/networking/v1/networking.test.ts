import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource } from "../../../machinery/schema/resource.ts"
import { createErrors, defaulted, statusErrors, updateErrors } from "../../testing.ts"
import { Ingress } from "./ingress.ts"
import { IngressClass } from "./ingress-class.ts"
import { IPAddress } from "./ip-address.ts"
import { NetworkPolicy } from "./network-policy.ts"
import { ServiceCIDR } from "./service-cidr.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/networking/validation. */

const service = { service: { name: "web", port: { number: 80 } } }
const to = (path: string, pathType: string, backend: object = service) => ({
  spec: { rules: [{ http: { paths: [{ path, pathType, backend }] } }] },
})
const backendOf = (backend: object) => ({ spec: { defaultBackend: backend } })
const PATH = "spec.rules[0].http.paths[0]"
const ingress = (rules: readonly object[]) => ({ spec: { rules } })
const policy = (spec: object) => ({ spec: { podSelector: {}, ...spec } })
const from = (peer: object) => policy({ ingress: [{ from: [peer] }] })
const port = (value: object) => policy({ egress: [{ ports: [value] }], policyTypes: ["Egress"] })

const creations: readonly (readonly [string, AnyResource, object, readonly string[]])[] = [
  ["a good ingress", Ingress, to("/", "Prefix"), []],
  [
    "an ingress without anything",
    Ingress,
    { spec: {} },
    ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
  ],
  [
    "a rule without a type",
    Ingress,
    { spec: { rules: [{ http: { paths: [{ backend: service }] } }] } },
    [`${PATH}.pathType: Required value: pathType must be specified`],
  ],
  [
    "an unknown type",
    Ingress,
    to("/", "Regex"),
    [`${PATH}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
  ],
  [
    "an ambiguous path",
    Ingress,
    to("a//b/..", "Exact"),
    [
      `${PATH}.path: Invalid value: "a//b/..": must be an absolute path`,
      `${PATH}.path: Invalid value: "a//b/..": must not contain '//'`,
      `${PATH}.path: Invalid value: "a//b/..": cannot end with '/..'`,
    ],
  ],
  ["any path that the controller understands", Ingress, to("", "ImplementationSpecific"), []],
  [
    "two backends",
    Ingress,
    backendOf({ ...service, resource: { kind: "K", name: "n" } }),
    ['spec.defaultBackend: Invalid value: "": cannot set both resource and service backends'],
  ],
  [
    "no backend",
    Ingress,
    backendOf({}),
    ['spec.defaultBackend: Invalid value: "": resource or service backend is required'],
  ],
  [
    "a service without a port",
    Ingress,
    backendOf({ service: { name: "" } }),
    [
      "spec.defaultBackend.service.name: Required value",
      "spec.defaultBackend: Required value: port name or number is required",
    ],
  ],
  [
    "a port twice",
    Ingress,
    backendOf({ service: { name: "a", port: { name: "b", number: 1 } } }),
    ['spec.defaultBackend: Invalid value: "": cannot set both port name & port number'],
  ],
  [
    "an address as host",
    Ingress,
    ingress([{ host: "1.2.3.4" }]),
    ['spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'],
  ],
  [
    "a wildcard inside",
    Ingress,
    ingress([{ host: "a.*.b" }]),
    [
      `spec.rules[0].host: Invalid value: "a.*.b": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
  ],
  [
    "two classes",
    Ingress,
    {
      metadata: { annotations: { "kubernetes.io/ingress.class": "a" } },
      spec: { ...to("/", "Exact").spec, ingressClassName: "b" },
    },
    [
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ],
  ],
  ["a good class", IngressClass, { spec: { controller: "example.com/c" } }, []],
  ["a class without a controller", IngressClass, { spec: {} }, ["spec.controller: Required value"]],
  [
    "a controller without a domain",
    IngressClass,
    { spec: { controller: "c" } },
    ['spec.controller: Invalid value: "c": must be a domain-prefixed path (such as "acme.io/foo")'],
  ],
  [
    "parameters of a namespace without one",
    IngressClass,
    {
      spec: { controller: "a.b/c", parameters: { kind: "K", name: "n", scope: "Namespace" } },
    },
    ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
  ],
  [
    "parameters of the cluster in a namespace",
    IngressClass,
    {
      spec: { controller: "a.b/c", parameters: { kind: "", name: "n/", namespace: "x" } },
    },
    [
      "spec.parameters.kind: Required value",
      `spec.parameters.name: Invalid value: "n/": may not contain '/'`,
      "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
    ],
  ],
  ["a good policy", NetworkPolicy, from({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }), []],
  ["an empty peer", NetworkPolicy, from({}), ["spec.ingress[0].from[0]: Required value: must specify a peer"]],
  [
    "pods and addresses together",
    NetworkPolicy,
    from({ podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } }),
    ["spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer"],
  ],
  [
    "an exception outside",
    NetworkPolicy,
    from({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.0.0.0/8", "fd00::/16"] } }),
    [
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
      'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "fd00::/16": must be a strict subset of `cidr`',
    ],
  ],
  [
    "a range that ends early",
    NetworkPolicy,
    port({ port: 80, endPort: 70 }),
    ["spec.egress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`"],
  ],
  [
    "a range of a named port",
    NetworkPolicy,
    port({ port: "web", endPort: 70, protocol: "HTTP" }),
    [
      'spec.egress[0].ports[0].protocol: Unsupported value: "HTTP": supported values: "TCP", "UDP", "SCTP"',
      "spec.egress[0].ports[0].endPort: Invalid value: 70: may not be specified when `port` is non-numeric",
    ],
  ],
  [
    "an unknown direction",
    NetworkPolicy,
    policy({ policyTypes: ["Sideways"] }),
    ['spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Ingress", "Egress"'],
  ],
  ["a good address", IPAddress, { spec: { parentRef: { resource: "services", name: "a", namespace: "b" } } }, []],
  ["nobody's address", IPAddress, { spec: {} }, ["spec.parentRef: Required value"]],
  [
    "an address of nothing",
    IPAddress,
    { spec: { parentRef: { resource: "", name: "" } } },
    ["spec.parentRef.resource: Required value", "spec.parentRef.name: Required value"],
  ],
  ["good ranges", ServiceCIDR, { spec: { cidrs: ["10.0.0.0/24", "fd00::/64"] } }, []],
  ["no range", ServiceCIDR, { spec: {} }, ["spec.cidrs: Required value: at least one CIDR required"]],
  [
    "three ranges",
    ServiceCIDR,
    { spec: { cidrs: ["a", "b", "c"] } },
    ['spec.cidrs: Invalid value: {"CIDRs":["a","b","c"]}: may only hold up to 2 values'],
  ],
  [
    "two ranges of a family",
    ServiceCIDR,
    { spec: { cidrs: ["10.0.0.0/24", "10.0.1.0/24"] } },
    [
      'spec.cidrs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ],
  ],
]
for (const [name, resource, manifest, errors] of creations) {
  test(name, () => assert.deepEqual(createErrors(resource, manifest), errors))
}

const changes: readonly (readonly [string, AnyResource, object, object, readonly string[]])[] = [
  [
    "the controller of a class",
    IngressClass,
    { spec: { controller: "a.b/c" } },
    { spec: { controller: "a.b/d" } },
    ['spec.controller: Invalid value: "a.b/d": field is immutable'],
  ],
  [
    "a range",
    ServiceCIDR,
    { spec: { cidrs: ["10.0.0.0/24"] } },
    { spec: { cidrs: ["10.0.1.0/24"] } },
    ['spec.cidrs[0]: Invalid value: "10.0.1.0/24": field is immutable'],
  ],
  [
    "a range of the other family",
    ServiceCIDR,
    { spec: { cidrs: ["10.0.0.0/24"] } },
    {
      spec: { cidrs: ["10.0.0.0/24", "fd00::/64"] },
    },
    [],
  ],
  [
    "one range less",
    ServiceCIDR,
    { spec: { cidrs: ["10.0.0.0/24", "fd00::/64"] } },
    { spec: { cidrs: ["10.0.0.0/24"] } },
    ['spec.cidrs: Invalid value: ["10.0.0.0/24"]: field is immutable'],
  ],
  [
    "whose an address is",
    IPAddress,
    { spec: { parentRef: { resource: "services", name: "a" } } },
    {
      spec: { parentRef: { resource: "services", name: "b" } },
    },
    ['spec.parentRef: Invalid value: {"resource":"services","name":"b"}: field is immutable'],
  ],
]
for (const [name, resource, before, after, errors] of changes) {
  test(`changing ${name}`, () => assert.deepEqual(updateErrors(resource, before, after), errors))
}

test("an ingress is reached by good addresses and names", () => {
  const status = { loadBalancer: { ingress: [{ ip: "1.2.3" }, { hostname: "1.2.3.4" }] } }
  assert.deepEqual(statusErrors(Ingress, to("/", "Exact"), { ...to("/", "Exact"), status }), [
    'status.loadBalancer.ingress[0].ip: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'status.loadBalancer.ingress[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
  ])
})

test("policies restrict what they have rules for", () => {
  assert.deepEqual(defaulted(NetworkPolicy, policy({})).spec.policyTypes, ["Ingress"])
  const both = defaulted(NetworkPolicy, policy({ egress: [{ ports: [{ port: 53 }] }] }))
  assert.deepEqual(both.spec.policyTypes, ["Ingress", "Egress"])
  assert.equal(both.spec.egress?.[0]?.ports?.[0]?.protocol, "TCP")
})

test("parameters of a class belong to the cluster unless they say otherwise", () => {
  const parameters = { kind: "K", name: "n" }
  assert.equal(defaulted(IngressClass, { spec: { controller: "a.b/c", parameters } }).spec.parameters?.scope, "Cluster")
})

test("the old annotation and odd spellings are warned about", () => {
  const annotated = { metadata: { annotations: { "kubernetes.io/ingress.class": "a" } }, ...to("/", "Exact") }
  assert.deepEqual(Ingress.strategy.warnings?.(defaulted(Ingress, annotated) as never, undefined), [
    `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
  ])
  const block = defaulted(NetworkPolicy, from({ ipBlock: { cidr: "FD00::/16" } }))
  assert.deepEqual(NetworkPolicy.strategy.warnings?.(block as never, undefined), [
    'spec.ingress[0].from[0].ipBlock.cidr: IPv6 CIDR value "FD00::/16" should be in RFC 5952 canonical format ("fd00::/16")',
  ])
})

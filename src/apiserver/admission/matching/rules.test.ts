import assert from "node:assert/strict"
import { test } from "node:test"
import { HorizontalPodAutoscaler as Autoscaler1 } from "../../../api/autoscaling/v1/horizontal-pod-autoscaler.ts"
import { HorizontalPodAutoscaler } from "../../../api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import type { KubeObject } from "../../../machinery/schema/resource.ts"
import type { AdmissionRequest, ObjectReader } from "../plugin.ts"
import { compileConstraints, matchConstraints } from "./constraints.ts"
import { type Aim, matchesRule } from "./rules.ts"
import type { ResourceForm } from "./served-kinds.ts"

const pod: Aim = { operation: "CREATE", group: "", version: "v1", plural: "pods", subresource: "", namespace: "shop" }
const status: Aim = { ...pod, operation: "UPDATE", subresource: "status" }
const node: Aim = { ...pod, plural: "nodes", namespace: "" }
const namespace: Aim = { ...pod, plural: "namespaces", namespace: "shop" }
const every = { operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*"] }

const cases: readonly { readonly name: string; readonly rule: object; readonly aim: Aim; readonly matches: boolean }[] =
  [
    { name: "stars match everything", rule: every, aim: pod, matches: true },
    { name: "a star does not match subresources", rule: every, aim: status, matches: false },
    { name: "two stars match subresources", rule: { ...every, resources: ["*/*"] }, aim: status, matches: true },
    { name: "two stars match resources", rule: { ...every, resources: ["*/*"] }, aim: pod, matches: true },
    { name: "a subresource of anything", rule: { ...every, resources: ["*/status"] }, aim: status, matches: true },
    { name: "any subresource of pods", rule: { ...every, resources: ["pods/*"] }, aim: status, matches: true },
    { name: "another subresource", rule: { ...every, resources: ["pods/exec"] }, aim: status, matches: false },
    { name: "one of several", rule: { ...every, resources: ["nodes", "pods"] }, aim: pod, matches: true },
    { name: "another resource", rule: { ...every, resources: ["nodes"] }, aim: pod, matches: false },
    { name: "another group", rule: { ...every, apiGroups: ["apps"] }, aim: pod, matches: false },
    { name: "the core group", rule: { ...every, apiGroups: [""] }, aim: pod, matches: true },
    { name: "another version", rule: { ...every, apiVersions: ["v2"] }, aim: pod, matches: false },
    { name: "another operation", rule: { ...every, operations: ["UPDATE", "DELETE"] }, aim: pod, matches: false },
    { name: "no operation", rule: { ...every, operations: undefined }, aim: pod, matches: false },
    { name: "namespaced", rule: { ...every, scope: "Namespaced" }, aim: pod, matches: true },
    { name: "not namespaced", rule: { ...every, scope: "Namespaced" }, aim: node, matches: false },
    { name: "of the cluster", rule: { ...every, scope: "Cluster" }, aim: node, matches: true },
    { name: "not of the cluster", rule: { ...every, scope: "Cluster" }, aim: pod, matches: false },
    { name: "namespaces belong to the cluster", rule: { ...every, scope: "Cluster" }, aim: namespace, matches: true },
    { name: "namespaces are not namespaced", rule: { ...every, scope: "Namespaced" }, aim: namespace, matches: false },
  ]
for (const { name, rule, aim, matches } of cases) {
  test(`rules: ${name}`, () => assert.equal(matchesRule(rule as never, aim), matches))
}

const v1: ResourceForm = { resource: Autoscaler1, into: (object) => object, outOf: (object) => object }
const reader = {} as ObjectReader
const scaler = (more: Partial<AdmissionRequest> = {}) =>
  ({
    operation: "CREATE",
    resource: HorizontalPodAutoscaler,
    subresource: "",
    namespace: "shop",
    name: "a",
    object: { metadata: { labels: { app: "a" } } } as unknown as KubeObject,
    old: undefined,
    ...more,
  }) as unknown as AdmissionRequest
const rule = (version: string, more: object = {}) => ({
  operations: ["*"],
  apiGroups: ["autoscaling"],
  apiVersions: [version],
  resources: ["horizontalpodautoscalers"],
  ...more,
})

const constraints: readonly {
  readonly name: string
  readonly resources: object | undefined
  readonly request?: AdmissionRequest
  /** The version it is seen in; undefined when it does not fit. */
  readonly seen: string | undefined
}[] = [
  { name: "none fit everything", resources: undefined, seen: "v2" },
  { name: "the version that is stored", resources: { resourceRules: [rule("v2")] }, seen: "v2" },
  {
    name: "an equivalent version",
    resources: { matchPolicy: "Equivalent", resourceRules: [rule("v1")] },
    seen: "v1",
  },
  {
    name: "exactly another version",
    resources: { matchPolicy: "Exact", resourceRules: [rule("v1")] },
    seen: undefined,
  },
  {
    name: "the version in which it was sent, before all others",
    resources: { matchPolicy: "Equivalent", resourceRules: [rule("v2"), rule("v1")] },
    request: scaler({ sentAs: Autoscaler1 }),
    seen: "v1",
  },
  {
    name: "exactly the version in which it was sent",
    resources: { matchPolicy: "Exact", resourceRules: [rule("v1")] },
    request: scaler({ sentAs: Autoscaler1 }),
    seen: "v1",
  },
  { name: "a name", resources: { resourceRules: [rule("*", { resourceNames: ["a"] })] }, seen: "v2" },
  { name: "another name", resources: { resourceRules: [rule("*", { resourceNames: ["b"] })] }, seen: undefined },
  {
    name: "what is excluded",
    resources: { resourceRules: [rule("*")], excludeResourceRules: [rule("*", { resourceNames: ["a"] })] },
    seen: undefined,
  },
  {
    name: "labels of the old object",
    resources: { resourceRules: [rule("*")], objectSelector: { matchLabels: { was: "b" } } },
    request: scaler({ old: { metadata: { labels: { was: "b" } } } as never }),
    seen: "v2",
  },
  {
    name: "labels that nobody has",
    resources: { resourceRules: [rule("*")], objectSelector: { matchLabels: { was: "b" } } },
    seen: undefined,
  },
]
for (const { name, resources, request = scaler(), seen } of constraints) {
  test(`constraints: ${name}`, async () => {
    const formsOf = () => [v1]
    const found = await matchConstraints(compileConstraints(resources as never), request, { reader, formsOf })
    assert.equal(found && (found.form?.resource.version ?? "v2"), seen)
  })
}

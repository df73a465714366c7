import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { NetworkPolicy } from "../../api/networking/v1/network-policy.ts"
import { RuleBook } from "../rule-book.ts"
import { type PolicyPod, PolicyState } from "./policy-state.ts"
import { policy } from "./testing.ts"

type Change =
  | { readonly kind: "policy"; readonly key: string; readonly value: NetworkPolicy | undefined }
  | { readonly kind: "pod"; readonly key: string; readonly value: PolicyPod | undefined }
  | { readonly kind: "namespace"; readonly key: string; readonly value: Record<string, string> | undefined }

const BASE = { text: "", names: new Set<string>() }
const namespaces = fc.constantFrom("x", "y", "__proto__")
const labels = fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("1", "2"), { maxKeys: 2 })
const selector = fc.record({ matchLabels: labels })
const peer = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector }),
  fc.record({ podSelector: selector, namespaceSelector: selector }),
  fc.constant({ ipBlock: { cidr: "192.0.2.0/24" } }),
)
const ports = fc.array(fc.constantFrom({ protocol: "TCP", port: "web" }, { protocol: "UDP", port: 53 }), {
  maxLength: 2,
})
const spec = fc.record({
  podSelector: selector,
  policyTypes: fc.subarray(["Ingress", "Egress"]),
  ingress: fc.array(fc.record({ from: fc.array(peer, { maxLength: 2 }), ports }), { maxLength: 2 }),
  egress: fc.array(fc.record({ to: fc.array(peer, { maxLength: 2 }), ports }), { maxLength: 2 }),
})
const gone = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 })
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(namespaces, fc.constantFrom("p", "q"), gone(spec)).map(([namespace, name, value]): Change => {
    const object = value === undefined ? undefined : policy(namespace, name, value)
    return { kind: "policy", key: `${namespace}/${name}`, value: object }
  }),
  fc
    .tuple(fc.constantFrom(1, 2, 3, 4), gone(fc.record({ namespace: namespaces, labels, ended: fc.boolean() })))
    .map(([number, value]): Change => {
      const named = [{ name: "web", protocol: "TCP", port: 8080 }]
      // The first two are here, the others elsewhere.
      const own = { uid: `${number}`, ip: `10.244.${number > 2 ? 1 : 0}.${number}`, ports: named }
      return { kind: "pod", key: `${number}`, value: value === undefined ? undefined : { ...own, ...value } }
    }),
  fc.tuple(namespaces, gone(labels)).map(([key, value]): Change => ({ kind: "namespace", key, value })),
)

function make(state: PolicyState, { kind, key, value }: Change): void {
  if (kind === "policy") {
    if (value === undefined) state.removePolicy(key)
    else state.setPolicy(key, value)
  } else if (kind === "pod") {
    if (value === undefined) state.removePod(key)
    else state.setPod(key, value)
  } else state.setNamespace(key, value)
}

/** What the kernel would hold, one line each. */
function holds(changes: readonly Change[]): string[] {
  const book = new RuleBook("t", BASE)
  const state = new PolicyState(book, "10.244.0.0/24")
  for (const each of changes) make(state, each)
  const text = book.takeAnew()
  // Elements of one set stand in one line, in the order in which they came.
  return text
    .split("\n")
    .flatMap((line) => {
      const [, what, elements] = /^(add element .*) \{ (.*) \}$/.exec(line) ?? []
      return what === undefined || elements === undefined ? [line] : elements.split(", ").map((one) => `${what} ${one}`)
    })
    .sort()
}

test("whatever happened before, the rules are those of what is", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const last = new Map(changes.map((each) => [`${each.kind} ${each.key}`, each]))
      assert.deepEqual(holds(changes), holds([...last.values()].filter(({ value }) => value !== undefined)))
    }),
    { seed: 36, numRuns: 300 },
  )
})

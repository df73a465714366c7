import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { ManagedFieldsEntry } from "../meta/object-meta.ts"
import { StatusError } from "../status/status-error.ts"
import { type AppliedObject, type ApplyRequest, applyPatch } from "./apply-patch.ts"
import { App, app, REACH, REACH_OF_STATUS, T1, T2 } from "./testing.ts"
import { updateManagedFields } from "./update-managed-fields.ts"

const apply = (live: AppliedObject | undefined, patch: object, request: Partial<ApplyRequest> = {}) =>
  applyPatch({
    struct: App,
    live,
    patch,
    manager: "m",
    force: false,
    subresource: "",
    reach: REACH,
    nowText: T1,
    ...request,
  }).object
const create = (spec: object, request?: Partial<ApplyRequest>, metadata?: object) =>
  apply(undefined, app(spec, metadata), request)
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const specOf = (object: AppliedObject) => plain(object["spec"])
const owned = (object: AppliedObject, manager: string) =>
  object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1
/** What a controller would do: a change through a plain update. */
function edit(live: AppliedObject, spec: object, manager = "editor", subresource = ""): AppliedObject {
  const next = { ...live, spec: { ...(live["spec"] as object), ...spec } }
  const update = { struct: App, old: live, new: next, manager, subresource, reach: REACH, nowText: T1 }
  const managedFields = updateManagedFields(update)
  return { ...next, metadata: { ...next.metadata, managedFields: managedFields as ManagedFieldsEntry[] } }
}
function failureOf(run: () => unknown): StatusError {
  try {
    run()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new assert.AssertionError({ message: "nothing was thrown" })
}
const container = (name: string, image = "1") => ({ name, image })

test("applying creates, with defaults that the applier does not own", () => {
  const object = create({ containers: [container("a")] })
  assert.deepEqual(plain(object), {
    ...app({ replicas: 1, containers: [container("a")] }),
    metadata: {
      name: "web",
      namespace: "default",
      managedFields: [
        {
          manager: "m",
          operation: "Apply",
          apiVersion: "apps/v1",
          time: T1,
          fieldsType: "FieldsV1",
          fieldsV1: { "f:spec": { "f:containers": { 'k:{"name":"a"}': { ".": {}, "f:image": {}, "f:name": {} } } } },
        },
      ],
    },
    status: {},
  })
})

test("what is no longer applied is removed, unless somebody else applies it", () => {
  const first = create({ containers: [container("a"), container("b")], hosts: ["x", "y"], strategy: { type: "s" } })
  const second = apply(first, app({ containers: [container("b")], hosts: ["y"] }), { manager: "other" })
  const third = apply(second, app({ containers: [container("a")] }))
  assert.deepEqual(specOf(third), { replicas: 1, containers: [container("a"), container("b")], hosts: ["y"] })
  const fourth = apply(third, app({ containers: [] }), { manager: "other" })
  assert.deepEqual(specOf(fourth), { replicas: 1, containers: [container("a")] })
  assert.equal(owned(fourth, "other"), undefined)
})

test("what others set inside an object stays; what they set inside an item goes with the item", () => {
  const first = create({ containers: [{ ...container("a"), args: ["x"] }], strategy: { type: "s" } })
  const live = edit(first, {
    containers: [{ ...container("a"), args: ["x"], limits: { cpu: "1" } }],
    strategy: { type: "s", surge: "1%" },
  })
  const second = apply(live, app({ replicas: 1 }))
  assert.deepEqual(specOf(second), { replicas: 1, containers: [], strategy: { surge: "1%" } })
  assert.deepEqual(owned(second, "editor"), { "f:spec": { "f:strategy": { "f:surge": {} } } })
})

test("a conflict names field and owner", () => {
  const live = edit(create({ replicas: 1, containers: [container("a")] }), { replicas: 3 })
  const error = failureOf(() => apply(live, app({ replicas: 2, containers: [container("a")] })))
  assert.deepEqual(
    [error.code, error.reason, error.message],
    [409, "Conflict", 'Apply failed with 1 conflict: conflict with "editor" using apps/v1: .spec.replicas'],
  )
  assert.deepEqual(error.details?.causes, [
    { reason: "FieldManagerConflict", message: 'conflict with "editor" using apps/v1', field: ".spec.replicas" },
  ])
})

test("several conflicts are listed by owner", () => {
  const first = create({ replicas: 1, hosts: ["x"], containers: [container("a")] }, { manager: "z" })
  const live = edit(edit(first, { paused: true, strategy: { type: "a" } }), { nodeSelector: { a: "b" } }, "x", "scale")
  const patch = app({ replicas: 2, nodeSelector: {}, paused: false, containers: [container("a", "2")] })
  assert.equal(
    failureOf(() => apply(live, patch)).message,
    [
      'Apply failed with 4 conflicts: conflicts with "editor" using apps/v1:',
      "- .spec.paused",
      'conflicts with "x" with subresource "scale" using apps/v1:',
      "- .spec.nodeSelector",
      'conflicts with "z":',
      "- .spec.replicas",
      '- .spec.containers[name="a"].image',
    ].join("\n"),
  )
})

test("force takes what is in conflict; the same value is shared", () => {
  const live = edit(create({ replicas: 1 }), { replicas: 3, paused: true })
  const forced = apply(live, app({ replicas: 2, paused: true }), { force: true })
  assert.deepEqual(specOf(forced), { replicas: 2, containers: [], paused: true })
  assert.deepEqual(owned(forced, "m"), { "f:spec": { "f:paused": {}, "f:replicas": {} } })
  assert.deepEqual(owned(forced, "editor"), { "f:spec": { "f:paused": {} } })
})

test("another spelling of the same value is no change, and nothing to have a conflict about", () => {
  const spec = { paused: false, strategy: { surge: 1 }, containers: [{ name: "a", limits: { memory: "1024Mi" } }] }
  const live = create(spec)
  assert.deepEqual(specOf(live), {
    replicas: 1,
    strategy: { surge: 1 },
    containers: [{ name: "a", limits: { memory: "1Gi" } }],
  })
  assert.deepEqual(plain(apply(live, app(spec), { nowText: T2 })), plain(live))
  const shared = apply(live, app(spec), { manager: "other" })
  assert.deepEqual(owned(shared, "other"), owned(shared, "m"))
})

test("the time changes only with the object", () => {
  const live = create({ replicas: 2 })
  const same = apply(live, app({ replicas: 2 }), { nowText: T2 })
  assert.deepEqual(plain(same), plain(live))
  const more = apply(live, app({ replicas: 2, paused: true }), { nowText: T2 })
  assert.equal(more.metadata.managedFields?.[0]?.time, T2)
})

test("what was there before anybody applied has an owner", () => {
  const { managedFields: _, ...metadata } = create({ replicas: 2, paused: true }).metadata
  const live = { ...create({ replicas: 2, paused: true }), metadata }
  const object = apply(live, app({ replicas: 2 }))
  assert.deepEqual(owned(object, "before-first-apply"), { "f:spec": { "f:paused": {}, "f:replicas": {} } })
  assert.throws(() => apply(live, app({ replicas: 3 })), /before-first-apply/)
})

test("items keep the live order where the applied one does not disagree", () => {
  const names = (spec: unknown) =>
    (spec as { containers: { name: string }[] }).containers.map(({ name }) => name).join("")
  const cases: readonly (readonly [live: string, applied: string, result: string])[] = [
    ["abc", "b", "abc"],
    ["abc", "ca", "bca"],
    ["ab", "xb", "axb"],
    ["", "ba", "ba"],
    ["abcd", "dx", "abcdx"],
  ]
  for (const [before, applied, result] of cases) {
    const live = create({ containers: [...before].map((name) => container(name)) }, { manager: "first" })
    const patch = app({ containers: [...applied].map((name) => container(name)) })
    assert.equal(names(specOf(apply(live, patch))), result, `${before} ${applied}`)
  }
})

test("status belongs to its subresource", () => {
  const live = create({ replicas: 2 })
  const patch = { ...app({ replicas: 9 }), status: { ready: 2 } }
  const object = apply(live, patch, { subresource: "status", reach: REACH_OF_STATUS, manager: "c" })
  assert.deepEqual(owned(object, "c"), { "f:status": { "f:ready": {} } })
})

test("server-side apply by kubectl takes over from its client-side apply", () => {
  const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
  const annotations = { [lastApplied]: `${JSON.stringify(app({ replicas: 2, paused: true }, { annotations: {} }))}\n` }
  const { managedFields: _, ...metadata } = create({ replicas: 2, paused: true }, {}, { annotations }).metadata
  const live: AppliedObject = { ...create({ replicas: 2, paused: true }), metadata }
  const object = apply(live, app({ replicas: 3 }), { manager: "kubectl" })
  assert.deepEqual(specOf(object), { replicas: 3, containers: [], paused: true })
  const now = JSON.parse(object.metadata.annotations?.[lastApplied] ?? "")
  assert.deepEqual(now, app({ replicas: 3 }))
  const foreign = { ...live, spec: { ...(live["spec"] as object), replicas: 7 } }
  assert.throws(() => apply(foreign, app({ replicas: 3 }), { manager: "kubectl" }), /conflict/)
})

const misfits: readonly { patch: object; message: string; code: number }[] = [
  {
    patch: app({ foo: 1 }),
    message:
      "failed to create typed patch object (default/web; apps/v1, Kind=App): .spec.foo: field not declared in schema",
    code: 500,
  },
  {
    patch: app({ replicas: "x", hosts: ["a", "a"], volumes: [{ path: "x" }] }),
    message: [
      "failed to create typed patch object (default/web; apps/v1, Kind=App): errors:",
      '  .spec.hosts: duplicate entries for key [="a"]',
      "  .spec.replicas: expected numeric (int or float), got string",
      '  .spec.volumes: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
    ].join("\n"),
    code: 500,
  },
  {
    patch: app({ containers: [{ name: "a", image: 1 }] }),
    message:
      'failed to create typed patch object (default/web; apps/v1, Kind=App): .spec.containers[name="a"].image: expected string, got &value.valueUnstructured{Value:1}',
    code: 500,
  },
  { patch: app({}, { managedFields: [] }), message: "metadata.managedFields must be nil", code: 400 },
  { patch: { ...app({}), kind: "X" }, message: "invalid object type: apps/v1, Kind=X", code: 400 },
]

for (const { patch, message, code } of misfits) {
  test(`apply refuses: ${message.slice(0, 110)}`, () => {
    const error = failureOf(() => apply(create({}), patch))
    assert.deepEqual([error.message, error.code], [message, code])
  })
}

test("applying twice is applying once, and applying something else and back restores", () => {
  const containers = fc
    .uniqueArray(fc.constantFrom("a", "b", "c"))
    .map((names) => names.map((name) => ({ name, image: `i-${name}` })))
  const spec = fc.record(
    {
      containers,
      replicas: fc.constantFrom(1, 2),
      hosts: fc.uniqueArray(fc.constantFrom("x", "y")),
      strategy: fc.record({ type: fc.constant("t"), surge: fc.constant("1%") }, { requiredKeys: [] }),
    },
    { requiredKeys: ["replicas"] },
  )
  fc.assert(
    fc.property(spec, spec, (one, two) => {
      const first = create(one)
      const before = JSON.stringify(first)
      assert.deepEqual(plain(apply(first, app(one))), plain(first))
      const back = apply(apply(first, app(two)), app(one))
      assert.deepEqual(plain(owned(back, "m") ?? {}), plain(owned(first, "m") ?? {}))
      assert.equal(JSON.stringify(first), before)
    }),
  )
})

test("those who apply different fields need not care who comes first", () => {
  const part = (names: readonly string[], hosts: readonly string[]) =>
    fc.record(
      {
        containers: fc
          .uniqueArray(fc.constantFrom(...names))
          .map((own) => own.map((name) => ({ name, image: `i-${name}` }))),
        hosts: fc.uniqueArray(fc.constantFrom(...hosts)),
      },
      { requiredKeys: [] },
    )
  const sorted = (list: unknown) => (list as readonly unknown[] | undefined)?.map((one) => JSON.stringify(one)).sort()
  const facts = (object: AppliedObject) => {
    const { containers, hosts } = object["spec"] as { containers?: unknown; hosts?: unknown }
    return [sorted(containers), sorted(hosts), plain(owned(object, "one") ?? {}), plain(owned(object, "two") ?? {})]
  }
  fc.assert(
    fc.property(part(["a", "b"], ["x", "y"]), part(["c", "d"], ["z"]), (one, two) => {
      const both = (...order: readonly (readonly [string, object])[]) =>
        order.reduce((live, [manager, spec]) => apply(live, app(spec), { manager }), create({}))
      const [first, second] = [["one", one] as const, ["two", two] as const]
      assert.deepEqual(facts(both(first, second)), facts(both(second, first)))
    }),
  )
})

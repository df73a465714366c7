import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { parse } from "yaml"
import { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import { ClusterRoleBinding } from "../../api/rbac/v1/cluster-role-binding.ts"
import { Role } from "../../api/rbac/v1/role.ts"
import { RoleBinding } from "../../api/rbac/v1/role-binding.ts"
import { startTestBack } from "../resources/testing.ts"
import { defaultRbac } from "./default-roles.ts"
import { parseRule } from "./defaults/rule-text.ts"
import { ensureDefaultRbac } from "./ensure-default-rbac.ts"

const facts = join(import.meta.dirname, "../../../../shared/kubernetes-1.36/rbac")

interface Fact {
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly unknown[] | null
}
function read(file: string): Fact[] {
  return (parse(readFileSync(join(facts, file), "utf8")) as { readonly items: Fact[] }).items
}
const byName = (objects: readonly Fact[]) =>
  new Map(objects.map((object) => [`${object.metadata.namespace ?? ""}/${object.metadata.name}`, object]))
/** Without what says only which kind it is, and what is empty. */
function core(object: Fact) {
  const {
    apiVersion: _a,
    kind: _k,
    ...rest
  } = object as Fact & { readonly apiVersion?: string; readonly kind?: string }
  return JSON.parse(
    JSON.stringify(rest, (_, value) => (Array.isArray(value) && value.length === 0 ? undefined : value)),
  )
}

test("are those of Kubernetes", {
  skip: existsSync(facts) ? false : "the reference data of Kubernetes 1.36 is not on this machine",
}, () => {
  const made = defaultRbac()
  const isTheirs = ({ metadata }: Fact) => !metadata.name.startsWith("gantry:")
  const clusterRoles = made.clusterRoles.filter(isTheirs)
  const pairs = [
    { ours: clusterRoles, theirs: [...read("cluster-roles.yaml"), ...read("controller-roles.yaml")] },
    {
      ours: made.clusterRoleBindings.filter(isTheirs),
      theirs: [...read("cluster-role-bindings.yaml"), ...read("controller-role-bindings.yaml")],
    },
    { ours: made.roles.filter(isTheirs), theirs: read("namespace-roles.yaml") },
    { ours: made.roleBindings.filter(isTheirs), theirs: read("namespace-role-bindings.yaml") },
  ]
  for (const { ours, theirs } of pairs) {
    const own = byName(ours)
    assert.deepEqual([...own.keys()].toSorted(), [...byName(theirs).keys()].toSorted())
    for (const [name, their] of byName(theirs)) {
      const found = own.get(name) ?? { metadata: { name: "" } }
      // A controller fills these in; we do it at once.
      const unfilled = "aggregationRule" in their ? { ...found, rules: null } : found
      assert.deepEqual(core(unfilled), core(their), name)
    }
  }
})

test("are put together from parts that are labelled for it", () => {
  const { clusterRoles } = defaultRbac()
  const rulesOf = (name: string) => clusterRoles.find((role) => role.metadata.name === name)?.rules ?? []
  const parts = ["admin", "edit", "view"].map((part) => rulesOf(`system:aggregate-to-${part}`).length)
  const view = (parts[2] ?? 0) + rulesOf("gantry:metrics-reader").length
  assert.equal(rulesOf("view").length, view)
  assert.equal(rulesOf("edit").length, (parts[1] ?? 0) + view)
  assert.equal(rulesOf("admin").length, parts[0] === undefined ? 0 : parts[0] + rulesOf("edit").length)
})

test("are made once, completed later, and left alone when told so", async () => {
  const back = await startTestBack({ resources: [Role, ClusterRole, RoleBinding, ClusterRoleBinding] })
  const { client } = back
  const mine = { name: "mine", rules: [parseRule("get widgets in example.com")] }
  await ensureDefaultRbac(client, [mine])
  const roles = client.of(ClusterRole)
  assert.deepEqual((await roles.get({ name: "system:controller:mine" })).rules, mine.rules)
  const count = (await roles.list()).items.length
  const discovery = await roles.get({ name: "system:discovery" })
  await roles.update({ ...discovery, rules: [parseRule("get urls /custom")] })
  const viewer = await roles.get({ name: "system:public-info-viewer" })
  const annotations = { "rbac.authorization.kubernetes.io/autoupdate": "false" }
  await roles.update({ ...viewer, metadata: { ...viewer.metadata, annotations }, rules: [] })
  const binding = await client.of(ClusterRoleBinding).get({ name: "system:basic-user" })
  await client.of(ClusterRoleBinding).update({ ...binding, subjects: [] })
  const before = await back.store.revision()
  await ensureDefaultRbac(client, [mine])
  assert.equal((await roles.list()).items.length, count)
  const completed = (await roles.get({ name: "system:discovery" })).rules.flatMap((rule) => rule.nonResourceURLs ?? [])
  assert.ok(completed.includes("/custom") && completed.includes("/apis"))
  assert.equal((await roles.get({ name: "system:public-info-viewer" })).rules.length, 0)
  assert.equal((await client.of(ClusterRoleBinding).get({ name: "system:basic-user" })).subjects?.length, 1)
  assert.equal((await back.store.revision()) - before, 2)
  await back.close()
})

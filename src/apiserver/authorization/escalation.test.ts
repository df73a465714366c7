import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import { ClusterRoleBinding } from "../../api/rbac/v1/cluster-role-binding.ts"
import { Role } from "../../api/rbac/v1/role.ts"
import { RoleBinding } from "../../api/rbac/v1/role-binding.ts"
import { createClient } from "../../client/typed-client.ts"
import type { ManifestOf } from "../../machinery/schema/resource.ts"
import { startTestBack, type TestBack } from "../resources/testing.ts"
import { parseRule } from "./defaults/rule-text.ts"
import { rbacEscalation } from "./escalation.ts"
import { createRbacAuthorizer } from "./rbac-authorizer.ts"

const apiGroup = "rbac.authorization.k8s.io"
let back: TestBack
before(async () => {
  back = await startTestBack({
    resources: [Role, ClusterRole, RoleBinding, ClusterRoleBinding],
    admission: (reader) => {
      const rbac = createRbacAuthorizer(reader)
      return [rbacEscalation(rbac, () => rbac)]
    },
  })
  const root = clientOf("root", "system:masters")
  const give = async (user: string, rules: readonly string[]) => {
    await root.of(ClusterRole).create({ metadata: { name: user }, rules: rules.map(parseRule) })
    await root.of(ClusterRoleBinding).create(binding(user, user))
  }
  await root.of(ClusterRole).create({ metadata: { name: "secrets" }, rules: [parseRule("get secrets in core")] })
  await give("reader", ["get,list pods in core"])
  await give("binder", [`bind clusterroles in ${apiGroup} named secrets`])
  await give("escalator", [`escalate clusterroles in ${apiGroup}`])
})
after(() => back.close())

const clientOf = (name: string, ...groups: string[]) =>
  createClient(back.as({ name, groups }), { fieldManager: "test" })
function binding(user: string, role: string): ManifestOf<typeof ClusterRoleBinding> & { metadata: { name: string } } {
  return {
    metadata: { name: `${user}-${role}` },
    roleRef: { apiGroup, kind: "ClusterRole", name: role },
    subjects: [{ kind: "User", apiGroup, name: user }],
  }
}

test("nobody makes a role with rights that they do not have", async () => {
  const roles = clientOf("reader", "team").of(ClusterRole)
  const role = await roles.create({ metadata: { name: "less" }, rules: [parseRule("get pods in core")] })
  const rules = [parseRule("get,list,delete pods,pods/log in core"), parseRule("get urls /x")]
  await assert.rejects(roles.create({ metadata: { name: "more" }, rules }), {
    reason: "Forbidden",
    message: [
      'clusterroles.rbac.authorization.k8s.io "more" is forbidden: user "reader" (groups=["team"]) is attempting to grant RBAC permissions not currently held:',
      '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
      '{APIGroups:[""], Resources:["pods/log"], Verbs:["get" "list" "delete"]}',
      '{NonResourceURLs:["/x"], Verbs:["get"]}',
    ].join("\n"),
  })
  await assert.rejects(roles.update({ ...role, rules }), /attempting to grant/)
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] }
  await assert.rejects(
    roles.create({ metadata: { name: "sum" }, rules: [], aggregationRule }),
    /must have cluster-admin privileges to use the aggregationRule/,
  )
})

test("nobody binds a role with rights that they do not have", async () => {
  await assert.rejects(
    clientOf("reader").of(ClusterRoleBinding).create(binding("eve", "secrets")),
    /attempting to grant/,
  )
  await assert.rejects(
    clientOf("reader").of(ClusterRoleBinding).create(binding("eve", "nothing")),
    /clusterrole.rbac.authorization.k8s.io "nothing" not found/,
  )
  await clientOf("reader").of(ClusterRoleBinding).create(binding("eve", "reader"))
})

test("whoever was given the right may", async () => {
  await clientOf("binder").of(ClusterRoleBinding).create(binding("eve", "secrets"))
  await clientOf("escalator")
    .of(ClusterRole)
    .create({ metadata: { name: "all" }, rules: [parseRule("* * in *")] })
})

import { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import { ClusterRoleBinding } from "../../api/rbac/v1/cluster-role-binding.ts"
import { Role } from "../../api/rbac/v1/role.ts"
import { RoleBinding } from "../../api/rbac/v1/role-binding.ts"
import type { PolicyRule, Subject } from "../../api/rbac/v1/types.ts"
import type { Client } from "../../client/client.ts"
import { keyOf } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { AnyResource, KubeObject, ManifestOf } from "../../machinery/schema/resource.ts"
import { isAlreadyExists } from "../../machinery/status/predicates.ts"
import { AUTO_UPDATE, type ControllerRole, defaultRbac } from "./default-roles.ts"
import { uncovered } from "./rules.ts"

/**
 * Makes the default roles and bindings, and gives back what somebody has taken from them, unless they are annotated
 * against it. Needs a client that may do everything. Repeatable; several servers may do it at once.
 */
export async function ensureDefaultRbac(client: Client, controllers: readonly ControllerRole[] = []): Promise<void> {
  const wanted = defaultRbac(controllers)
  await Promise.all([
    ensure(client, ClusterRole, wanted.clusterRoles, withMissingRules),
    ensure(client, Role, wanted.roles, withMissingRules),
    ensure(client, ClusterRoleBinding, wanted.clusterRoleBindings, withMissingSubjects),
    ensure(client, RoleBinding, wanted.roleBindings, withMissingSubjects),
  ])
}

interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

async function ensure<R extends AnyResource, W extends ManifestOf<R> & Named>(
  client: Client,
  resource: R,
  wanted: readonly W[],
  complete: (found: never, wanted: never) => unknown,
): Promise<void> {
  const objects = client.of(resource)
  const { items } = await objects.list()
  const existing = new Map((items as readonly KubeObject[]).map((object) => [keyOf(object), object]))
  await Promise.all(
    wanted.map(async (one) => {
      const found = existing.get(keyOf(one))
      if (found === undefined) {
        await objects.create(one).catch((error: unknown) => {
          // Another server was faster.
          if (!isAlreadyExists(error)) throw error
        })
        return
      }
      if (found.metadata.annotations?.[AUTO_UPDATE] !== "true") return
      const completed = complete(found as never, one as never)
      if (completed !== undefined) await objects.update(completed as ManifestOf<R>)
    }),
  )
}

interface WithRules {
  readonly rules?: readonly PolicyRule[]
  readonly aggregationRule?: unknown
}

function withMissingRules(found: WithRules, wanted: WithRules): WithRules | undefined {
  // Nearly always, and a start compares hundreds.
  if (deepEqual(found.rules, wanted.rules)) return undefined
  const missing = uncovered(found.rules ?? [], wanted.rules ?? [])
  return missing.length === 0 ? undefined : { ...found, rules: [...(found.rules ?? []), ...missing] }
}

interface WithSubjects {
  readonly subjects?: readonly Subject[]
}

function withMissingSubjects(found: WithSubjects, wanted: WithSubjects): WithSubjects | undefined {
  const have = new Set((found.subjects ?? []).map(subjectText))
  const missing = (wanted.subjects ?? []).filter((subject) => !have.has(subjectText(subject)))
  return missing.length === 0 ? undefined : { ...found, subjects: [...(found.subjects ?? []), ...missing] }
}

const subjectText = ({ kind, namespace = "", name }: Subject): string => `${kind} ${namespace}/${name}`

import type { RequestInfo, UserInfo } from "../call.ts"
import type { Level, Stage } from "./event.ts"
import type { AuditGroupResources, AuditPolicy, AuditPolicyRule } from "./policy.ts"

/** What a policy says about one request. */
export interface Verdict {
  readonly level: Level
  readonly omitStages: ReadonlySet<Stage>
  readonly omitManagedFields: boolean
}

export type AuditRules = (user: UserInfo | undefined, info: RequestInfo) => Verdict

interface CompiledRule extends Verdict {
  readonly matches: (user: UserInfo | undefined, info: RequestInfo) => boolean
}

/** A valid policy, ready to be asked: the first rule that matches counts; without one nothing is recorded. */
export function compileRules(policy: AuditPolicy): AuditRules {
  const { rules = [], omitManagedFields = false, omitStages = [] } = policy
  const otherwise: Verdict = { level: "None", omitStages: new Set(omitStages as Stage[]), omitManagedFields }
  const compiled = rules.map(
    (rule): CompiledRule => ({
      level: rule.level as Level,
      omitStages: new Set([...omitStages, ...(rule.omitStages ?? [])] as Stage[]),
      omitManagedFields: rule.omitManagedFields ?? omitManagedFields,
      matches: compileRule(rule),
    }),
  )
  return (user, info) => compiled.find(({ matches }) => matches(user, info)) ?? otherwise
}

function compileRule(rule: AuditPolicyRule): CompiledRule["matches"] {
  const { resources = [], nonResourceURLs = [] } = rule
  const users = setOf(rule.users)
  const groups = setOf(rule.userGroups)
  const verbs = setOf(rule.verbs)
  const namespaces = setOf(rule.namespaces)
  const kinds = resources.map(compileResources)
  const paths = nonResourceURLs.map(compilePath)
  return (user, info) => {
    if (users !== undefined && (user === undefined || !users.has(user.name))) return false
    if (groups !== undefined && !user?.groups.some((group) => groups.has(group))) return false
    if (verbs !== undefined && !verbs.has(info.verb)) return false
    if (namespaces !== undefined || kinds.length > 0) {
      if (!info.isResource || namespaces?.has(info.namespace) === false) return false
      return kinds.length === 0 || kinds.some((matches) => matches(info))
    }
    return paths.length === 0 || (!info.isResource && paths.some((matches) => matches(info.path)))
  }
}

/** Undefined: anything will do. */
function setOf(values: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return values === undefined || values.length === 0 ? undefined : new Set(values)
}

function compilePath(spec: string): (path: string) => boolean {
  if (spec === "*") return () => true
  if (!spec.endsWith("*")) return (path) => path === spec
  const prefix = spec.replace(/\*+$/, "")
  return (path) => path.startsWith(prefix)
}

function compileResources(rule: AuditGroupResources): (info: RequestInfo) => boolean {
  const { group = "", resources = [] } = rule
  const names = setOf(rule.resourceNames)
  const exact = new Set(resources)
  return (info) => {
    if (group !== "*" && group !== info.group) return false
    if (exact.size === 0) return true
    if (names !== undefined && !names.has(info.name)) return false
    const { resource, subresource } = info
    if (exact.has("*") || exact.has(`${resource}/*`)) return true
    return subresource === ""
      ? exact.has(resource)
      : exact.has(`${resource}/${subresource}`) || exact.has(`*/${subresource}`)
  }
}

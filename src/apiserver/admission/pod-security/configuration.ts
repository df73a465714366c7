import {
  aggregateMessages,
  duplicate,
  type FieldError,
  formatFieldError,
  invalid,
} from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { dns1123Label, dns1123Subdomain } from "../../../machinery/names/dns.ts"
import type { JsonObject } from "../../../machinery/patch/structure.ts"
import { objectIn, requireKind, requireOnly, textIn, textsIn } from "../config-object.ts"
import { type LevelVersion, parseLevel, parseMinor } from "./policy.ts"
import type { PodSecuritySettings } from "./settings.ts"

const VERSIONS = ["v1", "v1beta1", "v1alpha1"].map((version) => `pod-security.admission.config.k8s.io/${version}`)

/**
 * Reads a PodSecurityConfiguration. Throws an `Error` with all that is wrong with it.
 * https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/
 */
export function podSecuritySettings(config: JsonObject): PodSecuritySettings {
  requireKind(config, "PodSecurityConfiguration", VERSIONS)
  requireOnly(config, ["apiVersion", "kind", "defaults", "exemptions"], "PodSecurityConfiguration")
  const levels = objectIn(config, "defaults")
  requireOnly(
    levels,
    ["enforce", "warn", "audit"].flatMap((mode) => [mode, `${mode}-version`]),
    "defaults",
  )
  const lists = objectIn(config, "exemptions")
  requireOnly(lists, ["usernames", "namespaces", "runtimeClasses"], "exemptions")
  const errors: FieldError[] = []
  const enforce = levelOf(levels, "enforce", errors)
  const warn = levelOf(levels, "warn", errors)
  const audit = levelOf(levels, "audit", errors)
  const namespaces = namesIn(lists, "namespaces", (name) => dns1123Label(name).join(", "), errors)
  const runtimeClasses = namesIn(lists, "runtimeClasses", (name) => dns1123Subdomain(name).join(", "), errors)
  const usernames = namesIn(lists, "usernames", (name) => (name === "" ? "username must not be empty" : ""), errors)
  if (errors.length > 0) throw new Error(aggregateMessages(errors.map(formatFieldError)))
  return { defaults: { enforce, audit, warn }, exempt: { usernames, namespaces, runtimeClasses } }
}

function levelOf(defaults: JsonObject, mode: string, errors: FieldError[]): LevelVersion {
  const at = FieldPath.root("defaults")
  const level = textIn(defaults, mode) || "privileged"
  const version = textIn(defaults, `${mode}-version`) || "latest"
  const known = parseLevel(level)
  const minor = parseMinor(version)
  if (known === undefined) {
    errors.push(invalid(at.child(mode), level, "must be one of privileged, baseline, restricted"))
  }
  if (minor === undefined) errors.push(invalid(at.child(`${mode}-version`), version, 'must be "latest" or "v1.x"'))
  return { level: known ?? "restricted", minor: minor ?? Number.POSITIVE_INFINITY }
}

function namesIn(
  from: JsonObject,
  field: string,
  problem: (name: string) => string,
  errors: FieldError[],
): readonly string[] {
  const names = textsIn(from, field)
  const at = FieldPath.root("exemptions").child(field)
  for (const [index, name] of names.entries()) {
    const why = problem(name)
    if (why !== "") errors.push(invalid(at.index(index), name, why))
    else if (names.indexOf(name) < index) errors.push(duplicate(at.index(index), name))
  }
  return names
}

import {
  aggregateMessages,
  duplicate,
  type FieldError,
  formatFieldError,
  invalid,
} from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { dns1123Label, dns1123Subdomain } from "../../../machinery/names/dns.ts"
import { isObject, type JsonObject } from "../../../machinery/patch/structure.ts"
import { type LevelVersion, parseLevel, parseMinor } from "./policy.ts"
import type { PodSecuritySettings } from "./settings.ts"

const VERSIONS = ["v1", "v1beta1", "v1alpha1"].map((version) => `pod-security.admission.config.k8s.io/${version}`)

/**
 * Reads a PodSecurityConfiguration. Throws an `Error` with all that is wrong with it.
 * https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/
 */
export function podSecuritySettings(config: JsonObject): PodSecuritySettings {
  if (config["kind"] !== "PodSecurityConfiguration" || !VERSIONS.includes(String(config["apiVersion"]))) {
    const found = `no kind ${JSON.stringify(config["kind"])} is registered for version ${JSON.stringify(config["apiVersion"])}`
    throw new Error(`${found}; expected PodSecurityConfiguration of ${VERSIONS[0]}`)
  }
  const errors: FieldError[] = []
  const { defaults = {}, exemptions = {} } = config
  const levels = isObject(defaults) ? defaults : {}
  const enforce = levelOf(levels, "enforce", errors)
  const warn = levelOf(levels, "warn", errors)
  const audit = levelOf(levels, "audit", errors)
  const lists = isObject(exemptions) ? exemptions : {}
  const namespaces = namesIn(lists, "namespaces", (name) => dns1123Label(name).join(", "), errors)
  const runtimeClasses = namesIn(lists, "runtimeClasses", (name) => dns1123Subdomain(name).join(", "), errors)
  const usernames = namesIn(lists, "usernames", (name) => (name === "" ? "username must not be empty" : ""), errors)
  if (errors.length > 0) throw new Error(aggregateMessages(errors.map(formatFieldError)))
  return { defaults: { enforce, audit, warn }, exempt: { usernames, namespaces, runtimeClasses } }
}

function levelOf(defaults: JsonObject, mode: string, errors: FieldError[]): LevelVersion {
  const at = FieldPath.root("defaults")
  const level = String(defaults[mode] ?? "privileged")
  const version = String(defaults[`${mode}-version`] ?? "latest")
  const known = parseLevel(level)
  const minor = parseMinor(version)
  if (known === undefined) {
    errors.push(invalid(at.child(mode), level, "must be one of privileged, baseline, restricted"))
  }
  if (minor === undefined) errors.push(invalid(at.child(`${mode}-version`), version, 'must be "latest" or "v1.x"'))
  return { level: known ?? "restricted", minor: minor ?? Number.POSITIVE_INFINITY }
}

function namesIn(from: JsonObject, field: string, problem: (name: string) => string, errors: FieldError[]): string[] {
  const list = from[field]
  const names = Array.isArray(list) ? list.map(String) : []
  const at = FieldPath.root("exemptions").child(field)
  for (const [index, name] of names.entries()) {
    const why = problem(name)
    if (why !== "") errors.push(invalid(at.index(index), name, why))
    else if (names.indexOf(name) < index) errors.push(duplicate(at.index(index), name))
  }
  return names
}

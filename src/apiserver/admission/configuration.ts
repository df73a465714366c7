import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { Toleration } from "../../api/core/v1/toleration.ts"
import { decode } from "../../machinery/decode/decode.ts"
import {
  aggregateMessages,
  type FieldError,
  formatFieldError,
  invalid,
  notSupported,
} from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import { parseYaml } from "../../machinery/json/yaml.ts"
import { isObject, type JsonObject } from "../../machinery/patch/structure.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { objectIn, objectsIn, requireKind, requireOnly, textIn } from "./config-object.ts"
import type { EventLimit } from "./plugins/event-rate-limit.ts"
import { podSecuritySettings } from "./pod-security/configuration.ts"
import type { PluginSettings } from "./settings.ts"

/**
 * The file that tells admission plugins what to do.
 * https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/#apiserver-config-k8s-io-v1-AdmissionConfiguration
 */

const FILE_VERSIONS = ["apiserver.config.k8s.io/v1", "apiserver.k8s.io/v1alpha1"]

/** Throws an `Error` that says what is wrong with the file, or with one that it names. */
export function readAdmissionConfiguration(file: string): PluginSettings {
  const config = read(file)
  if ("podNodeSelectorPluginConfig" in config) return { nodeSelectors: nodeSelectors(config) }
  requireKind(config, "AdmissionConfiguration", FILE_VERSIONS, `${file}: `)
  requireOnly(config, ["apiVersion", "kind", "plugins"], file)
  const settings = objectsIn(config, "plugins").map((plugin): PluginSettings => {
    requireOnly(plugin, ["name", "path", "configuration"], file)
    const name = textIn(plugin, "name")
    const own = (plugin["configuration"] ?? null) === null ? undefined : objectIn(plugin, "configuration")
    const path = textIn(plugin, "path")
    const content = own ?? (path === "" ? undefined : read(resolve(dirname(file), path)))
    if (content === undefined) return {}
    const parse = PARSERS.get(name)
    if (parse === undefined) throw new Error(`${file}: ${name} takes no configuration here`)
    try {
      return parse(content)
    } catch (error) {
      const why = messageOf(error)
      throw new Error(`couldn't init admission plugin ${JSON.stringify(name)}: ${why}`, { cause: error })
    }
  })
  return Object.assign({}, ...settings) as PluginSettings
}

const PARSERS = new Map<string, (config: JsonObject) => PluginSettings>([
  ["PodNodeSelector", (config) => ({ nodeSelectors: nodeSelectors(config) })],
  ["PodTolerationRestriction", tolerations],
  ["EventRateLimit", eventLimits],
  ["PodSecurity", (config) => ({ podSecurity: podSecuritySettings(config) })],
])

function read(file: string): JsonObject {
  const { value } = parseYaml(readFileSync(file, "utf8"))
  if (!isObject(value)) throw new Error(`unable to read admission control configuration from "${file}"`)
  return value
}

function nodeSelectors(config: JsonObject): ReadonlyMap<string, string> {
  requireOnly(config, ["podNodeSelectorPluginConfig"], "podNodeSelectorPluginConfig")
  const selectors = objectIn(config, "podNodeSelectorPluginConfig")
  return new Map(Object.keys(selectors).map((name) => [name, textIn(selectors, name)] as const))
}

function tolerations(config: JsonObject): PluginSettings {
  requireKind(config, "Configuration", ["podtolerationrestriction.admission.k8s.io/v1alpha1"])
  requireOnly(config, ["apiVersion", "kind", "default", "whitelist"], "Configuration")
  const listOf = (field: string) =>
    objectsIn(config, field).map((value) => decode(Toleration, { value, duplicates: [] }, "Strict").object)
  return { tolerations: { default: listOf("default"), whitelist: listOf("whitelist") } }
}

const LIMIT_TYPES = ["Namespace", "Server", "SourceAndObject", "User"]

function eventLimits(config: JsonObject): PluginSettings {
  requireKind(config, "Configuration", ["eventratelimit.admission.k8s.io/v1alpha1"])
  requireOnly(config, ["apiVersion", "kind", "limits"], "Configuration")
  const at = FieldPath.root("limits")
  const limits = objectsIn(config, "limits").map((limit) => {
    requireOnly(limit, ["type", "qps", "burst", "cacheSize"], "limits")
    const number = (field: string) => Number(limit[field] ?? 0)
    return { type: textIn(limit, "type"), qps: number("qps"), burst: number("burst"), cacheSize: number("cacheSize") }
  })
  const errors: FieldError[] = limits.length === 0 ? [invalid(at, null, "must not be empty")] : []
  for (const [index, { type, qps, burst, cacheSize }] of limits.entries()) {
    const path = at.index(index)
    if (!LIMIT_TYPES.includes(type)) errors.push(notSupported(path.child("type"), type, LIMIT_TYPES))
    if (!(burst > 0)) errors.push(invalid(path.child("burst"), burst, "must be positive"))
    if (!(qps > 0)) errors.push(invalid(path.child("qps"), qps, "must be positive"))
    if (type !== "Server" && cacheSize < 0) {
      errors.push(invalid(path.child("cacheSize"), cacheSize, "must not be negative"))
    }
  }
  if (errors.length > 0) throw new Error(aggregateMessages(errors.map(formatFieldError)))
  return { eventLimits: limits as readonly EventLimit[] }
}

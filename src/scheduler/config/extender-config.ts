import { type FieldError, invalid } from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import { qualifiedName } from "../../machinery/names/labels.ts"
import { durationToMs } from "../../machinery/time/duration.ts"
import type { ConfiguredExtender } from "./configuration-schema.ts"

/** Another program that takes part in scheduling, asked over HTTP. */
export interface ExtenderConfig {
  readonly urlPrefix: string
  /** Added to the URL; empty: not asked. */
  readonly filterVerb: string
  readonly prioritizeVerb: string
  readonly preemptVerb: string
  readonly bindVerb: string
  /** How much its scores count. */
  readonly weight: number
  readonly timeoutMs: number
  /** Names of nodes are enough for it. */
  readonly nodeCacheCapable: boolean
  /** Only pods that ask for one of these concern it; empty: all do. */
  readonly managedResources: ReadonlySet<string>
  /** Of these, the ones that plugins do not look at. */
  readonly ignoredResources: readonly string[]
  /** Scheduling goes on without it when it cannot be asked. */
  readonly ignorable: boolean
  readonly https: boolean
  readonly tls: NonNullable<ConfiguredExtender["tlsConfig"]>
}

const TIMEOUT_MS = 5000

export function completeExtenders(extenders: readonly ConfiguredExtender[]): readonly ExtenderConfig[] {
  return extenders.map((extender) => {
    const { managedResources = [], tlsConfig = {}, httpTimeout = "0s" } = extender
    return {
      urlPrefix: extender.urlPrefix ?? "",
      filterVerb: extender.filterVerb ?? "",
      prioritizeVerb: extender.prioritizeVerb ?? "",
      preemptVerb: extender.preemptVerb ?? "",
      bindVerb: extender.bindVerb ?? "",
      weight: extender.weight ?? 0,
      timeoutMs: durationToMs(httpTimeout) || TIMEOUT_MS,
      nodeCacheCapable: extender.nodeCacheCapable ?? false,
      managedResources: new Set(managedResources.map(({ name = "" }) => name)),
      ignoredResources: managedResources.flatMap(({ name = "", ignoredByScheduler }) =>
        ignoredByScheduler ? [name] : [],
      ),
      ignorable: extender.ignorable ?? false,
      https: extender.enableHTTPS ?? false,
      tls: tlsConfig,
    }
  })
}

export function extenderErrors(extenders: readonly ConfiguredExtender[]): readonly FieldError[] {
  const path = FieldPath.root("extenders")
  const errors: FieldError[] = []
  const managed = new Set<string>()
  extenders.forEach(({ prioritizeVerb, weight = 0, managedResources = [] }, index) => {
    const at = path.index(index)
    if (prioritizeVerb && weight <= 0) {
      errors.push(invalid(at.child("weight"), weight, "must have a positive weight applied to it"))
    }
    managedResources.forEach(({ name = "" }, resourceIndex) => {
      const nameAt = at.child("managedResources").index(resourceIndex).child("name")
      errors.push(...resourceNameErrors(name, nameAt))
      if (managed.has(name)) errors.push(invalid(nameAt, name, "duplicate extender managed resource name"))
      managed.add(name)
    })
  })
  const binders = extenders.filter(({ bindVerb }) => !!bindVerb).length
  if (binders > 1) {
    errors.push(invalid(path, `found ${binders} extenders implementing bind`, "only one extender can implement bind"))
  }
  return errors
}

function resourceNameErrors(name: string, at: FieldPath): readonly FieldError[] {
  const problems = qualifiedName(name)
  if (problems.length > 0) return problems.map((why) => invalid(at, name, why))
  const isNative = !name.includes("/") || name.split("/")[0]?.endsWith("kubernetes.io")
  const isQuota = name.startsWith("requests.") || qualifiedName(`requests.${name}`).length > 0
  return isNative || isQuota ? [invalid(at, name, "is an invalid extended resource name")] : []
}

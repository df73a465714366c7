import { CustomResourceDefinition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import { APIService } from "../../api/apiregistration/v1/api-service.ts"
import type { Client } from "../../client/client.ts"
import { type Informer, startInformer } from "../../client/informer.ts"
import { isAlreadyExists, isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ServedResources } from "../served/served-resources.ts"
import { startLoop } from "./loop.ts"
import { localService, MANAGED_LABEL, planRegistration, type RegistrationStep, type Wanted } from "./registration.ts"

/** Keeps an APIService for every group and version that this server answers itself, custom ones included. */
export interface RegistrarOptions {
  readonly client: Client
  readonly served: ServedResources
  readonly services: Informer<APIService>
  readonly platform: Pick<Platform, "clock" | "log">
  readonly signal: AbortSignal
}

export interface Registrar {
  /** Whether those of the built-in groups have been looked after. */
  readonly isComplete: boolean
}

const BACKOFF = { firstMs: 5, longestMs: 1_000_000 }
/** What nodes and pods use: in Kubernetes always a server of its own, which people may install here too. */
const METRICS_GROUP = "metrics.k8s.io"

export function startRegistrar({ client, served, services, platform, signal }: RegistrarOptions): Registrar {
  const wanted = new Map<string, Wanted>()
  const builtin = served.builtin.filter(({ group }) => group !== APIService.group)
  for (const { group, version } of builtin) {
    const [name, service] = localService(group, version, group === METRICS_GROUP ? "true" : "onstart")
    wanted.set(name, group === METRICS_GROUP ? { ...service, yields: true } : service)
  }
  const wasThere = new Set<string>()
  const synced = new Set<string>()
  const pending = new Set(wanted.keys())
  const queue = startLoop({
    name: "registration of API services",
    platform,
    signal,
    backoff: BACKOFF,
    workers: 5,
    async work(name) {
      const known = { found: services.get(name), wanted: wanted.get(name) }
      const step = planRegistration({ ...known, wasThere: wasThere.has(name), hasSynced: synced.has(name) })
      const written = await carryOut(step, name, client)
      if (written !== undefined) await services.reached(written)
      synced.add(name)
      pending.delete(name)
      return undefined
    },
  })
  void begin()
  return {
    get isComplete() {
      return pending.size === 0
    },
  }

  async function begin(): Promise<void> {
    const hasCustom = served.builtin.includes(CustomResourceDefinition)
    const definitions = hasCustom ? startInformer(client, CustomResourceDefinition, { platform, signal }) : undefined
    await Promise.all([services.synced, definitions?.synced])
    for (const { metadata } of services.list()) wasThere.add(metadata.name)
    for (const name of wanted.keys()) queue.add(name)
    definitions?.onChange((change) => {
      const specs = change.type === "updated" ? [change.previous.spec, change.object.spec] : [change.object.spec]
      for (const { group, versions } of specs) for (const { name } of versions) want(group, name, definitions)
    })
    // Last: what definitions stand behind must be known, or it would be taken for left over.
    services.onChange(({ object }) => queue.add(object.metadata.name))
  }

  function want(group: string, version: string, definitions: Informer<CustomResourceDefinition>): void {
    const [name, service] = localService(group, version, "true")
    const isServed = definitions
      .list()
      .some(({ spec }) => spec.group === group && spec.versions.some((one) => one.name === version && one.served))
    if (isServed) wanted.set(name, service)
    else wanted.delete(name)
    queue.add(name)
  }
}

/** The revision of what was written, if anything was. */
async function carryOut(step: RegistrationStep, name: string, client: Client): Promise<string | undefined> {
  const services = client.of(APIService)
  try {
    switch (step.do) {
      case "nothing":
        return undefined
      case "create": {
        const { managed, spec } = step.wanted
        const made = await services.create({ metadata: { name, labels: { [MANAGED_LABEL]: managed } }, spec })
        return made.metadata.resourceVersion
      }
      case "update": {
        const changed = await services.update({ ...step.found, spec: step.spec })
        return changed.metadata.resourceVersion
      }
      case "delete":
        await services.delete({ name }, { preconditions: { uid: step.found.metadata.uid } })
        return undefined
    }
  } catch (error) {
    // Somebody was faster; the change is told, and then this runs again.
    if (isAlreadyExists(error) || isNotFound(error) || isConflict(error)) return undefined
    throw error
  }
}
